/*
 * See call.h. Loop thread: no lock, no malloc, no system call, errno kept.
 */
#include "preload/notes/call.h"
#include "preload/notes/closes.h"

#include <string.h>
#include <time.h>

/* Strings are kept only of calls long enough to be named in a report: copying costs nothing beside
 * them. */
#define TEXT_WORTH_TICKS 100000

/* A handler on an alternate stack is farther away than this, or below. */
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
    bool waits = thread->note.is_wait && thread->outer != NULL;
    uint64_t noted = waits ? thread->outer->wait_sp - 1 : thread->note.registers.rsp;
    if (cfa <= noted || cfa - noted > SAME_STACK_BYTES)
        return false;
    sw_call_close(thread, atomic_load_explicit(&thread->sequence, memory_order_relaxed));
    return true;
}

static void keep_host(struct sw_call_slot *slot, const uint64_t argument[3])
{
    size_t used = 0;
    for (int i = 0; i < 2; i++) {
        const char *string = (const char *)(uintptr_t)argument[i];
        size_t length = string != NULL ? strnlen(string, SW_CALL_TEXT / 2 - 1) : 0;
        memcpy(slot->text + used, string != NULL ? string : "", length);
        used += length;
        slot->text[used++] = '\0';
    }
}

/* What the pointers of the longest call point to, since it is gone when the watchdog looks. */
static void keep_arguments(struct sw_thread *thread, struct sw_call_slot *slot, bool pointers)
{
    memcpy(slot->argument, thread->note.argument, sizeof slot->argument);
    slot->longest_entered = thread->note.entered;
    slot->text[0] = slot->text[1] = '\0';
    enum sw_detail_kind kind = infos[thread->note.id].detail;
    if (kind == SW_DETAIL_DESCRIPTOR)
        slot->argument[2] = SW_CLOSES_COUNT(slot->argument[0]);
    if (kind == SW_DETAIL_HOST && pointers)
        keep_host(slot, thread->note.argument);
    if (kind == SW_DETAIL_TIMESPEC) {
        const struct timespec *asked = (const struct timespec *)(uintptr_t)slot->argument[0];
        slot->argument[0] =
            pointers && asked != NULL
                ? (uint64_t)asked->tv_sec * UINT64_C(1000000000) + (uint64_t)asked->tv_nsec
                : UINT64_MAX;
    }
}

void sw_call_account(struct sw_thread *thread, uint32_t id, uint64_t ticks, bool pointers)
{
    struct sw_call_slot *slot = &thread->calls[id];
    if (slot->stamp != thread->stamp) {
        slot->stamp = thread->stamp;
        slot->count = 0;
        slot->total = 0;
        slot->longest = 0;
        slot->longest_entered = 0;
    }
    slot->count++;
    slot->total += ticks;
    if (ticks <= slot->longest && slot->longest_entered != 0)
        return;
    slot->longest = ticks;
    if (ticks >= TEXT_WORTH_TICKS || slot->longest_entered == 0)
        keep_arguments(thread, slot, pointers);
}
