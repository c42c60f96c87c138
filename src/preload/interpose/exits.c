/*
 * The ways out: what is due is written first, and a process that would have exited with 0 exits
 * with STALLWATCH_EXITCODE if a stall counted.
 *
 * Wrapped: exit(3), which main's return does not pass through, so on_exit(3) catches that;
 * _exit(2), _Exit and quick_exit(3), with which forked workers end. The code is changed by calling
 * exit again from the handler, which glibc allows and which goes on with the rest: _exit there
 * would lose what the program has buffered.
 */
#include <stdlib.h>
#include <unistd.h>

#include "preload/interpose/exits.h"
#include "preload/interpose/next.h"
#include "preload/notes/clock.h"
#include "preload/notes/process.h"

SW_NEXT_DEFINE(exit);
SW_NEXT_DEFINE(_exit);
SW_NEXT_DEFINE(_Exit);
SW_NEXT_DEFINE(quick_exit);

/* The program's iterations are over from here on: what runs now is its clean-up. */
static void note_exit_begins(void)
{
    if (sw_process == NULL || !sw_process_is_ours())
        return;
    if (atomic_load(&sw_process->exit_ticks) == 0)
        atomic_store(&sw_process->exit_ticks, sw_clock_ticks());
    sw_process_finish();
}

/* In a child of vfork, which shares our memory, and in a forked one that ran no loop, nothing is
 * changed. Of a status its parent gets to see eight bits (exit(3)). */
static int final_status(int status)
{
    if ((status & 0xff) != 0 || sw_process == NULL || sw_process_settings.exitcode == 0 ||
        !sw_process_is_ours() || atomic_load(&sw_process->counted) == 0)
        return status;
    return sw_process_settings.exitcode;
}

static void at_exit(int status, void *unused)
{
    (void)unused;
    note_exit_begins();
    int wanted = final_status(status);
    if (wanted != status)
        SW_NEXT(exit)(wanted);
}

void sw_exits_start(void)
{
    on_exit(at_exit, NULL);
}

SW_EXPORT __attribute__((noreturn)) void exit(int status)
{
    note_exit_begins();
    SW_NEXT(exit)(final_status(status));
    __builtin_unreachable();
}

SW_EXPORT __attribute__((noreturn)) void _exit(int status)
{
    note_exit_begins();
    SW_NEXT(_exit)(final_status(status));
    __builtin_unreachable();
}

SW_EXPORT __attribute__((noreturn)) void _Exit(int status)
{
    note_exit_begins();
    SW_NEXT(_Exit)(final_status(status));
    __builtin_unreachable();
}

SW_EXPORT __attribute__((noreturn)) void quick_exit(int status)
{
    note_exit_begins();
    SW_NEXT(quick_exit)(final_status(status));
    __builtin_unreachable();
}
