/*
 * See deadlock.h. The other threads have no notes of calls: what each waits for is read from the
 * futex that the kernel says it is blocked on (/proc/self/task/TID/syscall), which is enough to
 * find a glibc lock and its owner. A circle is believed only if all of its threads are still where
 * they were when it has been gone round: a lock's owner that is about to let go is no deadlock.
 */
#include "preload/watch/holder/deadlock.h"

#include <string.h>

#define MOST_THREADS 8
#define NAME_MOST    64

struct step {
    int tid; /* waits for what the next one has */
    struct sw_waits_for waits;
    struct sw_syscall_view view;
};

static bool is_held_by_a_thread(const struct sw_waits_for *waits)
{
    return waits->tid != 0 &&
           (waits->kind == SW_WAITS_FOR_MUTEX || waits->kind == SW_WAITS_FOR_RWLOCK ||
            waits->kind == SW_WAITS_FOR_THREAD);
}

static bool still_there(const struct step *step)
{
    struct sw_syscall_view now;
    sw_account_syscall(step->tid, &now);
    return now.known && !now.running && now.number == step->view.number &&
           now.sp == step->view.sp && now.pc == step->view.pc &&
           now.argument[0] == step->view.argument[0];
}

/* How many threads the circle has; 0: none. */
static unsigned go_round(int tid, const struct sw_waits_for *waits, struct step *steps)
{
    unsigned count = 1;
    steps[0].tid = tid;
    steps[0].waits = *waits;
    sw_account_syscall(tid, &steps[0].view);
    while (is_held_by_a_thread(&steps[count - 1].waits)) {
        int next = steps[count - 1].waits.tid;
        if (next == tid)
            break;
        if (count == MOST_THREADS)
            return 0;
        struct step *step = &steps[count++];
        step->tid = next;
        sw_account_syscall(next, &step->view);
        sw_waits_for(NULL, NULL, &step->view, &step->waits);
    }
    if (steps[count - 1].waits.tid != tid || !is_held_by_a_thread(&steps[count - 1].waits))
        return 0;
    for (unsigned i = 0; i < count; i++)
        if (!still_there(&steps[i]))
            return 0;
    return count;
}

static void tell_thread(struct sw_text *text, int tid, bool named)
{
    char name[17];
    sw_text_string(text, "thread ");
    sw_text_unsigned(text, (uint64_t)tid);
    if (!named)
        return;
    sw_account_name(tid, name);
    sw_text_string(text, " \"");
    sw_text_escaped(text, name, strlen(name), NAME_MOST);
    sw_text_char(text, '"');
}

static void tell_wait(struct sw_text *text, const struct sw_waits_for *waits)
{
    switch (waits->kind) {
    case SW_WAITS_FOR_MUTEX:
        sw_text_string(text, " waits for a mutex held by ");
        break;
    case SW_WAITS_FOR_RWLOCK:
        sw_text_string(text, " waits for a rwlock held by ");
        break;
    default:
        sw_text_string(text, " waits for the end of ");
        break;
    }
}

bool sw_deadlock_tell(int tid, const struct sw_waits_for *waits, struct sw_text *text)
{
    struct step steps[MOST_THREADS];
    unsigned count = go_round(tid, waits, steps);
    if (count == 0)
        return false;
    sw_text_string(text, "deadlock: ");
    tell_thread(text, tid, true);
    if (count == 1) {
        sw_text_string(text, waits->kind == SW_WAITS_FOR_THREAD
                                 ? " waits for its own end"
                                 : " waits for a lock that it holds itself");
        return true;
    }
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            sw_text_string(text, ", which");
        tell_wait(text, &steps[i].waits);
        tell_thread(text, steps[i].waits.tid, i + 1 < count);
    }
    return true;
}
