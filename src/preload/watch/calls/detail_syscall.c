/*
 * The arguments of a system call that no wrapper noted, as those of the wrapped call that it is
 * like. The thread is blocked in it, so what its pointers point to is read from outside as ever.
 * Watchdog thread.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include <linux/futex.h>

#include "preload/notes/closes.h"
#include "preload/stack/memory.h"
#include "preload/watch/calls/detail.h"
#include "preload/watch/kernel/syscall_names.h"

#define NO_TIMEOUT UINT64_MAX /* as a wait notes it: -1 */

static uint64_t timespec_ns(uint64_t address)
{
    struct timespec span;
    if (address == 0 || sw_memory_read(address, &span, sizeof span) != 0)
        return NO_TIMEOUT;
    return (uint64_t)span.tv_sec * UINT64_C(1000000000) + (uint64_t)span.tv_nsec;
}

static uint64_t timeval_ns(uint64_t address)
{
    uint64_t half = timespec_ns(address);
    if (half == NO_TIMEOUT)
        return half;
    return half / UINT64_C(1000000000) * UINT64_C(1000000000) + half % UINT64_C(1000000000) * 1000;
}

static uint64_t milliseconds_ns(uint64_t argument)
{
    return (int)argument < 0 ? NO_TIMEOUT : (uint64_t)(int)argument * 1000000;
}

static uint64_t wait_timeout(uint32_t call, uint64_t argument)
{
    switch (call) {
    case SW_CALL_ppoll:
    case SW_CALL_pselect:
    case SW_CALL_epoll_pwait2:
        return timespec_ns(argument);
    case SW_CALL_select:
        return timeval_ns(argument);
    case SW_CALL_io_uring_enter:
        return NO_TIMEOUT;
    default:
        return milliseconds_ns(argument);
    }
}

/* As SW_DETAIL_WAIT has it. Of a poll the descriptors are in memory; a select's are not named. */
static void note_wait(struct sw_note *note)
{
    uint64_t *argument = note->argument;
    uint32_t call = note->id, count = 1;
    argument[2] = wait_timeout(call, argument[2]);
    if (call == SW_CALL_poll || call == SW_CALL_ppoll) {
        int fd = -1;
        count = (uint32_t)argument[1];
        if (count > 0 && sw_memory_read(argument[0], &fd, sizeof fd) != 0)
            count = 0;
        argument[0] = (uint64_t)(int64_t)fd;
    } else if (call == SW_CALL_select || call == SW_CALL_pselect) {
        count = 0;
    }
    argument[1] = count > 0 && (int)argument[0] >= 0
                      ? (uint64_t)SW_CLOSES_COUNT(argument[0]) << 32 | count
                      : count;
}

/* futex(2): see interpose/raw_calls.c. */
static void note_futex(const struct sw_syscall_view *view, struct sw_note *note)
{
    int operation = (int)view->argument[1], command = operation & FUTEX_CMD_MASK;
    bool real_time = command == FUTEX_LOCK_PI || (operation & FUTEX_CLOCK_REALTIME) != 0;
    bool endless = view->argument[3] == 0;
    note->argument[1] = real_time ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    note->argument[2] = (command == FUTEX_WAIT ? 0 : (uint64_t)TIMER_ABSTIME) |
                        (endless ? (uint64_t)SW_FUTEX_ENDLESS : 0);
}

/* wait4(2)'s way to say whom, as waitid(2) says it. */
static void note_whom(struct sw_note *note)
{
    int64_t pid = (int32_t)note->argument[0];
    note->argument[0] = pid > 0 ? P_PID : pid == -1 ? P_ALL : P_PGID;
    note->argument[1] = (uint64_t)(pid < 0 ? -pid : pid);
}

void sw_detail_of_syscall(struct sw_text *text, const struct sw_syscall_view *view, uint64_t since)
{
    const struct sw_syscall_like *like = sw_syscall_like(view->number);
    struct sw_note note;
    if (like == NULL)
        return;
    memset(&note, 0, sizeof note);
    note.id = like->call;
    note.entered = since;
    for (int i = 0; i < 3; i++)
        if (like->argument[i] != SW_SYSCALL_NONE)
            note.argument[i] = view->argument[like->argument[i]];
    sw_memory_forget();
    if (sw_call_info(like->call)->detail == SW_DETAIL_WAIT)
        note_wait(&note);
    else if (like->call == SW_CALL_futex)
        note_futex(view, &note);
    else if (like->call == SW_CALL_wait4)
        note_whom(&note);
    else if (sw_call_info(like->call)->detail == SW_DETAIL_PATH &&
             like->argument[1] == SW_SYSCALL_NONE)
        note.argument[1] = (uint64_t)(int64_t)AT_FDCWD;
    sw_detail_of_note(text, &note);
}
