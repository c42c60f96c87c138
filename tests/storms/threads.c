/*
 * Five thousand threads, each with a loop of its own that stalls, some dozens at a time: their
 * records are used again, so memory does not grow with their number
 * (a record has some 120 KiB, and its samples more). They end in every way: by
 * returning, by pthread_exit, cancelled, with their descriptors open.
 */
#include <sys/syscall.h>

#include "storm.h"

#define THREADS 5000
#define AT_ONCE 20
#define FIRST   1000 /* by then all that is kept is there */

static void *run(void *number)
{
    intptr_t way = (intptr_t)number % 4;
    struct loop loop = storm_begin();
    if ((intptr_t)number % 10 == 0)
        spin_us(1200);
    loop_turn(&loop, 1);
    if (way == 1)
        loop_end(&loop);
    else
        REQUIRE(syscall(SYS_close, loop.timer) == 0 && syscall(SYS_close, loop.epoll) == 0);
    if (way == 2)
        pthread_exit(number);
    while (way == 3)
        pause(); /* until it is cancelled */
    return number;
}

static void run_some(int first)
{
    pthread_t threads[AT_ONCE];
    for (int i = 0; i < AT_ONCE; i++)
        threads[i] = thread_begin(run, (void *)(intptr_t)(first + i));
    for (int i = 0; i < AT_ONCE; i++) {
        void *result;
        bool cancelled = (first + i) % 4 == 3;
        if (cancelled)
            REQUIRE(pthread_cancel(threads[i]) == 0);
        REQUIRE(pthread_join(threads[i], &result) == 0);
        REQUIRE(cancelled || result == (void *)(intptr_t)(first + i));
    }
}

int main(void)
{
    long before = 0;
    for (int first = 0; first < THREADS; first += AT_ONCE) {
        if (first == FIRST)
            before = own_memory_kib();
        run_some(first);
    }
    printf("%d threads, memory %s\n", THREADS, flat_memory(before));
    return 0;
}
