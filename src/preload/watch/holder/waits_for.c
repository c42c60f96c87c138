/* See waits_for.h. */
#include "preload/watch/holder/waits_for.h"

#include <linux/futex.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "preload/libc/locks.h"
#include "preload/libc/threads.h"
#include "preload/stack/memory.h"

#define MOST_TID        (1 << 22) /* PID_MAX_LIMIT of the kernel */
#define MOST_FUTEX_AWAY 16        /* a rwlock's futex words, from its beginning */
#define THREAD_SIZE     8192      /* what a pthread_t leads to is smaller, in each glibc */

/* How libc's calls wait. */
static const struct {
    const char *begins; /* of the call's name */
    enum { FOR_MUTEX, FOR_RWLOCK, FOR_JOIN, FOR_CONDITION, FOR_NOBODY } what;
} calls[] = {
    {"pthread_mutex_", FOR_MUTEX},    {"mtx_", FOR_MUTEX},
    {"pthread_rwlock_", FOR_RWLOCK},  {"pthread_join", FOR_JOIN},
    {"pthread_timedjoin", FOR_JOIN},  {"pthread_clockjoin", FOR_JOIN},
    {"thrd_join", FOR_JOIN},          {"pthread_cond_", FOR_CONDITION},
    {"cnd_", FOR_CONDITION},          {"sem_", FOR_NOBODY},
    {"pthread_barrier_", FOR_NOBODY},
};

static int what_of(const char *call)
{
    for (unsigned i = 0; call != NULL && i < sizeof calls / sizeof calls[0]; i++)
        if (strncmp(call, calls[i].begins, strlen(calls[i].begins)) == 0)
            return (int)calls[i].what;
    return -1;
}

static bool is_tid(int64_t value)
{
    return value > 0 && value <= MOST_TID;
}

int sw_waits_for_mutex_owner(uint64_t address, bool *shared)
{
    pthread_mutex_t mutex;
    *shared = false;
    int owner = sw_memory_read(address, &mutex, sizeof mutex) == 0
                    ? sw_libc_mutex_owner(&mutex, shared)
                    : 0;
    return is_tid(owner) ? owner : 0;
}

int sw_waits_for_rwlock_writer(uint64_t address, bool *shared)
{
    pthread_rwlock_t lock;
    *shared = false;
    int writer =
        sw_memory_read(address, &lock, sizeof lock) == 0 ? sw_libc_rwlock_writer(&lock, shared) : 0;
    return is_tid(writer) ? writer : 0;
}

static void find_lock(struct sw_waits_for *answer, enum sw_waits_for_kind kind, uint64_t address)
{
    answer->kind = kind;
    answer->address = address;
    answer->tid = kind == SW_WAITS_FOR_MUTEX ? sw_waits_for_mutex_owner(address, &answer->shared)
                                             : sw_waits_for_rwlock_writer(address, &answer->shared);
}

/* The word of a futex in whose value its owner or the thread that is waited for stands. */
static int tid_in_word(uint64_t address)
{
    uint32_t word;
    if (sw_memory_read(address, &word, sizeof word) != 0 || !is_tid(word & FUTEX_TID_MASK))
        return 0;
    return (int)(word & FUTEX_TID_MASK);
}

/* pthread_join(3) waits until the kernel has cleared the thread's id (CLONE_CHILD_CLEARTID), with
 * that id as the value that it expects. */
static void find_joined(struct sw_waits_for *answer, const struct sw_syscall_view *view)
{
    if (!is_tid((int64_t)view->argument[2]) ||
        tid_in_word(view->argument[0]) != (int)view->argument[2])
        return;
    answer->kind = SW_WAITS_FOR_THREAD;
    answer->tid = (int)view->argument[2];
}

/* In glibc 2.43 it waits for a word of the thread's state instead, whose value may look like a
 * number: that stands beside it, in what the pthread_t leads to. Returns whether that is known. */
static bool find_joined_by_state(struct sw_waits_for *answer, uint64_t thread, uint64_t word)
{
    int32_t tid;
    uint64_t offset = sw_threads_number_offset();
    if (offset == 0 || word - thread >= THREAD_SIZE ||
        sw_memory_read(thread + offset, &tid, sizeof tid) != 0)
        return false;
    if (is_tid(tid)) {
        answer->kind = SW_WAITS_FOR_THREAD;
        answer->tid = tid;
    }
    return true;
}

/* A futex of which no wrapper said what it is: a lock that is a glibc one is known by its owner. */
static void find_unnoted(struct sw_waits_for *answer, const struct sw_syscall_view *view)
{
    uint64_t word = view->argument[0];
    if (!(view->argument[1] & FUTEX_PRIVATE_FLAG))
        find_joined(answer, view);
    if (answer->tid == 0)
        find_lock(answer, SW_WAITS_FOR_MUTEX, word);
    for (uint64_t away = 8; answer->tid == 0 && away < MOST_FUTEX_AWAY; away += 4)
        find_lock(answer, SW_WAITS_FOR_RWLOCK, word - away);
    if (answer->tid == 0)
        memset(answer, 0, sizeof *answer);
}

static void find_in_futex(struct sw_waits_for *answer, int what, const uint64_t argument[3],
                          const struct sw_syscall_view *view)
{
    uint64_t word = view->argument[0];
    int operation = (int)view->argument[1] & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
    if (operation == FUTEX_LOCK_PI || operation == 13 /* FUTEX_LOCK_PI2 */) {
        answer->kind = SW_WAITS_FOR_MUTEX;
        answer->address = word;
        answer->tid = tid_in_word(word);
        return;
    }
    if (operation != FUTEX_WAIT && operation != FUTEX_WAIT_BITSET)
        return;
    if (what == FOR_MUTEX && word == argument[0])
        find_lock(answer, SW_WAITS_FOR_MUTEX, word);
    else if (what == FOR_RWLOCK && word - argument[0] < MOST_FUTEX_AWAY)
        find_lock(answer, SW_WAITS_FOR_RWLOCK, argument[0]);
    else if (what == FOR_JOIN && !find_joined_by_state(answer, argument[0], word))
        find_joined(answer, view);
    else if (what == FOR_CONDITION && word == argument[1]) /* signalled, and wants its mutex back */
        find_lock(answer, SW_WAITS_FOR_MUTEX, word);
    else if (what < 0)
        find_unnoted(answer, view);
}

static void find_child(struct sw_waits_for *answer, int64_t pid)
{
    answer->kind = pid > 0 ? SW_WAITS_FOR_PROCESS : SW_WAITS_FOR_CHILDREN;
    answer->tid = pid > 0 && is_tid(pid) ? (int)pid : 0;
}

/* Only a poll of one descriptor names one. */
static void find_polled(struct sw_waits_for *answer, const struct sw_syscall_view *view)
{
    int fd;
    if (view->argument[1] != 1 || sw_memory_read(view->argument[0], &fd, sizeof fd) != 0)
        return;
    answer->kind = SW_WAITS_FOR_DESCRIPTOR;
    answer->fd = fd;
}

void sw_waits_for(const char *call, const uint64_t argument[3], const struct sw_syscall_view *view,
                  struct sw_waits_for *answer)
{
    int what = what_of(call);
    memset(answer, 0, sizeof *answer);
    if (!view->known) {
        /* No /proc/…/syscall here: what the wrapper noted has to do. */
        if (what == FOR_MUTEX || what == FOR_RWLOCK)
            find_lock(answer, what == FOR_MUTEX ? SW_WAITS_FOR_MUTEX : SW_WAITS_FOR_RWLOCK,
                      argument[0]);
        return;
    }
    if (view->running)
        return;
    switch (view->number) {
    case SYS_futex:
        find_in_futex(answer, what, argument, view);
        break;
    case SYS_wait4:
        find_child(answer, (int)view->argument[0]);
        break;
    case SYS_waitid:
        find_child(answer, view->argument[0] == P_PID ? (int)view->argument[1] : -1);
        break;
#if defined(SYS_poll)
    case SYS_poll:
#endif
    case SYS_ppoll:
        find_polled(answer, view);
        break;
#if defined(SYS_epoll_wait)
    case SYS_epoll_wait:
#endif
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
        answer->kind = SW_WAITS_FOR_EVENTS;
        answer->fd = (int)view->argument[0];
        break;
    case SYS_read:
    case SYS_readv:
    case SYS_write:
    case SYS_writev:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_recvmmsg:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_sendmmsg:
        answer->kind = SW_WAITS_FOR_DESCRIPTOR;
        answer->fd = (int)view->argument[0];
        break;
    default:
        break;
    }
}
