/* See computing.h. */
#include "preload/watch/sampler/computing.h"

#include <string.h>
#include <time.h>

#include "common/kernel.h"
#include "preload/watch/kernel/account.h"

/* The way out of a system call takes less, also with what its page faults and interrupts add. */
#define ENOUGH_NS UINT64_C(30000)
#define MOMENT_NS 60000
#define KEPT      16 /* threads */

static struct seen {
    int tid;
    uint64_t cpu_ns, switches;
} kept[KEPT];
static unsigned next_kept;

void sw_computing_start(void)
{
    memset(kept, 0, sizeof kept);
}

static struct seen *seen_of(int tid)
{
    for (unsigned i = 0; i < KEPT; i++)
        if (kept[i].tid == tid)
            return &kept[i];
    struct seen *seen = &kept[next_kept++ % KEPT];
    *seen = (struct seen){.tid = tid, .switches = UINT64_MAX};
    return seen;
}

/* The CPU time is read first: a switch after that makes the thread look less busy than it was. */
static bool has_run_since(const struct seen *seen, struct seen *now)
{
    now->tid = seen->tid;
    now->cpu_ns = sw_account_cpu_ns(seen->tid);
    return sw_account_switches(seen->tid, &now->switches) && now->switches == seen->switches &&
           now->cpu_ns >= seen->cpu_ns + ENOUGH_NS;
}

bool sw_computing_is(int tid)
{
    struct seen *seen = seen_of(tid), now;
    struct timespec moment = {0, MOMENT_NS};
    if (has_run_since(seen, &now))
        return true;
    *seen = now;
    sw_kernel3(SYS_nanosleep, (long)&moment, 0, 0);
    return has_run_since(seen, &now);
}
