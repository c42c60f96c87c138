/* See lateness.h. */
#include "preload/watch/lateness.h"

#include "preload/notes/clock.h"

#define REMEMBERED   32
#define TOLERATED_NS UINT64_C(2000000)

static struct {
    uint64_t from, to;
    enum sw_lateness reason;
} times[REMEMBERED];
static unsigned next;
static uint64_t total;

bool sw_lateness_matters(uint64_t planned, uint64_t woke)
{
    return woke > planned && sw_clock_ticks_to_ns(woke - planned) >= TOLERATED_NS;
}

void sw_lateness_note(uint64_t planned, uint64_t woke, uint64_t delay_ns)
{
    if (!sw_lateness_matters(planned, woke))
        return;
    bool was_ready = delay_ns * 2 >= sw_clock_ticks_to_ns(woke - planned);
    times[next % REMEMBERED].from = planned;
    times[next % REMEMBERED].to = woke;
    times[next % REMEMBERED].reason = was_ready ? SW_LATENESS_BUSY : SW_LATENESS_STOPPED;
    next++;
    total += woke - planned;
}

uint64_t sw_lateness_total(void)
{
    return total;
}

uint64_t sw_lateness_within(enum sw_lateness reason, uint64_t from, uint64_t to)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < REMEMBERED; i++) {
        uint64_t low = times[i].from > from ? times[i].from : from;
        uint64_t high = times[i].to < to ? times[i].to : to;
        if (times[i].reason == reason && high > low)
            sum += high - low;
    }
    return sum;
}
