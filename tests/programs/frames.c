/*
 * Loads the libraries that it is given, and calls the function stall_now of each in an iteration of
 * its own: see tests/run/test_frames.py. By itself it has nothing to stall in.
 *
 *     frames LIBRARY...    FILE=OTHER: OTHER takes FILE's place once that is loaded
 *     frames vdso          computes in what the kernel maps into every process
 *
 * @expect clean
 */
#include <dlfcn.h>

#include "support.h"

static NOINLINE void ask_the_time(void)
{
    uint64_t end = now_ns(CLOCK_THREAD_CPUTIME_ID) + 250000000;
    do {
        for (int i = 0; i < 10000; i++)
            keep_frame += now_ns(CLOCK_MONOTONIC) == 0;
    } while (now_ns(CLOCK_THREAD_CPUTIME_ID) < end);
}

static void (*load(char *path))(void)
{
    char *other = strchr(path, '=');
    if (other != NULL)
        *other++ = '\0';
    void *library = dlopen(path, RTLD_NOW);
    if (library == NULL)
        fprintf(stderr, "%s\n", dlerror());
    REQUIRE(library != NULL);
    if (other != NULL)
        REQUIRE(rename(other, path) == 0);
    return (void (*)(void))dlsym(library, "stall_now");
}

int main(int count, char **paths)
{
    struct loop loop = loop_begin();
    loop_turn(&loop, 5);
    for (int i = 1; i < count; i++) {
        void (*stall_now)(void) = strcmp(paths[i], "vdso") == 0 ? ask_the_time : load(paths[i]);
        REQUIRE(stall_now != NULL);
        loop_turn(&loop, 1);
        stall_now();
        loop_turn(&loop, 1);
    }
    loop_end(&loop);
    puts("done");
    return 0;
}
