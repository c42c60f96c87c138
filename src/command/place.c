/* See place.h. Called by run.c and doctor.c. */
#include "command/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/own_machine.h"
#include <unistd.h>

static int find(const char *const *places, char *path, size_t size)
{
    char own[4096], candidate[8192], real[4096];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    if (length <= 0)
        return -ENOENT;
    own[length] = '\0';
    *strrchr(own, '/') = '\0';
    for (; *places != NULL; places++) {
        snprintf(candidate, sizeof candidate, "%s/%s", own, *places);
        if (access(candidate, R_OK) != 0)
            continue;
        /* Without the ".." but with the name it was found by: libstallwatch.so, not its target. */
        char *base = strrchr(candidate, '/');
        *base = '\0';
        if (realpath(candidate, real) != NULL &&
            (size_t)snprintf(path, size, "%s/%s", real, base + 1) < size)
            return 0;
    }
    return -ENOENT;
}

int sw_place_library(char *path, size_t size)
{
    static const char of_debian[] = "../lib/" SW_MACHINE_NAME "-linux-gnu/libstallwatch.so";
    static const char *const places[] = {"libstallwatch.so", "../lib/libstallwatch.so",
                                         "../lib64/libstallwatch.so", of_debian, NULL};
    return find(places, path, size);
}

int sw_place_helper(char *path, size_t size)
{
    static const char *const places[] = {"stallwatch-symbolize",
                                         "../libexec/stallwatch/stallwatch-symbolize", NULL};
    return find(places, path, size);
}
