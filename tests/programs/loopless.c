/*
 * A program without a loop: no thread, no library, no descriptor and no signal handler more than
 * without us.
 *
 * @expect no-loop
 */
#include <dirent.h>

#include "support.h"

static int count_entries(const char *path)
{
    DIR *folder = opendir(path);
    int count = 0;
    REQUIRE(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static int maps_name(const char *name)
{
    char line[4096];
    FILE *maps = fopen("/proc/self/maps", "r");
    int found = 0;
    REQUIRE(maps);
    while (fgets(line, sizeof line, maps))
        found |= strstr(line, name) != NULL;
    fclose(maps);
    return found;
}

int main(void)
{
    struct pollfd standard_in = {.fd = 0, .events = POLLIN};
    pause_ms(150);
    poll(&standard_in, 1, 10);
    printf("threads: %d\n", count_entries("/proc/self/task") - 2);
    printf("descriptors: %d\n", count_entries("/proc/self/fd") - 3);
    printf("libunwind: %d\n", maps_name("libunwind"));
    int handlers = 0;
    for (int number = 1; number <= SIGRTMAX; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0)
            handlers += action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
    }
    printf("handlers: %d\n", handlers);
    return 0;
}
