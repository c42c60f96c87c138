/*
 * Wrapped calls are cancellation points as they were: a thread cancelled in read, sleep and
 * epoll_wait ends as such, and its clean-up handler runs.
 *
 * @expect clean
 */
#include "support.h"

static int ends[2];

static void clean_up(void *nothing)
{
    (void)nothing;
    puts("cleaned up");
}

static void *run(void *way)
{
    char byte;
    struct epoll_event event;
    pthread_cleanup_push(clean_up, NULL);
    if (way == (void *)0)
        (void)!read(ends[0], &byte, 1);
    else if (way == (void *)1)
        sleep(10);
    else
        epoll_wait(epoll_create1(0), &event, 1, -1);
    pthread_cleanup_pop(0);
    return NULL;
}

int main(void)
{
    REQUIRE(pipe(ends) == 0);
    struct loop loop = loop_begin();
    for (intptr_t way = 0; way < 3; way++) {
        void *result;
        pthread_t thread = thread_begin(run, (void *)way);
        loop_turn(&loop, 3);
        REQUIRE(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0);
        printf("%s\n", result == PTHREAD_CANCELED ? "cancelled" : "returned");
    }
    loop_end(&loop);
    return 0;
}
