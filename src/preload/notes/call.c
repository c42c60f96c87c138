/*
 * See call.h. Loop thread: no lock, no malloc, no system call, errno kept.
 */
#include "preload/notes/call.h"
#include "preload/notes/closes.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

/* Strings are kept only of calls long enough to be named in a report: copying costs nothing beside
 * them. */
#define TEXT_WORTH_TICKS 100000

/* A handler on an alternate stack is farther away than this, or below, or beyond the TCB, which
 * lies at the upper end of a thread's stack. */
#define SAME_STACK_BYTES (UINT64_C(8) << 20)

static const struct sw_call_info infos[] = {
#define SW_CALL_ROW(name, detail, class) {#name, SW_DETAIL_##detail, SW_CLASS_##class},
    SW_CALLS(SW_CALL_ROW)
#undef SW_CALL_ROW
};

const struct sw_call_info *sw_call_info(enum sw_call_id id)
{
    return &infos[id < SW_CALL_COUNT ? id : 0];
}

/* Whoever calls with its stack pointer above the noted call's frame is not inside that call: it was
 * left by siglongjmp, or by a cancellation. What runs inside, a handler or a module of libc's, is
 * below. */
bool sw_call_discard(struct sw_thread *thread, uint64_t cfa)
{
    /* Of the usual wait only its caller's stack pointer is noted, in the loop: who calls with the
     * same one is not inside. */
    bool waits = thread->note.is_wait == 1 && thread->outer != NULL;
    uint64_t noted = waits ? thread->outer->wait_sp - 1 : thread->note.registers.sp;
    uint64_t tcb = (uint64_t)pthread_self();
    if (cfa <= noted || cfa - noted > SAME_STACK_BYTES || (noted < tcb && cfa > tcb))
        return false;
    sw_call_close(thread, atomic_load_explicit(&thread->sequence, memory_order_relaxed));
    return true;
}

/* Up to `size`-1 bytes of a string of the program's, which the call itself has read. Returns the
 * place behind its NUL. */
static char *keep_string(char *to, size_t size, uint64_t argument)
{
    const char *string = (const char *)(uintptr_t)argument;
    size_t length = string != NULL ? strnlen(string, size - 1) : 0;
    memcpy(to, string != NULL ? string : "", length);
    to[length] = '\0';
    return to + length + 1;
}

static void keep_two(struct sw_call_slot *slot, const uint64_t argument[3])
{
    char *second = keep_string(slot->text, SW_CALL_TEXT / 2, argument[0]);
    keep_string(second, SW_CALL_TEXT / 2, argument[1]);
}

/* Bytes of an address, their number first. */
static void keep_bytes(char to[SW_CALL_TEXT], uint64_t argument, uint64_t length)
{
    size_t most = argument != 0 && length < 128 ? (size_t)length : 0;
    to[0] = (char)most;
    memcpy(to + 1, most > 0 ? (const char *)(uintptr_t)argument : "", most);
}

static uint64_t span_at(uint64_t argument)
{
    const struct timespec *asked = (const struct timespec *)(uintptr_t)argument;
    return (uint64_t)asked->tv_sec * UINT64_C(1000000000) + (uint64_t)asked->tv_nsec;
}

/* What the pointers of the longest call point to, since it is gone when the watchdog looks. */
static void keep_arguments(struct sw_thread *thread, struct sw_call_slot *slot, bool pointers)
{
    memcpy(slot->argument, thread->note.argument, sizeof slot->argument);
    slot->longest_entered = thread->note.entered;
    slot->text[0] = slot->text[1] = '\0';
    slot->kept = pointers;
    const uint64_t *argument = thread->note.argument;
    switch (thread->note.kind) {
    case SW_DETAIL_TIMESPEC:
    case SW_DETAIL_FUTEX:
        slot->argument[0] = pointers && argument[0] != 0 ? span_at(argument[0]) : UINT64_MAX;
        break;
    case SW_DETAIL_MUTEX:
    case SW_DETAIL_RWLOCK:
    case SW_DETAIL_CONDITION:
    case SW_DETAIL_SEMAPHORE:
    case SW_DETAIL_JOIN:
        if (argument[1] != 0)
            slot->argument[1] = pointers ? span_at(argument[1]) : UINT64_MAX;
        break;
    case SW_DETAIL_PATH:
    case SW_DETAIL_TEXT:
        if (pointers)
            keep_string(slot->text, SW_CALL_TEXT, argument[0]);
        break;
    case SW_DETAIL_HOST:
        if (pointers)
            keep_two(slot, argument);
        break;
    case SW_DETAIL_TWO_PATHS:
        /* Of an empty first name the error comes before the second has been read. */
        if (pointers && *(const char *)(uintptr_t)argument[0] != '\0')
            keep_two(slot, argument);
        break;
    case SW_DETAIL_ADDRESS:
        if (pointers)
            keep_bytes(slot->text, argument[1], argument[2]);
        break;
    case SW_DETAIL_HOST_ADDRESS:
        if (pointers)
            keep_bytes(slot->text, argument[0], argument[1]);
        break;
    default:
        break;
    }
}

static inline bool is_keyed(enum sw_detail_kind kind)
{
    return kind <= SW_DETAIL_LAST_KEYED;
}

static inline bool is_lock(enum sw_detail_kind kind)
{
    return kind >= SW_DETAIL_MUTEX && is_keyed(kind);
}

/* What the cell of a call is known by: a lock's address, or a descriptor and how often its number
 * has been closed, so that a new file under an old number is another. */
static uint64_t key_of(enum sw_detail_kind kind, uint64_t first)
{
    if (kind >= SW_DETAIL_MUTEX)
        return first;
    return (uint64_t)SW_CLOSES_COUNT(first) << 32 | (uint32_t)first;
}

/* Adds to the key's cell; where there is none, the one that took least gives way. */
static inline void add_to_cell(struct sw_call_slot *slot, uint64_t key, uint64_t ticks)
{
    struct sw_call_cell *least = &slot->cells[0];
    for (int i = 0; i < slot->cells_used; i++) {
        struct sw_call_cell *cell = &slot->cells[i];
        if (cell->key == key) {
            cell->total += ticks;
            cell->count++;
            return;
        }
        if (cell->total < least->total)
            least = cell;
    }
    if (slot->cells_used < SW_CALL_CELLS)
        least = &slot->cells[slot->cells_used++];
    *least = (struct sw_call_cell){key, ticks, 1};
}

/* Makes room where all slots are of this iteration: the one that took least. */
static struct sw_call_slot *evict(struct sw_thread *thread)
{
    struct sw_call_slots *calls = &thread->calls;
    struct sw_call_slot *slot = &calls->slot[0];
    for (int i = 1; i < SW_CALL_SLOTS; i++)
        if (calls->slot[i].total < slot->total)
            slot = &calls->slot[i];
    if (calls->stamp != thread->stamp) {
        memset(calls->other, 0, sizeof calls->other);
        calls->stamp = thread->stamp;
    }
    calls->other[infos[slot->id].class] += slot->total;
    return slot;
}

/* The slot that has been of no use for longest, for a kind that has none. */
static __attribute__((noinline)) struct sw_call_slot *find_slot(struct sw_thread *thread)
{
    struct sw_call_slot *slot = NULL;
    for (int i = 0; i < SW_CALL_SLOTS; i++) {
        struct sw_call_slot *one = &thread->calls.slot[i];
        if (one->stamp != thread->stamp && (slot == NULL || one->stamp < slot->stamp))
            slot = one;
    }
    return slot != NULL ? slot : evict(thread);
}

/* A slot for the first call of its kind in this iteration: that of the one before, if it is still
 * the kind's. */
static struct sw_call_slot *take_slot(struct sw_thread *thread, uint32_t id)
{
    struct sw_call_slot *slot = &thread->calls.slot[thread->place[id]];
    if (slot->id != id || slot->stamp == thread->stamp)
        slot = find_slot(thread);
    slot->count = 0;
    slot->cells_used = 0;
    slot->cells[0].key = UINT64_MAX; /* no descriptor's */
    slot->total = 0;
    slot->longest = 0;
    slot->longest_entered = 0;
    slot->id = id;
    slot->stamp = thread->stamp;
    thread->place[id] = (uint8_t)(slot - thread->calls.slot);
    return slot;
}

/* The loop whose iteration this call is in may be over, by another thread's doing. */
static __attribute__((noinline)) bool is_given_up(struct sw_thread *thread)
{
    const struct sw_loop *outer = thread->outer;
    uint32_t state = outer != NULL ? atomic_load(&outer->state) : SW_LOOP_FREE;
    if (state == SW_LOOP_CANDIDATE || state == SW_LOOP_OWNED)
        return false;
    thread->in_iteration = 0;
    return true;
}

/* Is what this call was given to be kept, as it took longest of its kind so far? Of calls that are
 * all short the first will do. */
static inline bool is_worth_keeping(const struct sw_call_slot *slot, uint64_t ticks)
{
    return ticks >= TEXT_WORTH_TICKS || slot->longest_entered == 0;
}

/* This call took longest of its kind so far, or is the first. */
static __attribute__((noinline)) void note_longest(struct sw_thread *thread,
                                                   struct sw_call_slot *slot, uint64_t ticks,
                                                   uint64_t key, bool pointers)
{
    slot->longest = ticks;
    if (is_worth_keeping(slot, ticks)) {
        slot->key = key;
        keep_arguments(thread, slot, pointers);
    }
}

void sw_call_account(struct sw_thread *thread, uint32_t id, uint64_t ticks, bool pointers)
{
    if (atomic_load_explicit(&thread->attention, memory_order_relaxed) && is_given_up(thread))
        return;
    struct sw_call_slot *slot = &thread->calls.slot[thread->place[id]];
    if (slot->id != id || slot->stamp != thread->stamp)
        slot = take_slot(thread, id);
    slot->count++;
    slot->total += ticks;
    enum sw_detail_kind kind = thread->note.kind;
    uint64_t key = 0;
    if (is_keyed(kind)) {
        key = key_of(kind, thread->note.argument[0]);
        add_to_cell(slot, key, ticks);
    }
    if (ticks > slot->longest || slot->longest_entered == 0)
        note_longest(thread, slot, ticks, key, pointers);
}

static __attribute__((noinline)) long over_unusually(long result, struct sw_thread *thread,
                                                     uint32_t sequence, bool pointers,
                                                     uint64_t ticks)
{
    sw_call_account(thread, thread->note.id, ticks, pointers);
    sw_call_close(thread, sequence);
    return result;
}

static __attribute__((noinline)) long over_by_clock(long result, struct sw_thread *thread,
                                                    uint32_t sequence, bool pointers)
{
    uint64_t ticks = sw_clock_fallback_ticks() - thread->note.entered;
    return over_unusually(result, thread, sequence, pointers, ticks);
}

static inline bool is_on_descriptor(enum sw_detail_kind kind)
{
    return kind < SW_DETAIL_MUTEX && kind != SW_DETAIL_ADDRESS;
}

/* The first call of its kind in this iteration, where that is on a descriptor: there are no strings
 * to be kept, and most loops make few calls of a kind in one iteration. Any other the long way. */
static __attribute__((noinline)) long over_first(long result, struct sw_thread *thread,
                                                 uint32_t sequence, bool pointers, uint64_t ticks)
{
    enum sw_detail_kind kind = thread->note.kind;
    struct sw_call_slot *slot = &thread->calls.slot[thread->place[thread->note.id]];
    if (SW_UNLIKELY(slot->id != thread->note.id || slot->stamp == thread->stamp ||
                    !is_on_descriptor(kind) ||
                    atomic_load_explicit(&thread->attention, memory_order_relaxed)))
        return over_unusually(result, thread, sequence, pointers, ticks);
    const uint64_t *argument = thread->note.argument;
    uint64_t key = key_of(kind, argument[0]);
    slot->stamp = thread->stamp;
    slot->count = 1;
    slot->kept = 0;
    slot->cells_used = 1;
    slot->total = slot->longest = ticks;
    slot->longest_entered = thread->note.entered;
    slot->cells[0] = (struct sw_call_cell){key, ticks, 1};
    slot->key = key;
    slot->argument[0] = argument[0];
    slot->argument[1] = argument[1];
    slot->argument[2] = argument[2];
    sw_call_close(thread, sequence);
    return result;
}

/* A further call of its kind, on another descriptor than the first: what a server does for each of
 * its clients. */
static __attribute__((noinline)) long over_elsewhere(long result, struct sw_thread *thread,
                                                     uint32_t sequence, uint64_t ticks)
{
    struct sw_call_slot *slot = &thread->calls.slot[thread->place[thread->note.id]];
    add_to_cell(slot, key_of(thread->note.kind, thread->note.argument[0]), ticks);
    slot->count++;
    slot->total += ticks;
    sw_call_close(thread, sequence);
    return result;
}

/* What sw_call_account does, for a call without a key or on a descriptor, and not so long that what
 * it was given is to be kept: in one piece of code. Any other goes the long way. */
long sw_call_over(long result, struct sw_thread *thread, uint32_t sequence, bool pointers)
{
    /* Another call's number: ours was discarded by a call made from a handler on another stack, or
     * the process forked. */
    if (SW_UNLIKELY(atomic_load_explicit(&thread->sequence, memory_order_relaxed) != sequence))
        return result;
    if (SW_UNLIKELY(!thread->clock_is_tsc))
        return over_by_clock(result, thread, sequence, pointers);
    uint64_t ticks = sw_clock_ticks_by(true) - thread->note.entered;
    uint32_t id = thread->note.id;
    struct sw_call_slot *slot = &thread->calls.slot[thread->place[id]];
    if ((slot->id ^ id) | (slot->stamp ^ thread->stamp) |
        atomic_load_explicit(&thread->attention, memory_order_relaxed))
        return over_first(result, thread, sequence, pointers, ticks);
    enum sw_detail_kind kind = thread->note.kind;
    if (SW_UNLIKELY(is_lock(kind)))
        return over_unusually(result, thread, sequence, pointers, ticks);
    if (ticks > slot->longest) {
        if (SW_UNLIKELY(is_worth_keeping(slot, ticks)))
            return over_unusually(result, thread, sequence, pointers, ticks);
        slot->longest = ticks;
    }
    if (SW_LIKELY(is_keyed(kind))) {
        struct sw_call_cell *cell = &slot->cells[0];
        if (cell->key != key_of(kind, thread->note.argument[0]))
            return over_elsewhere(result, thread, sequence, ticks);
        cell->total += ticks;
        cell->count++;
    }
    slot->count++;
    slot->total += ticks;
    sw_call_close(thread, sequence);
    return result;
}

void sw_call_leave(const struct sw_thread *thread, struct sw_ended *ended)
{
    const struct sw_call_slots *calls = &thread->calls;
    ended->call_count = 0;
    for (int i = 0; i < SW_CALL_SLOTS; i++)
        if (calls->slot[i].stamp == thread->stamp && calls->slot[i].count > 0)
            ended->calls[ended->call_count++] = calls->slot[i];
    if (calls->stamp == thread->stamp)
        memcpy(ended->other, calls->other, sizeof ended->other);
    else
        memset(ended->other, 0, sizeof ended->other);
}
