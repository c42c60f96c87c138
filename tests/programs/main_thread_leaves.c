/*
 * The main thread ends by pthread_exit, before there is a loop; another thread goes on with one.
 * Its stalls have stacks and details, though the process's own /proc folder tells of no memory any
 * more, and the process ends when that thread does.
 *
 * @alone: it computes, and another program would take half of its CPU
 *
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event main=false detail="200 ms"
 * @expect stall cause=blocking-call call=read ms=200 function=by_read main=false
 * @expect stall cause=cpu call=null ms=190..500 function=burn main=false
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

static NOINLINE void by_read(void)
{
    int ends[2];
    char byte;
    REQUIRE(pipe(ends) == 0);
    pthread_t writer = thread_begin(write_late, (void *)(intptr_t)ends[1]);
    REQUIRE(read(ends[0], &byte, 1) == 1);
    pthread_join(writer, NULL);
    keep_frame++;
}

static NOINLINE void by_cpu(void)
{
    burn(200);
    keep_frame++;
}

static void *serve(void *nothing)
{
    pause_ms(100); /* until the main thread is gone */
    struct loop loop = loop_begin();
    loop_turn(&loop, 5);
    on_event();
    loop_turn(&loop, 5);
    by_read();
    loop_turn(&loop, 5);
    by_cpu();
    loop_turn(&loop, 5);
    loop_end(&loop);
    puts("done");
    return nothing;
}

int main(void)
{
    thread_begin(serve, NULL);
    pthread_exit(NULL);
}
