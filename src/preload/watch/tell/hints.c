/*
 * See hints.h. The tables are read from the top: the first row whose call, and whose kind of
 * descriptor where one is asked for, fit the longest call is taken. A row is only worth its line if
 * following it takes the stall away.
 */
#include "preload/watch/tell/hints.h"

#include <stdbool.h>
#include <string.h>

#define NO_WAIT "make the descriptor non-blocking and let the loop wait for it"

/* A call's name stands among `calls` with blanks around it. No pointers, which would be relocated
 * at each program's start. */
static const struct {
    char calls[256];
    char detail[16]; /* what the call's detail begins with; "": anything */
    char advice[128];
} by_call[] = {
    {" getaddrinfo getnameinfo gethostbyname gethostbyname2 gethostbyname_r gethostbyname2_r "
     "gethostbyaddr gethostbyaddr_r getaddrinfo_a gai_suspend res_query res_search res_querydomain "
     "res_send res_nquery "
     "res_nsearch res_nquerydomain res_nsend ",
     "",
     "look names up through the loop's own resolver, c-ares, or a thread (asyncio: "
     "loop.getaddrinfo)"},
    {" getpwnam getpwnam_r getgrnam getgrnam_r getspnam getspnam_r getgrouplist initgroups "
     "getpwuid getpwuid_r getgrgid getgrgid_r getpwent getpwent_r getgrent getgrent_r getspent "
     "innetgr "
     "getservbyname getservbyname_r ",
     "",
     "such lookups may ask a directory server (NSS): make them once at the start, or in a thread"},
    {" waitpid wait wait3 wait4 waitid pclose ", "",
     "let the loop hear of a child's end: SIGCHLD, a pidfd, asyncio.create_subprocess_exec, "
     "uv_spawn"},
    {" system wordexp ", "",
     "start the command without waiting for it, and let the loop hear of its end (SIGCHLD, a "
     "pidfd)"},
    {" aio_suspend lio_listio ", "",
     "let the end of a request be told (sigevent, or io_uring with an eventfd) instead of waiting "
     "for it"},
    {" syslog ", "",
     "the log's daemon does not read: hand messages to a thread, or write them to standard error"},
    {" fork clone ", "",
     "forking copies the page tables of a large process: fork early, or use posix_spawn or vfork"},
    {" fsync fdatasync sync syncfs msync sync_file_range ", "",
     "flush in a thread (asyncio.to_thread, uv_queue_work) or by io_uring"},
    {" sleep usleep nanosleep clock_nanosleep thrd_sleep ", "",
     "use a timer of the loop (asyncio.sleep, setTimeout, uv_timer_start) instead of sleeping"},
    {" flock fcntl lockf ", "",
     "another process has the file locked: ask without waiting (LOCK_NB, F_SETLK) and try again "
     "from a timer"},
    {" connect ", "",
     "make the socket non-blocking before connecting, and let the loop wait until it can be "
     "written"},
    {" read readv recv recvfrom recvmsg recvmmsg write writev send sendto sendmsg sendmmsg accept "
     "accept4 ",
     "pipe", NO_WAIT},
    {" read readv write writev ", "socket", NO_WAIT},
    {" read readv write writev ", "/dev/pts/", NO_WAIT},
    {" read readv write writev ", "/dev/tty", NO_WAIT},
    {" read readv write writev ", "eventfd", NO_WAIT},
    {" read readv write writev ", "timerfd", NO_WAIT},
    {" recv recvfrom recvmsg recvmmsg send sendto sendmsg sendmmsg accept accept4 ", "", NO_WAIT},
    {" poll ppoll select pselect epoll_wait epoll_pwait epoll_pwait2 ", "",
     "give what is waited for to the loop, and go on in a callback of its own"},
    {" pthread_mutex_lock pthread_mutex_timedlock pthread_mutex_clocklock mtx_lock mtx_timedlock "
     "pthread_rwlock_rdlock pthread_rwlock_wrlock flockfile ",
     "",
     "hold the lock for shorter elsewhere (see who holds it), or hand the work to a thread that "
     "may wait"},
    {" pthread_join pthread_timedjoin_np pthread_clockjoin_np thrd_join ", "",
     "let the thread tell the loop when it is done (eventfd, call_soon_threadsafe, uv_async_send) "
     "and join it then"},
    {" pthread_cond_wait pthread_cond_timedwait pthread_cond_clockwait cnd_wait cnd_timedwait "
     "sem_wait sem_timedwait sem_clockwait pthread_barrier_wait ",
     "",
     "let the other thread wake the loop (eventfd, call_soon_threadsafe, uv_async_send) instead of "
     "waiting for it"},
};

static bool fits(const char *calls, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = calls; length > 0 && (at = strstr(at, name)) != NULL; at += length)
        if (at > calls && at[-1] == ' ' && at[length] == ' ')
            return true;
    return false;
}

static const char *of_call(const struct sw_call_total *call)
{
    for (unsigned i = 0; i < sizeof by_call / sizeof by_call[0]; i++) {
        if (!fits(by_call[i].calls, call->name))
            continue;
        const char *wanted = by_call[i].detail;
        if (*wanted == '\0' ||
            (call->detail != NULL && strncmp(call->detail, wanted, strlen(wanted)) == 0))
            return by_call[i].advice;
    }
    return NULL;
}

const char *sw_hint_of(const struct sw_stall *stall)
{
    if (stall->deadlock != NULL)
        return "take these locks in the same order everywhere";
    switch (stall->cause) {
    case SW_CAUSE_BLOCKING_CALL:
    case SW_CAUSE_NESTED_WAIT:
    case SW_CAUSE_LOCK:
        return stall->call_named && stall->call_count > 0 ? of_call(&stall->calls[0]) : NULL;
    case SW_CAUSE_STARVED:
        return stall->figures.throttled_ns > stall->duration_ns / 4
                   ? "the CPU limit of the cgroup (cpu.max, a container's CPU limit) is too low "
                     "for "
                     "this"
                   : NULL;
    case SW_CAUSE_PAGING:
        return "read files ahead (madvise MADV_WILLNEED) or in a thread; give the machine more "
               "memory if it swaps";
    default:
        return NULL;
    }
}
