/*
 * What a wrapped call costs with the library, in reads of the clock that it uses: (a call through
 * the library - the real one) over one read, on a thread that has no loop, and inside an iteration
 * of one.
 *
 * Called by `make bench` with the path of the library; runs itself again with that in LD_PRELOAD,
 * several times, as loop_wait.c does. The calls are short ones: taking a mutex that is free (and
 * giving it back, which is not wrapped), and a read that has nothing to read. Prints lines "NAME
 * MEDIAN LOW HIGH".
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

enum { RUNS = 7, BLOCKS = 1501, CALLS = 200, KINDS = 2, PLACES = 2 };

typedef int lock_function(pthread_mutex_t *);
typedef ssize_t read_function(int, void *, size_t);

static const char *const kinds[KINDS] = {"pthread_mutex_lock", "read"};
static const char *const places[PLACES] = {"without a loop", "in a loop's iteration"};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int empty;
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

static double time_locks(lock_function *lock)
{
    uint64_t began = now_ns();
    for (int i = 0; i < CALLS; i++) {
        lock(&mutex);
        pthread_mutex_unlock(&mutex);
    }
    return (double)(now_ns() - began) / CALLS;
}

static double time_reads(read_function *real)
{
    uint64_t value;
    uint64_t began = now_ns();
    for (int i = 0; i < CALLS; i++)
        real(empty, &value, sizeof value);
    return (double)(now_ns() - began) / CALLS;
}

static double time_calls(int kind, void *function)
{
    return kind == 0 ? time_locks((lock_function *)function)
                     : time_reads((read_function *)function);
}

static double time_clock(void)
{
    uint64_t began = now_ns();
    for (int i = 0; i < CALLS; i++)
        read_clock();
    return (double)(now_ns() - began) / CALLS;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Blocks in alternating order; the median of what the library adds, in reads of the clock. */
static double measure(int kind, void *wrapped, void *real)
{
    static double ratio[BLOCKS];
    time_calls(kind, wrapped);
    time_calls(kind, real);
    for (int i = 0; i < BLOCKS; i++) {
        double plain = i & 1 ? time_calls(kind, real) : 0;
        double through = time_calls(kind, wrapped);
        if (!(i & 1))
            plain = time_calls(kind, real);
        ratio[i] = (through - plain) / time_clock();
    }
    qsort(ratio, BLOCKS, sizeof *ratio, compare);
    return ratio[BLOCKS / 2];
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

static int run_inner(void)
{
    struct epoll_event event;
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
    empty = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    for (int place = 0; place < PLACES; place++) {
        for (int kind = 0; kind < KINDS; kind++) {
            void *real = libc ? dlsym(libc, kinds[kind]) : NULL;
            void *wrapped = dlsym(RTLD_DEFAULT, kinds[kind]);
            if (!real || real == wrapped)
                return 1;
            printf("%f\n", measure(kind, wrapped, real));
        }
        int epoll = epoll_create1(EPOLL_CLOEXEC);
        for (int i = 0; i < 12; i++)
            epoll_wait(epoll, &event, 1, 1);
        usleep(50000); /* the watchdog has started */
        epoll_wait(epoll, &event, 1, 0);
    }
    return 0;
}

static int run_outer(const char *library)
{
    static double values[PLACES * KINDS][RUNS];
    char command[8192];
    int failed = 0;
    snprintf(command, sizeof command,
             "CALL_INNER=1 STALLWATCH_LOG=none STALLWATCH_THRESHOLD_MS=3600000 LD_PRELOAD='%s' "
             "exec /proc/%d/exe '%s'",
             library, (int)getpid(), library);
    for (int i = 0; i < RUNS; i++) {
        FILE *output = popen(command, "r");
        for (int j = 0; output && j < PLACES * KINDS; j++)
            if (fscanf(output, "%lf", &values[j][i]) != 1)
                failed = 1;
        if (!output || pclose(output) != 0 || failed) {
            fprintf(stderr, "call: %s does not stand in for the calls\n", library);
            return 1;
        }
    }
    for (int j = 0; j < PLACES * KINDS; j++) {
        qsort(values[j], RUNS, sizeof values[j][0], compare);
        printf("%s %s %f %f %f\n", kinds[j % KINDS], places[j / KINDS], values[j][RUNS / 2],
               values[j][RUNS / 4], values[j][RUNS * 3 / 4]);
    }
    return 0;
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: call LIBRARY\n");
        return 2;
    }
    reads_tsc = clocksource_is_tsc();
    if (getenv("CALL_INNER"))
        return run_inner();
    char *library = realpath(arguments[1], NULL);
    if (!library) {
        fprintf(stderr, "call: %s: %s\n", arguments[1], strerror(errno));
        return 1;
    }
    return run_outer(library);
}
