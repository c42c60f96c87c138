/* A file of functions in which schedulers park their threads (STALLWATCH_PARKS). */
#include "common/text.h"
#include "fuzz.h"
#include "preload/notes/process.h"
#include "preload/watch/whose/parks_table.h"
#include "preload/watch/kept/say.h"

/* What reading files would want of the library. */
struct sw_settings sw_process_settings;

void sw_say(const char *text, bool once)
{
    (void)text, (void)once;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static char kept[1 << 22]; /* the table keeps what it was given */
    static size_t used;
    struct sw_text problems;
    char text[1024];
    if (size + 1 > sizeof kept)
        return -1;
    if (used + size + 1 > sizeof kept)
        used = 0;
    char *file = kept + used;
    memcpy(file, bytes, size);
    file[size] = '\0';
    used += size + 1;
    sw_text_init(&problems, text, sizeof text);
    sw_parks_table_add("f", file, size, &problems);
    sw_parks_table_has(SW_PARK_IN, "g_cond_wait");
    return 0;
}
