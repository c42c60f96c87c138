/* See quiet.h. The two flags are raised before the other is read (Dekker), so one of the two always
 * sees the other. */
#include "preload/notes/quiet.h"

#include <time.h>

#include "common/kernel.h"
#include "preload/notes/process.h"

#define STEP_NS     100000
#define FORK_STEPS  200  /* 20 ms: a capture takes less than one */
#define WATCH_STEPS 5000 /* a fork of a large process */

static void rest(void)
{
    struct timespec step = {0, STEP_NS};
    sw_kernel3(SYS_nanosleep, (long)&step, 0, 0);
}

void sw_quiet_begin(void)
{
    for (int i = 0; i < WATCH_STEPS; i++) {
        atomic_store(&sw_process->fork_unsafe, 1);
        if (atomic_load(&sw_process->fork_wanted) == 0)
            return;
        atomic_store(&sw_process->fork_unsafe, 0);
        rest();
    }
    atomic_store(&sw_process->fork_unsafe, 1);
}

void sw_quiet_end(void)
{
    atomic_store(&sw_process->fork_unsafe, 0);
}

void sw_quiet_fork_begin(void)
{
    if (sw_process == NULL || atomic_load(&sw_process->watchdog_state) == 0)
        return;
    atomic_fetch_add(&sw_process->fork_wanted, 1);
    for (int i = 0; i < FORK_STEPS && atomic_load(&sw_process->fork_unsafe); i++)
        rest();
}

void sw_quiet_fork_end(void)
{
    if (sw_process != NULL && atomic_load(&sw_process->fork_wanted) != 0)
        atomic_fetch_sub(&sw_process->fork_wanted, 1);
}
