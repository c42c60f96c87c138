/*
 * What a loop's wait costs with the library, as a ratio: (epoll_wait through the library - the real
 * one) over two reads of the clock that the library uses (rdtsc where the kernel's clocksource is
 * tsc, else clock_gettime), all in one run.
 *
 * Called by `make bench` with the path of the library, which it puts in LD_PRELOAD and runs itself
 * again, several times: where the loader puts a program's pages makes a difference of its own. In
 * each run the wrapped function and libc's own are called in alternating blocks, on an epoll with
 * nothing ready and the timeout 0, so that what else happens on the machine hits both. The figures
 * are medians of the runs' medians; the interval is the runs' quartiles. Prints lines "NAME MEDIAN
 * LOW HIGH": the ratio under the name of the clock, then nanoseconds.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

enum { RUNS = 9, BLOCKS = 2001, CALLS = 200 };

typedef int wait_function(int, struct epoll_event *, int, int);

static int reads_tsc;
static volatile uint64_t sink;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void read_clock(void)
{
    sink = reads_tsc ? __rdtsc() : now_ns();
}

/* Nanoseconds for one call, over a block. */
static double time_wait(wait_function *wait, int epoll)
{
    struct epoll_event event;
    uint64_t began = now_ns();
    for (int i = 0; i < CALLS; i++)
        wait(epoll, &event, 1, 0);
    return (double)(now_ns() - began) / CALLS;
}

static double time_two_reads(void)
{
    uint64_t began = now_ns();
    for (int i = 0; i < CALLS; i++) {
        read_clock();
        read_clock();
    }
    return (double)(now_ns() - began) / CALLS;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double share_of(double *sorted, int count, double share)
{
    return sorted[(int)(share * (count - 1))];
}

static double at(double *sorted, double share)
{
    return share_of(sorted, BLOCKS, share);
}

static void measure(wait_function *real)
{
    static double wrapped[BLOCKS], plain[BLOCKS], clocks[BLOCKS], ratio[BLOCKS];
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    wait_function *through_library = epoll_wait;
    time_wait(through_library, epoll); /* the watchdog starts now, outside what is measured */
    usleep(50000);
    for (int i = 0; i < BLOCKS; i++) {
        int first = i & 1;
        if (first)
            plain[i] = time_wait(real, epoll);
        wrapped[i] = time_wait(through_library, epoll);
        if (!first)
            plain[i] = time_wait(real, epoll);
        clocks[i] = time_two_reads();
        ratio[i] = (wrapped[i] - plain[i]) / clocks[i];
    }
    qsort(ratio, BLOCKS, sizeof *ratio, compare);
    qsort(wrapped, BLOCKS, sizeof *wrapped, compare);
    qsort(plain, BLOCKS, sizeof *plain, compare);
    qsort(clocks, BLOCKS, sizeof *clocks, compare);
    printf("%f %f %f %f\n", at(ratio, 0.5), at(wrapped, 0.5), at(plain, 0.5), at(clocks, 0.5));
}

static int clocksource_is_tsc(void)
{
    char name[32] = "";
    FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "r");
    if (file) {
        if (!fgets(name, sizeof name, file))
            name[0] = '\0';
        fclose(file);
    }
    return strcmp(name, "tsc\n") == 0;
}

static int run_inner(const char *library)
{
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
    wait_function *real = libc ? (wait_function *)dlsym(libc, "epoll_wait") : NULL;
    if (!real || real == epoll_wait) {
        fprintf(stderr, "loop_wait: %s does not stand in for epoll_wait\n", library);
        return 1;
    }
    measure(real);
    return 0;
}

/* One run of this program with the library; its four figures. */
static int run_once(const char *command, double figures[4])
{
    FILE *output = popen(command, "r");
    int read = output ? fscanf(output, "%lf %lf %lf %lf", &figures[0], &figures[1], &figures[2],
                               &figures[3])
                      : 0;
    return output && pclose(output) == 0 && read == 4;
}

static int run_outer(const char *library)
{
    static double values[4][RUNS];
    char command[8192];
    snprintf(command, sizeof command,
             "LOOP_WAIT_INNER=1 STALLWATCH_LOG=none LD_PRELOAD='%s' exec /proc/%d/exe '%s'",
             library, (int)getpid(), library);
    for (int i = 0; i < RUNS; i++) {
        double figures[4];
        if (!run_once(command, figures))
            return 1;
        for (int j = 0; j < 4; j++)
            values[j][i] = figures[j];
    }
    for (int j = 0; j < 4; j++)
        qsort(values[j], RUNS, sizeof values[j][0], compare);
    static const char *const names[4] = {NULL, "alone with the library", "alone without",
                                         "alone: two reads of the clock"};
    for (int j = 0; j < 4; j++)
        printf("%s %f %f %f\n",
               j > 0       ? names[j]
               : reads_tsc ? "rdtsc"
                           : "clock_gettime",
               share_of(values[j], RUNS, 0.5), share_of(values[j], RUNS, 0.25),
               share_of(values[j], RUNS, 0.75));
    return 0;
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: loop_wait LIBRARY\n");
        return 2;
    }
    reads_tsc = clocksource_is_tsc();
    if (getenv("LOOP_WAIT_INNER"))
        return run_inner(arguments[1]);
    char *library = realpath(arguments[1], NULL);
    if (!library) {
        fprintf(stderr, "loop_wait: %s: %s\n", arguments[1], strerror(errno));
        return 1;
    }
    return run_outer(library);
}
