/* An environment: variables as whoever starts the program has set them. */
#include "common/settings.h"
#include "fuzz.h"

#define MOST 16

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct sw_settings settings;
    char storage[512];
    char *all = fuzz_string(bytes, size);
    char *environment[MOST + 1] = {NULL};
    size_t count = 0;
    for (char *at = strtok(all, "\n"); at != NULL && count < MOST; at = strtok(NULL, "\n"))
        environment[count++] = at;
    sw_settings_default(&settings);
    sw_settings_parse(&settings, environment, storage, sizeof storage);
    HOLDS(settings.samples >= 1 && settings.samples <= 64);
    HOLDS(settings.threshold_ns >= 500000);
    HOLDS(sw_settings_nearest(all, strnlen(all, size)) != NULL);
    free(all);
    return 0;
}
