/*
 * What a thread waits for that is neither a file nor a name: a lock, another thread, a process. See
 * detail_parts.h. Watchdog thread.
 */
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "common/kernel.h"
#include "preload/languages/languages.h"
#include "preload/libc/threads.h"
#include "preload/notes/clock.h"
#include "preload/stack/memory.h"
#include "preload/watch/calls/detail_parts.h"
#include "preload/watch/kernel/account.h"

static const char *const what_locks[] = {
    [SW_DETAIL_MUTEX] = "mutex",         [SW_DETAIL_RWLOCK] = "rwlock",
    [SW_DETAIL_CONDITION] = "condition", [SW_DETAIL_SEMAPHORE] = "semaphore",
    [SW_DETAIL_BARRIER] = "barrier",
};

/* The clock of pthread_cond_timedwait is an attribute of the condition (pthread_condattr_setclock),
 * not an argument: it is the one whose time is nearer to the limit. */
static uint64_t clock_of(const struct sw_detail_call *call)
{
    uint64_t monotonic = sw_clock_monotonic_ns(), realtime = sw_clock_realtime_ns();
    if (call->kind != SW_DETAIL_CONDITION || monotonic > realtime)
        return call->value[2];
    return call->span_ns < monotonic + (realtime - monotonic) / 2 ? CLOCK_MONOTONIC
                                                                  : call->value[2];
}

static void say_limit(struct sw_text *text, const struct sw_detail_call *call)
{
    if (call->value[1] == 0 || call->span_ns == UINT64_MAX)
        return;
    sw_text_string(text, ", timeout ");
    sw_text_duration(text, sw_detail_until(call->entered, call->span_ns, clock_of(call)));
}

void sw_detail_say_lock(struct sw_text *text, const struct sw_detail_call *call)
{
    if (call->kind == SW_DETAIL_CONDITION && sw_languages_is_lock(call->value[0])) {
        sw_text_string(text, "Python's lock (GIL)");
        return;
    }
    sw_text_string(text, what_locks[call->kind]);
    sw_text_string(text, " 0x");
    sw_text_hex(text, call->value[0], 1);
    if (call->kind != SW_DETAIL_BARRIER)
        say_limit(text, call);
}

void sw_detail_say_join(struct sw_text *text, const struct sw_detail_call *call)
{
    char name[17];
    int32_t tid = 0;
    uint64_t offset = sw_threads_number_offset();
    sw_text_string(text, "thread");
    if (offset != 0 && sw_memory_copy(call->value[0] + offset, &tid, sizeof tid) == sizeof tid &&
        tid > 0 && sw_account_alive(tid)) {
        sw_account_name(tid, name);
        sw_text_char(text, ' ');
        sw_text_signed(text, tid);
        sw_text_string(text, " \"");
        sw_text_escaped(text, name, strlen(name), sizeof name);
        sw_text_char(text, '"');
    }
    say_limit(text, call);
}

static void say_pid(struct sw_text *text, uint64_t pid)
{
    char path[64], name[64];
    struct sw_text file;
    sw_text_string(text, "pid ");
    sw_text_unsigned(text, pid);
    sw_text_init(&file, path, sizeof path);
    sw_text_string(&file, "/proc/");
    sw_text_unsigned(&file, pid);
    sw_text_string(&file, "/comm");
    long length = sw_kernel_slurp(path, name, sizeof name);
    if (length <= 1)
        return;
    sw_text_string(text, " (");
    sw_text_escaped(text, name, (size_t)length - (name[length - 1] == '\n'), sizeof name);
    sw_text_char(text, ')');
}

void sw_detail_say_process(struct sw_text *text, const struct sw_detail_call *call)
{
    switch ((int)call->value[0]) {
    case P_PID:
        say_pid(text, (uint32_t)call->value[1]);
        break;
    case P_PGID:
        sw_text_string(text, "any child of process group ");
        if ((uint32_t)call->value[1] == 0)
            sw_text_string(text, "its own");
        else
            sw_text_unsigned(text, (uint32_t)call->value[1]);
        break;
    case P_PIDFD:
        sw_text_string(text, "pidfd ");
        sw_text_signed(text, (int)call->value[1]);
        break;
    default:
        sw_text_string(text, "any child");
    }
}
