/* See rest.h. */
#include "preload/watch/rest.h"

#include <time.h>

#include "common/kernel.h"
#include "preload/interpose/signals.h"
#include "preload/notes/clock.h"
#include "preload/notes/process.h"
#include "preload/watch/pending.h"
#include "preload/watch/publish.h"

/* ppoll(2) lets our signal in while it waits, and only then: a wake that comes before is not lost.
 */
static bool wait_until(struct pollfd *polled, unsigned count, uint64_t due)
{
    uint64_t now = sw_clock_ticks();
    struct timespec span = {0, 0};
    /* Nobody may wake us with a signal that would end the process; then nobody can. */
    int ours = sw_signals_let_in(sw_signals_ours(), atomic_load(&sw_process->watchdog_tid));
    uint64_t cap = now + sw_clock_ns_to_ticks(SW_REST_UNPOLLABLE_NS);
    bool capped = ours == 0 && cap < due;
    if (capped)
        due = cap;
    if (due > now) {
        uint64_t ns = sw_clock_ticks_to_ns(due - now);
        span.tv_sec = (time_t)(ns / UINT64_C(1000000000));
        span.tv_nsec = (long)(ns % UINT64_C(1000000000));
    }
    uint64_t mask = ~UINT64_C(0);
    if (ours != 0)
        mask &= ~(UINT64_C(1) << (ours - 1));
    long result = sw_kernel6(SYS_ppoll, (long)polled, count, due == UINT64_MAX ? 0 : (long)&span,
                             (long)&mask, sizeof mask, 0);
    sw_signals_let_in(0, 0);
    return result == 0 && !capped;
}

/* The same, with the helper's answers taken as they come: no loop has moved for them. */
bool sw_rest_until(struct pollfd *polled, unsigned count, uint64_t due)
{
    uint64_t until;
    while (sw_pending_waits(&polled[count], &until)) {
        bool timed_out = wait_until(polled, count + 1, until < due ? until : due);
        bool answered = polled[count].revents != 0;
        sw_pending_tend();
        /* What has been told by that is in the metrics soon. */
        uint64_t publish_due = sw_publish_tend();
        if (publish_due < due)
            due = publish_due;
        if (sw_clock_ticks() >= due)
            return timed_out;
        for (unsigned i = 0; i < count; i++)
            if (polled[i].revents != 0)
                return false;
        if (!answered && !timed_out)
            return false;
    }
    return wait_until(polled, count, due);
}
