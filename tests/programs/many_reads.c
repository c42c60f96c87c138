/*
 * No single culprit: 300 reads of about a millisecond in one iteration. The report has to say that
 * there were many.
 *
 * @text cause: blocking-call: read × 301, [0-9.]+ ms of [0-9.]+ ms; most of it: pipe fd [0-9]+ ×
 * 300, [0-9.]+ ms
 * @expect stall cause=blocking-call call=read calls=301 ms=300..900 function=on_event
 */
#include "support.h"

static int ends[2];

static void *write_slowly(void *nothing)
{
    for (int i = 0; i < 300; i++) {
        pause_ms(1);
        REQUIRE(write(ends[1], "x", 1) == 1);
    }
    return nothing;
}

static NOINLINE void on_event(void)
{
    char byte;
    pthread_t writer = thread_begin(write_slowly, NULL);
    for (int i = 0; i < 300; i++)
        REQUIRE(read(ends[0], &byte, 1) == 1);
    pthread_join(writer, NULL);
}

int main(void)
{
    REQUIRE(pipe(ends) == 0);
    loop_run(on_event);
    puts("done");
    return 0;
}
