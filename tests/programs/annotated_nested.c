/*
 * Waits that the program says itself beside those that are known: around an epoll_wait they are the
 * loop's; inside an epoll loop's iteration, a nested wait; and what is between may block.
 *
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event wait=stallwatch_loop_wait
 * @expect stall cause=nested-wait call=stallwatch_loop_wait ms=200 function=ask wait=epoll_wait
 * @expect stall cause=blocking-call call=usleep ms=160 function=before_and_after wait=epoll_wait
 *     calls=2
 */
#include "stallwatch.h"
#include "support.h"

static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

static NOINLINE void ask(void)
{
    stallwatch_loop_wait_begin(ask);
    usleep(200000);
    stallwatch_loop_wait_end(ask);
    keep_frame++;
}

/* What it may block for is taken off, and the rest is too long. */
static NOINLINE void before_and_after(void)
{
    usleep(80000);
    stallwatch_allow_begin("a test");
    usleep(300000);
    stallwatch_allow_end();
    usleep(80000);
    keep_frame++;
}

static NOINLINE void around(void)
{
    struct loop loop = loop_begin();
    for (int turn = 0; turn < 10; turn++) {
        stallwatch_loop_wait_begin(&loop);
        loop_wait(&loop);
        if (turn == 3)
            pause_ms(200); /* still waiting, as the program has it */
        stallwatch_loop_wait_end(&loop);
        if (turn == 6)
            on_event();
    }
    loop_end(&loop);
}

/* A stretch inside which the loop turns. */
static NOINLINE void reload(const struct loop *loop)
{
    stallwatch_allow_begin("a test");
    loop_turn(loop, 2);
    usleep(200000);
    loop_turn(loop, 2);
    stallwatch_allow_end();
}

static NOINLINE void inside(void)
{
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    ask();
    loop_turn(&loop, 3);
    before_and_after();
    loop_turn(&loop, 3);
    reload(&loop);
    loop_turn(&loop, 3);
    loop_end(&loop);
}

int main(void)
{
    pthread_t thread = thread_begin((void *(*)(void *))(void *)around, NULL);
    pthread_join(thread, NULL);
    inside();
    puts("done");
    return 0;
}
