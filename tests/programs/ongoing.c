/*
 * A stall that is reported while it goes on, again when it has doubled, and once more when it has
 * ended.
 *
 * @env STALLWATCH_ONGOING_MS=300
 * @expect stall state=ongoing cause=blocking-call call=nanosleep ms=300..420 counted=any
 * @expect stall state=ongoing cause=blocking-call call=nanosleep ms=600..720 counted=any
 * @expect stall state=ended cause=blocking-call call=nanosleep ms=900 function=on_event
 * @expect one-id
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    struct timespec span = span_ms(900);
    nanosleep(&span, NULL);
    keep_frame++;
}

int main(void)
{
    loop_run(on_event);
    puts("done");
    return 0;
}
