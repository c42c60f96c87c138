/* See asked.h. */
#include "preload/watch/calls/asked.h"

#include <time.h>

#include "preload/notes/calls_table.h"
#include "preload/notes/clock.h"
#include "preload/watch/calls/detail_parts.h"

#define CLOCKS_APART 1000000 /* ns, of the one that ends a sleep and the one that notes it */

static uint64_t of_timespec(const struct sw_call_slot *slot)
{
    uint64_t span_ns = slot->argument[0];
    if (span_ns == UINT64_MAX)
        return 0;
    return slot->argument[2] & TIMER_ABSTIME
               ? sw_detail_until(slot->longest_entered, span_ns, slot->argument[1])
               : span_ns;
}

/* poll and select with no descriptor sleep for their timeout. */
static uint64_t of_wait(const struct sw_call_slot *slot)
{
    bool endless = (int64_t)slot->argument[2] < 0;
    return endless || SW_WAIT_DETAIL_COUNT(slot->argument[1]) > 0 ? 0 : slot->argument[2];
}

static uint64_t asked_ns(const struct sw_call_slot *slot)
{
    switch (sw_call_info(slot->id)->detail) {
    case SW_DETAIL_SECONDS:
        return slot->argument[0] * UINT64_C(1000000000);
    case SW_DETAIL_MICROS:
        return slot->argument[0] * UINT64_C(1000);
    case SW_DETAIL_TIMESPEC:
        return of_timespec(slot);
    case SW_DETAIL_WAIT:
        return of_wait(slot);
    default:
        return 0;
    }
}

uint64_t sw_asked_ns(const struct sw_call_slot *slot)
{
    uint64_t asked = asked_ns(slot), took = sw_clock_ticks_to_ns(slot->longest);
    if (asked > took + CLOCKS_APART)
        return 0;
    return asked < took ? asked : took;
}
