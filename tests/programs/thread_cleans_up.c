/*
 * A thread that leaves its loop without closing the descriptor, and ends: what it does in between
 * is clean-up, though its epoll stays open.
 *
 * @expect clean
 */
#include "support.h"

static NOINLINE void serve(struct loop *loop)
{
    loop_turn(loop, 6);
    keep_frame++;
}

static NOINLINE void *worker(void *unused)
{
    struct loop loop = loop_begin();
    (void)unused;
    serve(&loop);
    burn(300);
    usleep(300000);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, worker, NULL) == 0);
    REQUIRE(pthread_join(thread, NULL) == 0);
    puts("done");
    return 0;
}
