/*
 * Notes of a wrapped call: what a wrapper does around the real function.
 *
 * On the loop thread, inside an iteration: two reads of the clock and plain stores. On any other
 * thread: one test. A call inside a wrapped call (a signal handler's, or libc's own through a
 * module) is part of the outer one and notes nothing.
 *
 *     struct sw_call call;
 *     SW_CALL_BEGIN(call, SW_CALL_fsync, fd, 0, 0);
 *     int result = SW_NEXT(fsync)(fd);
 *     SW_CALL_END(call);
 *     return result;
 */
#ifndef SW_NOTES_CALL_H
#define SW_NOTES_CALL_H

#include "preload/notes/clock.h"
#include "preload/notes/kept.h"
#include "preload/notes/thread.h"

/* A copy of the table's column that the compiler can look into: most calls name a constant. */
static const uint16_t sw_call_kinds[SW_CALL_COUNT] = {
#define SW_CALL_KIND(name, detail, class) SW_DETAIL_##detail,
    SW_CALLS(SW_CALL_KIND)
#undef SW_CALL_KIND
};

struct sw_call {
    struct sw_thread *thread; /* NULL: nothing is noted */
    uint32_t sequence;        /* the odd number that this call set */
    bool pointers;            /* string and struct arguments may be read at the end */
};

/* Is the noted call over without having returned (siglongjmp, a cancelled wait)? Then its note is
 * thrown away, and the caller may make its own: true. `cfa` is the stack pointer of the caller's
 * caller at its call (__builtin_dwarf_cfa() in a wrapper). Loop thread. */
bool sw_call_discard(struct sw_thread *thread, uint64_t cfa) __attribute__((visibility("hidden")));
void sw_call_discard_kept(void) __attribute__((visibility("hidden")));
/* Adds a call that took `ticks` to the iteration's totals. Loop thread. */
void sw_call_account(struct sw_thread *thread, uint32_t id, uint64_t ticks, bool pointers);
/* The end of a call that was entered with the number `sequence`: accounted, if it is still the one
 * that the thread is in. Returns `result`, so that a wrapper can end with it. Loop thread. */
long sw_call_over(long result, struct sw_thread *thread, uint32_t sequence, bool pointers);

/* Copies the calls of the iteration that is ending into its record. Loop thread. */
void sw_call_leave(const struct sw_thread *thread, struct sw_ended *ended);

/* Marks the thread as inside a call. After it the watchdog sends no signal: its half of the fence
 * is membarrier(2), so a store and a load that the compiler leaves in order are enough here. */
static inline uint32_t sw_call_open(struct sw_thread *thread)
{
    uint32_t odd = atomic_load_explicit(&thread->sequence, memory_order_relaxed) + 1;
    atomic_store_explicit(&thread->sequence, odd, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    if (SW_UNLIKELY(atomic_load_explicit(&thread->request, memory_order_relaxed) !=
                    SW_REQUEST_IDLE))
        sw_thread_answer_request(thread);
    return odd;
}

static inline void sw_call_close(struct sw_thread *thread, uint32_t odd)
{
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&thread->sequence, odd + 1, memory_order_relaxed);
}

/* From here on calls of this thread are not noted: a sample that was asked for is not to be taken
 * inside one. Loop thread. */
static inline void sw_call_stop_noting(struct sw_thread *thread)
{
    thread->in_iteration = 0;
    atomic_signal_fence(memory_order_seq_cst);
    if (SW_UNLIKELY(atomic_load_explicit(&thread->request, memory_order_relaxed) !=
                    SW_REQUEST_IDLE))
        sw_thread_answer_request(thread);
}

/* May this thread note a call now? */
static inline bool sw_call_wanted(struct sw_thread *thread, uint64_t cfa)
{
    if (SW_LIKELY(thread == NULL || !thread->in_iteration))
        return false;
    if (SW_UNLIKELY(atomic_load_explicit(&thread->sequence, memory_order_relaxed) & 1))
        return sw_call_discard(thread, cfa);
    return true;
}

/* What a call is, of a thread that is to note it now. */
static inline void sw_call_say(struct sw_thread *thread, uint32_t id, uint64_t a, uint64_t b,
                               uint64_t c)
{
    thread->note.id = id;
    thread->note.is_wait = 0;
    thread->note.kind = sw_call_kinds[id];
    thread->note.argument[0] = a;
    thread->note.argument[1] = b;
    thread->note.argument[2] = c;
}

/* Enters the call that was said: notes the registers and the time. Returns the odd number that it
 * set. To be called from the wrapper itself. */
#if defined(__x86_64__)
void sw_call_enter_noted(void) __attribute__((visibility("hidden")));
#define SW_CALL_ENTER(thread_)                                                                     \
    ({                                                                                             \
        uint32_t entered_;                                                                         \
        __asm__ volatile("call %P2"                                                                \
                         : "=a"(entered_)                                                          \
                         : "0"(thread_), "i"(sw_call_enter_noted)                                  \
                         : "r10", "r11", SW_KEPT_CLOBBERS);                                        \
        entered_;                                                                                  \
    })
#else
#define SW_CALL_ENTER(thread_)                                                                     \
    ({                                                                                             \
        SW_NOTE_REGISTERS(&(thread_)->note.registers);                                             \
        (thread_)->note.entered = sw_clock_ticks_by((thread_)->clock_is_tsc);                      \
        sw_call_open(thread_);                                                                     \
    })
#endif

#define SW_CALL_BEGIN(call, call_id, a, b, c)                                                      \
    do {                                                                                           \
        struct sw_thread *noting_ = sw_thread_self;                                                \
        (call).thread = NULL;                                                                      \
        if (sw_call_wanted(noting_, (uint64_t)(uintptr_t)__builtin_dwarf_cfa())) {                 \
            sw_call_say(noting_, (call_id), (uint64_t)(a), (uint64_t)(b), (uint64_t)(c));          \
            (call).thread = noting_;                                                               \
            (call).pointers = true;                                                                \
            (call).sequence = SW_CALL_ENTER(noting_);                                              \
        }                                                                                          \
    } while (0)

#define SW_CALL_END(call)                                                                          \
    do {                                                                                           \
        if (SW_UNLIKELY((call).thread != NULL))                                                    \
            sw_call_end(&(call));                                                                  \
    } while (0)

/* The same for who has noted the registers himself. */
static inline void sw_call_begin(struct sw_call *call, struct sw_thread *thread, uint32_t id,
                                 uint64_t a, uint64_t b, uint64_t c)
{
    sw_call_say(thread, id, a, b, c);
    thread->note.entered = sw_clock_ticks_by(thread->clock_is_tsc);
    call->thread = thread;
    call->pointers = true;
    call->sequence = sw_call_open(thread);
}

static inline void sw_call_end(struct sw_call *call)
{
    sw_call_over(0, call->thread, call->sequence, call->pointers);
}

#endif
