/*
 * The calls that a signal always ends, SA_RESTART or not (signal(7)), made from callbacks that are
 * being sampled all the time. A call may be interrupted by a signal of the program's own and by
 * nothing else; it may not sleep through one, nor come back before its time.
 *
 *     never_restarted alone|restart|plain|raw SECONDS
 *
 * alone: the program has no signals of its own; restart, plain: SIGALRM and SIGUSR1 at 50 Hz each,
 * with SA_RESTART and without; raw: as alone, the calls made by an instruction of the program's,
 * which no wrapper sees: the count of those interrupted is what LIMITATIONS speaks of.
 */
#include <limits.h>
#include <linux/aio_abi.h>
#include <semaphore.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>

#include "storm.h"

#define SPAN_MS 20
/* Timeouts of sockets are counted in the kernel's ticks, the first of which may be half over; there
 * may be as few as 100 a second. */
#define TICK_MS 11

static volatile sig_atomic_t handled;
static volatile uint64_t handled_at;
static bool own_signals;
static int timed, listening, full, idle_epoll, queue, semaphores;
static aio_context_t aio;
static sem_t semaphore;
static sigset_t nothing, never_sent;
static struct timespec span = {0, SPAN_MS * 1000000};
static struct timeval limit = {0, SPAN_MS * 1000};
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static socklen_t address_size;
static char bytes[1 << 16];
static struct iovec part = {bytes, sizeof bytes};
static struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
static struct mmsghdr messages;
static struct epoll_event event;
static struct pollfd nobody;
static fd_set none;

static void on_signal(int number)
{
    (void)number;
    handled_at = now_ns(CLOCK_MONOTONIC);
    handled = handled + 1;
}

static struct timespec end_of_span(void)
{
    uint64_t end = now_ns(CLOCK_REALTIME) + SPAN_MS * UINT64_C(1000000);
    return (struct timespec){(time_t)(end / 1000000000u), (long)(end % 1000000000u)};
}

static long do_connect(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    long result = connect(fd, (struct sockaddr *)&address, address_size);
    int saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return result;
}

static long do_sem_timedwait(void)
{
    struct timespec end = end_of_span();
    return sem_timedwait(&semaphore, &end);
}

static long do_select(void)
{
    struct timeval left = limit;
    return select(0, &none, NULL, NULL, &left);
}

static long do_semtimedop(void)
{
    struct sembuf take = {0, -1, 0};
    return semtimedop(semaphores, &take, 1, &span);
}

static long do_clock_nanosleep(void)
{
    int error = clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL);
    errno = error;
    return error == 0 ? 0 : -1;
}

#define CALL(name, call)                                                                           \
    static long do_##name(void)                                                                    \
    {                                                                                              \
        return call;                                                                               \
    }

CALL(poll, poll(&nobody, 0, SPAN_MS))
CALL(ppoll, ppoll(&nobody, 0, &span, NULL))
CALL(pselect, pselect(0, &none, NULL, NULL, &span, NULL))
CALL(epoll_wait, epoll_wait(idle_epoll, &event, 1, SPAN_MS))
CALL(epoll_pwait, epoll_pwait(idle_epoll, &event, 1, SPAN_MS, NULL))
CALL(nanosleep, nanosleep(&span, NULL))
CALL(usleep, usleep(SPAN_MS * 1000))
CALL(accept, accept(listening, NULL, NULL))
CALL(recv, recv(timed, bytes, 1, 0))
CALL(recvfrom, recvfrom(timed, bytes, 1, 0, NULL, NULL))
CALL(recvmsg, recvmsg(timed, &message, 0))
CALL(recvmmsg, recvmmsg(timed, &messages, 1, 0, NULL))
CALL(read, read(timed, bytes, 1))
CALL(send, send(full, bytes, sizeof bytes, 0))
CALL(sendto, sendto(full, bytes, sizeof bytes, 0, NULL, 0))
CALL(sendmsg, sendmsg(full, &message, 0))
CALL(sigtimedwait, sigtimedwait(&never_sent, NULL, &span))
CALL(io_getevents, syscall(SYS_io_getevents, aio, 1, 1, &bytes, &span))
/* These end by a signal alone, or when somebody else does something. */
CALL(pause, pause())
CALL(sigsuspend, sigsuspend(&nothing))
CALL(sigwaitinfo, sigwaitinfo(&never_sent, NULL))
CALL(msgrcv, msgrcv(queue, bytes, 8, 9, 0))

static const struct way {
    const char *name;
    long (*call)(void);
    bool endless;
} ways[] = {
    {"poll", do_poll, false},
    {"ppoll", do_ppoll, false},
    {"select", do_select, false},
    {"pselect", do_pselect, false},
    {"epoll_wait", do_epoll_wait, false},
    {"epoll_pwait", do_epoll_pwait, false},
    {"nanosleep", do_nanosleep, false},
    {"clock_nanosleep", do_clock_nanosleep, false},
    {"usleep", do_usleep, false},
    {"accept", do_accept, false},
    {"connect", do_connect, false},
    {"recv", do_recv, false},
    {"recvfrom", do_recvfrom, false},
    {"recvmsg", do_recvmsg, false},
    {"recvmmsg", do_recvmmsg, false},
    {"read", do_read, false},
    {"send", do_send, false},
    {"sendto", do_sendto, false},
    {"sendmsg", do_sendmsg, false},
    {"sem_timedwait", do_sem_timedwait, false},
    {"semtimedop", do_semtimedop, false},
    {"sigtimedwait", do_sigtimedwait, false},
    {"io_getevents", do_io_getevents, false},
    {"pause", do_pause, true},
    {"sigsuspend", do_sigsuspend, true},
    {"sigwaitinfo", do_sigwaitinfo, true},
    {"msgrcv", do_msgrcv, true},
};

#define WAYS (sizeof ways / sizeof *ways)

static struct {
    unsigned long calls, interrupted, unexplained, slept_through, early;
} counts[WAYS];

/* An interruption has to have a handler of the program's that ran; and a handler that ran long
 * after the call began has to have ended it. */
static void judge(size_t way, long result, uint64_t began, int handled_before)
{
    uint64_t ended = now_ns(CLOCK_MONOTONIC);
    bool was_handled = handled != handled_before;
    bool interrupted = result < 0 && errno == EINTR;
    bool timed_out = !interrupted && !ways[way].endless && result <= 0; /* not half of a send */
    counts[way].calls++;
    counts[way].interrupted += interrupted;
    counts[way].unexplained += interrupted && !was_handled;
    counts[way].slept_through +=
        !interrupted && was_handled && handled_at > began + 4000000 && handled_at + 4000000 < ended;
    counts[way].early += timed_out && ended < began + (SPAN_MS - TICK_MS) * UINT64_C(1000000);
}

static NOINLINE void on_event(size_t way)
{
    static unsigned turn;
    spin_us(1500 + turn++ * 7919 % 500); /* it is being sampled by now */
    int handled_before = handled;
    uint64_t began = now_ns(CLOCK_MONOTONIC);
    long result = ways[way].call();
    judge(way, result, began, handled_before);
    keep_frame++;
}

static void set_timer(int number, int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    struct sigevent to = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};
    struct itimerspec often = {{0, 20000000}, {0, 20000000 + number * 100000}};
    timer_t timer;
    REQUIRE(sigaction(number, &action, NULL) == 0);
    REQUIRE(timer_create(CLOCK_MONOTONIC, &to, &timer) == 0);
    REQUIRE(timer_settime(timer, 0, &often, NULL) == 0);
}

static void fill(int fd)
{
    while (send(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
    while (send(fd, bytes, 1, MSG_DONTWAIT) > 0)
        ;
}

static void prepare(void)
{
    int pair[2], more[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, more) == 0);
    timed = pair[0];
    full = more[0];
    fill(full);
    REQUIRE((listening = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
    /* An address that the kernel chooses (unix(7), autobind); connections beyond the first wait. */
    REQUIRE(bind(listening, (struct sockaddr *)&address, sizeof address.sun_family) == 0);
    address_size = sizeof address;
    REQUIRE(getsockname(listening, (struct sockaddr *)&address, &address_size) == 0);
    REQUIRE(listen(listening, 0) == 0);
    for (int fd = timed; fd >= 0; fd = fd == timed ? listening : -1)
        REQUIRE(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    REQUIRE(setsockopt(full, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
    REQUIRE((idle_epoll = epoll_create1(0)) >= 0 && sem_init(&semaphore, 0, 0) == 0);
    REQUIRE((queue = msgget(IPC_PRIVATE, 0600)) >= 0);
    REQUIRE((semaphores = semget(IPC_PRIVATE, 1, 0600)) >= 0);
    syscall(SYS_io_setup, 1, &aio);
    messages.msg_hdr = message;
    sigemptyset(&nothing);
    sigemptyset(&never_sent);
    sigaddset(&never_sent, SIGUSR2);
}

/* Somebody waits in the listening socket's queue while connect is tried, and nobody for accept. */
static void make_calls(struct loop *loop, unsigned seconds)
{
    uint64_t end = now_ns(CLOCK_MONOTONIC) + seconds * UINT64_C(1000000000);
    do {
        for (size_t way = 0; way < WAYS; way++) {
            if (ways[way].endless && !own_signals)
                continue;
            int waiting = -1;
            if (ways[way].call == do_connect) {
                waiting = socket(AF_UNIX, SOCK_STREAM, 0);
                REQUIRE(connect(waiting, (struct sockaddr *)&address, address_size) == 0);
            }
            loop_turn(loop, 1);
            on_event(way);
            if (waiting >= 0) {
                close(waiting);
                close(accept4(listening, NULL, NULL, SOCK_NONBLOCK));
            }
        }
    } while (now_ns(CLOCK_MONOTONIC) < end);
}

static long raw(long number, long a, long b, long c, long d)
{
    register long r10 __asm__("r10") = d;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

/* Calls that no wrapper sees: those that wait, and those that look for signals without waiting. */
static void make_raw_calls(struct loop *loop, unsigned seconds)
{
    uint64_t end = now_ns(CLOCK_MONOTONIC) + seconds * UINT64_C(1000000000);
    unsigned long made[2] = {0, 0}, interrupted[2] = {0, 0};
    struct timespec moment = {0, 100000};
    do {
        uint64_t over = now_ns(CLOCK_MONOTONIC) + 20000000;
        loop_turn(loop, 1);
        for (unsigned turn = 0; now_ns(CLOCK_MONOTONIC) < over; turn++) {
            spin_us(turn * 7919 % 100);
            bool waits = turn % 2 == 0;
            long result = waits ? raw(SYS_nanosleep, (long)&moment, 0, 0, 0)
                                : raw(SYS_poll, (long)&nobody, 0, 0, 0);
            made[waits]++;
            interrupted[waits] += result == -EINTR;
        }
    } while (now_ns(CLOCK_MONOTONIC) < end);
    printf("interrupted: %lu of %lu sleeps, %lu of %lu polls that do not wait\n", interrupted[1],
           made[1], interrupted[0], made[0]);
}

int main(int count, char **arguments)
{
    const char *mode = count > 2 ? arguments[1] : "alone";
    unsigned seconds = count > 2 ? (unsigned)atoi(arguments[2]) : 1;
    prepare();
    struct loop loop = storm_begin();
    if (strcmp(mode, "raw") == 0) {
        make_raw_calls(&loop, seconds);
    } else {
        own_signals = strcmp(mode, "alone") != 0;
        for (int i = 0; own_signals && i < 2; i++)
            set_timer(i == 0 ? SIGALRM : SIGUSR1, strcmp(mode, "restart") == 0 ? SA_RESTART : 0);
        make_calls(&loop, seconds);
        for (size_t way = 0; way < WAYS; way++)
            printf(
                "%s: %lu calls, %lu interrupted, %lu unexplained, %lu slept through, %lu early\n",
                ways[way].name, counts[way].calls, counts[way].interrupted, counts[way].unexplained,
                counts[way].slept_through, counts[way].early);
    }
    fflush(stdout);
    msgctl(queue, IPC_RMID, NULL);
    semctl(semaphores, 0, IPC_RMID);
    _exit(0);
}
