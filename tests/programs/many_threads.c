/*
 * Three hundred threads at once, each with a loop of its own that lives for 20 iterations, and then
 * as many again in the places of the first.
 *
 * @env STALLWATCH_THRESHOLD_MS=2000
 * @expect clean
 */
#include "support.h"

#define THREADS    300
#define ITERATIONS 20

static void *run(void *unused)
{
    struct epoll_event event;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    REQUIRE(epoll >= 0);
    for (int i = 0; i < ITERATIONS; i++)
        REQUIRE(epoll_wait(epoll, &event, 1, 1) == 0);
    close(epoll);
    return unused;
}

int main(void)
{
    static pthread_t threads[THREADS];
    pthread_attr_t attributes;
    REQUIRE(pthread_attr_init(&attributes) == 0);
    REQUIRE(pthread_attr_setstacksize(&attributes, 128 * 1024) == 0);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < THREADS; i++)
            REQUIRE(pthread_create(&threads[i], &attributes, run, NULL) == 0);
        for (int i = 0; i < THREADS; i++)
            REQUIRE(pthread_join(threads[i], NULL) == 0);
    }
    puts("done");
    return 0;
}
