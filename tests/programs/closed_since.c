/*
 * What a call was on is told although its descriptor has been closed when the iteration ends, and
 * the thread was seen in other calls since: it was read while the call went on.
 *
 * @expect stall cause=blocking-call call=read detail="*fifo*" ms=330..3000 function=by_read
 */
#include <sys/stat.h>

#include "support.h"

static char path[64];

static void *answer_late(void *nothing)
{
    int fifo = open(path, O_WRONLY);
    pause_ms(250);
    REQUIRE(write(fifo, "x", 1) == 1 && close(fifo) == 0);
    return nothing;
}

static void *end_late(void *nothing)
{
    pause_ms(40);
    return nothing;
}

static NOINLINE void by_read(void)
{
    char byte;
    pthread_t writer = thread_begin(answer_late, NULL);
    int fifo = open(path, O_RDONLY);
    REQUIRE(fifo >= 0 && read(fifo, &byte, 1) == 1 && close(fifo) == 0);
    pthread_join(writer, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(thread_begin(end_late, NULL), NULL);
    keep_frame++;
}

int main(void)
{
    snprintf(path, sizeof path, "fifo.%d", (int)getpid());
    REQUIRE(mkfifo(path, 0600) == 0);
    struct loop loop = loop_begin();
    loop_turn(&loop, 5);
    by_read();
    loop_turn(&loop, 5);
    loop_end(&loop);
    REQUIRE(unlink(path) == 0);
    puts("done");
    return 0;
}
