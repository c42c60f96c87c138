/*
 * The loop's function has returned for good, and nobody has closed its descriptor: what main does
 * then, on the way out, is no stall. Once in a function that main calls, once after a loop that is
 * part of the thread's function itself.
 *
 * @env STALLWATCH_VERBOSE=1
 * @text loop 1 left: .*; the function that waited has returned
 * @expect clean
 */
#include "support.h"

static volatile int rounds;

static NOINLINE void on_event(void)
{
    rounds++;
}

static NOINLINE void serve(struct loop *loop, void (*handle)(void))
{
    while (rounds < 10) {
        loop_wait(loop);
        handle();
    }
    keep_frame++;
}

static NOINLINE void clean_up(void)
{
    pause_ms(250);
    burn(150);
    keep_frame++;
}

static void *run(void *nothing)
{
    struct loop loop = loop_begin();
    for (int i = 0; i < 10; i++) {
        loop_wait(&loop);
        on_event();
    }
    clean_up();
    return nothing;
}

int main(void)
{
    struct loop loop = loop_begin();
    serve(&loop, on_event);
    clean_up();
    pthread_t thread = thread_begin(run, NULL);
    pthread_join(thread, NULL);
    puts("done");
    return 0;
}
