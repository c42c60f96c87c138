/* See lateness.h. */
#include "preload/watch/lateness.h"

#include "preload/notes/clock.h"

#define REMEMBERED    32
#define TOLERATED_NS  UINT64_C(2000000)

static struct {
    uint64_t from, to;
} times[REMEMBERED];
static unsigned next;

void sw_lateness_note(uint64_t planned, uint64_t woke)
{
    if (woke <= planned || sw_clock_ticks_to_ns(woke - planned) < TOLERATED_NS)
        return;
    times[next % REMEMBERED].from = planned;
    times[next % REMEMBERED].to = woke;
    next++;
}

uint64_t sw_lateness_within(uint64_t from, uint64_t to)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < REMEMBERED; i++) {
        uint64_t low = times[i].from > from ? times[i].from : from;
        uint64_t high = times[i].to < to ? times[i].to : to;
        if (high > low)
            sum += high - low;
    }
    return sum;
}
