/*
 * What the library costs a program that never runs a loop, as a ratio: start to end of /bin/true
 * with the library preloaded, over the same without.
 *
 * Called by `make bench` with the path of the library. Pairs in alternating order; the median of
 * each, and the quartiles of the pairs' ratios, in a line "NAME MEDIAN LOW HIGH".
 */
#include <errno.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum { PAIRS = 401 };

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static double run_true(char *const *environment)
{
    char *arguments[] = {"true", NULL};
    pid_t child;
    int status;
    uint64_t began = now_ns();
    int problem = posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environment);
    if (problem != 0 || waitpid(child, &status, 0) != child || status != 0) {
        fprintf(stderr, "start_up: /bin/true does not run: %s\n",
                strerror(problem ? problem : errno));
        exit(1);
    }
    return (double)(now_ns() - began);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int count, char **arguments)
{
    static double with[PAIRS], without[PAIRS], ratio[PAIRS];
    char *library = count == 2 ? realpath(arguments[1], NULL) : NULL, *entry;
    if (!library || asprintf(&entry, "LD_PRELOAD=%s", library) < 0) {
        fprintf(stderr, "usage: start_up LIBRARY\n");
        return 2;
    }
    char *watched[] = {entry, NULL}, *plain[] = {NULL};
    for (int i = 0; i < PAIRS; i++) {
        if (i & 1)
            without[i] = run_true(plain);
        with[i] = run_true(watched);
        if (!(i & 1))
            without[i] = run_true(plain);
        ratio[i] = with[i] / without[i];
    }
    qsort(ratio, PAIRS, sizeof *ratio, compare);
    qsort(with, PAIRS, sizeof *with, compare);
    qsort(without, PAIRS, sizeof *without, compare);
    printf("start of /bin/true %f %f %f\n", with[PAIRS / 2] / without[PAIRS / 2], ratio[PAIRS / 4],
           ratio[PAIRS * 3 / 4]);
    return 0;
}
