/*
 * Which waits make a loop, and when its iterations begin and end (the rules are in loop.c and
 * poll_loop.c).
 *
 * A wrapper of a wait (those of epoll have a shorter way for the usual one beside it, see
 * interpose/loop_waits.c):
 *
 *     struct sw_wait wait;
 *     SW_WAIT_BEGIN_UNUSUAL(wait, sw_wait_target_epoll(SW_CALL_epoll_wait, epfd, timeout_ns));
 *     int ready = SW_NEXT(epoll_wait)(epfd, events, most, timeout_ms);
 *     SW_WAIT_END(wait, ready);
 *     return ready;
 *
 * A wait of the loop whose iteration is in progress ends the iteration, and its return begins the
 * next. Another wait inside an iteration is a call in it (nested-wait). On a thread that owns no
 * loop it is evidence.
 */
#ifndef SW_NOTES_LOOP_H
#define SW_NOTES_LOOP_H

#include "preload/notes/call.h"
#include "preload/notes/closes.h"
#include "preload/notes/loop_histogram.h"
#include "preload/notes/process.h"
#include "preload/notes/wait_target.h"

struct sw_wait {
    struct sw_thread *thread; /* NULL: nothing is noted */
    uint32_t sequence;        /* the odd number that this wait set */
};

/*
 * Decides what a wait is that is not plainly the usual one: a candidate's, a found loop's, a nested
 * one. Registers are noted already. Returns the loop to be ended and begun again, or NULL: then
 * `*call` says whether it is to be noted as a call. Slow only when a candidate is first seen or a
 * loop found. Loop thread; errno kept.
 */
struct sw_loop *sw_loop_decide(struct sw_thread *thread, const struct sw_wait_target *target,
                               bool *call);
/* The part of it for sets: the loop of this thread that shares descriptors with the set, made if
 * need be; NULL: none. */
struct sw_loop *sw_poll_loop_match(struct sw_thread *thread, const struct sw_wait_target *target);
/* Is this a wait for one descriptor of `loop`, the thread's outer one, that has many, from
 * elsewhere than the loop waits, and not known to be the loop itself? Then it is a call (a round
 * trip on a connection that the loop listens to as well) until the watchdog has looked:
 * watch/calls/aside.c. Loop thread. */
bool sw_poll_loop_is_aside(const struct sw_thread *thread, const struct sw_loop *loop,
                           const struct sw_wait_target *target);
/* Does it ask for one descriptor, without waiting? */
bool sw_poll_loop_is_probe(const struct sw_wait_target *target);
/* Should `loop`, a poll candidate that has waited often enough, be taken for a loop? */
bool sw_poll_loop_convincing(const struct sw_thread *thread, struct sw_loop *loop,
                             const struct sw_wait_target *target);

/* Where the outer loop is over, the thread is in no iteration any more: true. Loop thread. */
bool sw_loop_give_up_over(struct sw_thread *thread);
/* A free place for a loop in the thread's record: if there is none, the first that is no loop
 * found, nor the outer one. NULL: none. */
struct sw_loop *sw_loop_place(struct sw_thread *thread);
/* Puts an iteration over the threshold, which ended at `now`, into the ring. Loop thread. */
void sw_loop_leave_note(struct sw_thread *thread, struct sw_loop *loop, uint64_t now);
/* Copies the stack from the noted registers on: two system calls. NULL where memory is short.
 * wait_sp is the caller's to fill in. Loop thread. */
struct sw_base_stack *sw_loop_copy_stack(struct sw_thread *thread);
/* Copies the stack of the wait that is about to begin, for comparing later: two system calls, when
 * a loop is first seen, and when a poll loop has moved. Loop thread. */
void sw_loop_take_base(struct sw_thread *thread, struct sw_loop *loop);
/* Copies of a loop's base that are made at most. */
#define SW_MOST_BASES 16
/* Descriptor `fd` is being closed: loops on it are over. Any thread. */
void sw_loop_descriptor_closed(int fd);

/* Adds the iteration that went from loop->began to `ended` (ticks) to the loop's figures. */
SW_INLINE void sw_loop_account(struct sw_loop *loop, uint64_t ended)
{
    if (SW_UNLIKELY(loop->began == 0))
        return;
    uint64_t busy = ended - loop->began;
    loop->histogram[sw_histogram_cell(busy)]++;
    loop->busy_total += busy;
    if (SW_UNLIKELY(busy > loop->busy_longest))
        loop->busy_longest = busy;
}

/* Ends the iteration in progress at `now` (ticks). Its figures are added when the wait is over
 * (sw_wait_leave): a system call waits for all that was begun before it, so what need not be done
 * before is done after. */
SW_INLINE void sw_loop_end_iteration(struct sw_thread *thread, struct sw_loop *loop, uint64_t now)
{
    uint64_t since = atomic_load_explicit(&loop->busy_since, memory_order_relaxed);
    if (SW_UNLIKELY(since == 0))
        return;
    uint64_t threshold = atomic_load_explicit(&thread->threshold_ticks, memory_order_relaxed);
    if (SW_UNLIKELY(now - since > threshold))
        sw_loop_leave_note(thread, loop, now);
    atomic_store_explicit(&loop->busy_since, 0, memory_order_release);
}

/* Enters the wait of `loop`, the thread's outer one, with its stack pointer noted. */
SW_INLINE void sw_wait_enter(struct sw_wait *wait, struct sw_thread *thread, struct sw_loop *loop,
                             uint32_t id, int64_t timeout_ns)
{
    uint64_t now = sw_clock_ticks_by(thread->clock_is_tsc);
    sw_loop_end_iteration(thread, loop, now);
    loop->wait_timeout_ns = timeout_ns;
    thread->note.id = id;
    thread->note.is_wait = 1;
    thread->note.entered = now;
    wait->thread = thread;
    wait->sequence = sw_call_open(thread);
}

/* The end of a wait that was a call in another loop's iteration. */
void sw_wait_leave_call(struct sw_thread *thread);
/* The end of a wait of a loop that is in its phase `startup`, or not on epoll, or that a sleeping
 * watchdog waits for, which is woken: one system call. */
void sw_wait_leave_unusual(struct sw_loop *loop);

/* An iteration of `loop` begins at `now`. */
SW_INLINE void sw_loop_begin(struct sw_thread *thread, struct sw_loop *loop, uint64_t now,
                             int64_t events)
{
    loop->began = now;
    loop->events = events > 0 ? (uint32_t)events : 0;
    uint64_t iteration = atomic_load_explicit(&loop->iteration, memory_order_relaxed);
    atomic_store_explicit(&loop->iteration, iteration + 1, memory_order_relaxed);
    atomic_store_explicit(&loop->busy_since, now, memory_order_release);
    thread->stamp++;
    /* After busy_since: whoever wakes now finds the loop busy. The watchdog has the fence. */
    atomic_signal_fence(memory_order_seq_cst);
}

/* Is there more to do at the end of this wait? */
SW_INLINE bool sw_loop_is_watched_for(const struct sw_loop *loop)
{
    return (loop->unusual | atomic_load_explicit(&loop->awaited, memory_order_relaxed)) != 0;
}

/* The wait of `loop` that was entered at `entered` has ended at `now`. */
SW_INLINE void sw_loop_begin_iteration(struct sw_thread *thread, struct sw_loop *loop,
                                       uint64_t entered, uint64_t now, int64_t events)
{
    sw_loop_account(loop, entered);
    sw_loop_begin(thread, loop, now, events);
    if (SW_UNLIKELY(sw_loop_is_watched_for(loop)))
        sw_wait_leave_unusual(loop);
}

/* What is left to do of a usual wait that is none any more. Returns `ready`. */
int sw_wait_leave_usual_slowly(int ready, struct sw_thread *thread, uint32_t sequence);
/* Of a wait that ends a long iteration: puts it into the ring. Of one that a sample was asked for.
 */
uint64_t sw_wait_ends_long(struct sw_thread *thread, uint64_t now)
    __attribute__((visibility("hidden")));
uint64_t sw_wait_asked(struct sw_thread *thread, uint64_t now)
    __attribute__((visibility("hidden")));
void sw_wait_ends_long_kept(void) __attribute__((visibility("hidden")));
void sw_wait_asked_kept(void) __attribute__((visibility("hidden")));

/* The same as sw_wait_enter and sw_wait_leave for the wait of the usual loop where the clock is the
 * TSC, with what is rare out of the way: it is all that a busy loop calls. `cfa` is that of the
 * wrapper: nobody unwinds the stack of a usual wait, where the loop idles; its depth is enough.
 * Returns the number that it is entered with. */
SW_INLINE uint32_t sw_wait_enter_usual(struct sw_thread *thread, uint32_t id, int64_t timeout_ns,
                                       uint64_t cfa)
{
    struct sw_loop *loop = &thread->loops[0];
    uint64_t now = sw_clock_ticks_by(true);
    thread->note.entered = now;
    thread->note.id = id;
    thread->note.is_wait = 1;
    thread->note.kind = 0;
    loop->wait_sp = cfa;
    loop->wait_timeout_ns = timeout_ns;
    uint64_t since = atomic_load_explicit(&loop->busy_since, memory_order_relaxed);
    if (SW_UNLIKELY(now - since >
                    atomic_load_explicit(&thread->threshold_ticks, memory_order_relaxed)))
        (void)SW_KEPT_CALL(sw_wait_ends_long_kept, sw_wait_ends_long, thread, now);
    atomic_store_explicit(&loop->busy_since, 0, memory_order_release);
    uint32_t odd = atomic_load_explicit(&thread->sequence, memory_order_relaxed) + 1;
    atomic_store_explicit(&thread->sequence, odd, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    if (SW_UNLIKELY(atomic_load_explicit(&thread->request, memory_order_relaxed) !=
                    SW_REQUEST_IDLE))
        (void)SW_KEPT_CALL(sw_wait_asked_kept, sw_wait_asked, thread, now);
    return odd;
}

SW_INLINE int sw_wait_leave_usual(struct sw_thread *thread, uint32_t sequence, int ready)
{
    struct sw_loop *loop = &thread->loops[0];
    if (SW_UNLIKELY(atomic_load_explicit(&thread->sequence, memory_order_relaxed) != sequence))
        return ready;
    uint64_t now = sw_clock_ticks_by(true);
    sw_loop_account(loop, thread->note.entered);
    sw_loop_begin(thread, loop, now, ready);
    if (SW_UNLIKELY(sw_loop_is_watched_for(loop)))
        return sw_wait_leave_usual_slowly(ready, thread, sequence);
    sw_call_close(thread, sequence);
    return ready;
}

/* `loop` is the one that was entered, or any for a wait that was a call. */
SW_INLINE void sw_wait_leave(const struct sw_wait *wait, struct sw_loop *loop, int64_t events)
{
    struct sw_thread *thread = wait->thread;
    if (SW_UNLIKELY(atomic_load_explicit(&thread->sequence, memory_order_relaxed) !=
                    wait->sequence))
        return;
    if (SW_UNLIKELY(!thread->note.is_wait)) {
        sw_wait_leave_call(thread);
        return;
    }
    sw_loop_begin_iteration(thread, loop, thread->note.entered,
                            sw_clock_ticks_by(thread->clock_is_tsc), events);
    sw_call_close(thread, wait->sequence);
}

/* Any wait that is not plainly the usual one: sw_loop_decide's, and a nested one as a call.
 * Registers are noted already. */
void sw_wait_begin_decide(struct sw_wait *wait, struct sw_thread *thread,
                          const struct sw_wait_target *target);
/* This thread's record if it may note a wait now; NULL if not. `cfa` as for sw_call_discard. Slow
 * at the first wait of a thread. */
struct sw_thread *sw_wait_wanted(uint64_t cfa);
/* The same, also in a wait that the program says itself. */
struct sw_thread *sw_wait_thread(uint64_t cfa);

/* Is this the wait of the epoll loop whose iteration is in progress, with nothing to be thought
 * about? */
SW_INLINE bool sw_wait_is_usual(const struct sw_thread *thread, int epfd)
{
    return thread != NULL && thread->hot_key == (uint64_t)epfd + 1 &&
           ((atomic_load_explicit(&thread->sequence, memory_order_relaxed) & 1) |
            atomic_load_explicit(&thread->attention, memory_order_relaxed)) == 0;
}

#define SW_WAIT_BEGIN_USUAL(wait, noting, call_id, timeout)                                        \
    do {                                                                                           \
        /* Nobody unwinds the stack of a usual wait: the loop idles there. Its depth is enough. */ \
        (noting)->loops[0].wait_sp = (uint64_t)(uintptr_t)__builtin_dwarf_cfa();                   \
        sw_wait_enter(&(wait), (noting), &(noting)->loops[0], (call_id), (timeout));               \
    } while (0)

/* `target`, an expression of struct sw_wait_target, is evaluated only where it is wanted. */
#define SW_WAIT_BEGIN_UNUSUAL(wait, target)                                                        \
    do {                                                                                           \
        struct sw_thread *thinking_ = sw_wait_wanted((uint64_t)(uintptr_t)__builtin_dwarf_cfa());  \
        (wait).thread = NULL;                                                                      \
        if (thinking_ == NULL)                                                                     \
            break;                                                                                 \
        SW_NOTE_REGISTERS(&thinking_->note.registers);                                             \
        thinking_->wait_caller = (uint64_t)(uintptr_t)__builtin_return_address(0);                 \
        struct sw_wait_target target_ = (target);                                                  \
        sw_wait_begin_decide(&(wait), thinking_, &target_);                                        \
    } while (0)

#define SW_WAIT_END(wait, events)                                                                  \
    do {                                                                                           \
        if (SW_LIKELY((wait).thread != NULL))                                                      \
            sw_wait_leave(&(wait), (wait).thread->outer, (events));                                \
    } while (0)

#endif
