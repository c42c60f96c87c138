/*
 * See credentials.h. One request at a time; who asks waits for its turn. Programs ask a few times
 * in their lives.
 */
#include "preload/notes/credentials.h"

#include <limits.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include "common/kernel.h"
#include "preload/notes/process.h"

#define STEP_NS       100000
#define MOST_STEPS    10000 /* of waiting for the turn: a second */
#define MOST_GROUPS   65536 /* NGROUPS_MAX: setgroups(2) takes no more */
#define ANSWER_WITHIN 1     /* seconds */

enum { NOTHING, BEING_ASKED, ASKED, NOBODY_WAITS, DONE };

static struct {
    _Atomic uint32_t state;
    long number, argument[3];
    gid_t groups[MOST_GROUPS];
    struct __user_cap_header_struct head;
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
} request;

void sw_credentials_start(void)
{
    atomic_store(&request.state, NOTHING);
}

static bool take_turn(void)
{
    struct timespec step = {0, STEP_NS};
    for (int i = 0; i < MOST_STEPS; i++) {
        uint32_t nothing = NOTHING;
        if (atomic_compare_exchange_strong(&request.state, &nothing, BEING_ASKED))
            return true;
        sw_kernel3(SYS_nanosleep, (long)&step, 0, 0);
    }
    return false;
}

static void wake_watchdog(void)
{
    atomic_fetch_add(&sw_process->watchdog_wakes, 1);
    sw_kernel6(SYS_futex, (long)&sw_process->watchdog_wakes, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}

static void await_answer(void)
{
    struct timespec now, left;
    time_t until = 0;
    uint32_t asked = ASKED;
    do {
        sw_kernel3(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0);
        until = until == 0 ? now.tv_sec + ANSWER_WITHIN + 1 : until;
        left = (struct timespec){until - now.tv_sec, 0};
        if (left.tv_sec > 0)
            sw_kernel6(SYS_futex, (long)&request.state, FUTEX_WAIT_PRIVATE, ASKED, (long)&left, 0,
                       0);
    } while (atomic_load(&request.state) == ASKED && left.tv_sec > 0);
    if (!atomic_compare_exchange_strong(&request.state, &asked, NOBODY_WAITS))
        atomic_store(&request.state, NOTHING);
}

/* Is there somebody who follows, and is it this thread's turn to ask? */
static bool may_ask(void)
{
    return sw_process != NULL && sw_process_is_ours() &&
           atomic_load(&sw_process->watchdog_is_bare) && take_turn();
}

static void ask(long number, long a, long b, long c)
{
    request.number = number;
    request.argument[0] = a;
    request.argument[1] = b;
    request.argument[2] = c;
    atomic_store(&request.state, ASKED);
    wake_watchdog();
    await_answer();
}

void sw_credentials_changed(long number, long a, long b, long c)
{
    if (!may_ask())
        return;
    if (number == SYS_setgroups) {
        a = a < 0 ? 0 : a > MOST_GROUPS ? MOST_GROUPS : a;
        memcpy(request.groups, (const void *)b, (size_t)a * sizeof(gid_t));
        b = (long)request.groups;
    }
    ask(number, a, b, c);
}

void sw_credentials_groups_changed(void)
{
    if (!may_ask())
        return;
    long count = sw_kernel3(SYS_getgroups, MOST_GROUPS, (long)request.groups, 0);
    if (count >= 0)
        ask(SYS_setgroups, count, (long)request.groups, 0);
    else
        atomic_store(&request.state, NOTHING);
}

void sw_credentials_capabilities_changed(const void *head, const void *data)
{
    const struct __user_cap_header_struct *of = head;
    bool main = sw_process != NULL && sw_process->pid == sw_kernel_gettid();
    if (!main || (of->pid != 0 && of->pid != sw_process->pid) || !may_ask())
        return;
    bool first = of->version == _LINUX_CAPABILITY_VERSION_1;
    memset(request.data, 0, sizeof request.data);
    memcpy(request.data, data, sizeof request.data[0] * (first ? 1 : _LINUX_CAPABILITY_U32S_3));
    request.head.version = of->version;
    request.head.pid = 0;
    ask(SYS_capset, (long)&request.head, (long)request.data, 0);
}

void sw_credentials_keep_root(void)
{
    if (take_turn())
        ask(SYS_unshare, CLONE_FS, 0, 0);
}

bool sw_credentials_are_asked(void)
{
    uint32_t state = atomic_load(&request.state);
    return state == ASKED || state == NOBODY_WAITS;
}

static bool make_call(void)
{
    long result =
        sw_kernel3(request.number, request.argument[0], request.argument[1], request.argument[2]);
    if (result < 0 && request.number == SYS_capset) {
        memset(request.data, 0, sizeof request.data);
        result = sw_kernel3(SYS_capset, request.argument[0], request.argument[1], 0);
    }
    /* Without a root of its own it goes on as well as it can. */
    return result >= 0 || request.number == SYS_unshare;
}

bool sw_credentials_follow(void)
{
    if (!sw_credentials_are_asked())
        return true;
    bool good = make_call();
    uint32_t asked = ASKED;
    if (atomic_compare_exchange_strong(&request.state, &asked, DONE))
        sw_kernel6(SYS_futex, (long)&request.state, FUTEX_WAKE_PRIVATE, INT_MAX, 0, 0, 0);
    else
        atomic_store(&request.state, NOTHING);
    return good;
}
