/*
 * An iteration that ended over the threshold is left for the watchdog, in a ring of the thread's,
 * with its calls. Loop thread: no lock, no malloc, errno kept; one system call where the watchdog
 * sleeps.
 */
#include "preload/notes/loop.h"

#include "preload/notes/annotate.h"

void sw_loop_leave_note(struct sw_thread *thread, struct sw_loop *loop, uint64_t now)
{
    if (atomic_load(&thread->threshold_ticks) == 0) {
        /* The watchdog had not measured the clock when this thread came; now it may have. On a busy
         * machine it may not even have begun: then what may be long is noted (ticks of the TSC are
         * shorter than nanoseconds), and who reads the note measures it. */
        uint64_t limit = atomic_load(&sw_process->threshold_ticks);
        atomic_store(&thread->threshold_ticks, limit);
        if (limit == 0)
            limit = sw_process_settings.threshold_ns;
        if (now - atomic_load(&loop->busy_since) <= limit)
            return;
    }
    /* A stretch that may block and has not ended. */
    if (atomic_load_explicit(&thread->annotations.allow_depth, memory_order_relaxed) > 0)
        return;
    uint32_t head = atomic_load_explicit(&thread->ended_head, memory_order_relaxed);
    if (head - atomic_load_explicit(&thread->ended_tail, memory_order_acquire) >= SW_ENDED_RING) {
        thread->ended_lost++;
        return;
    }
    struct sw_ended *ended = &thread->ended[head % SW_ENDED_RING];
    ended->loop = (uint32_t)(loop - thread->loops);
    ended->loop_id = loop->id;
    ended->iteration = atomic_load_explicit(&loop->iteration, memory_order_relaxed);
    ended->began = atomic_load_explicit(&loop->busy_since, memory_order_relaxed);
    ended->ended = now;
    ended->events = loop->events;
    ended->aside_at = atomic_load_explicit(&loop->aside_at, memory_order_relaxed);
    ended->startup = loop->startup;
    ended->turns_known = thread->turn_lock != 0;
    ended->maybe = thread->maybe;
    if (ended->maybe.stamp != thread->stamp)
        ended->maybe.site = 0;
    sw_call_leave(thread, ended);
    sw_annotate_label_at(thread, now, ended->label);
    atomic_store_explicit(&thread->ended_head, head + 1, memory_order_release);
    if (atomic_load_explicit(&sw_process->watchdog_asleep, memory_order_relaxed))
        sw_process_wake();
}
