/*
 * pthread_cancel in every wrapped call and wait that is a cancellation point (pthreads(7)), made
 * from a callback that is being sampled: the thread ends as cancelled, its clean-up handlers run,
 * and the next thread that gets its record starts clean.
 */
#include <mqueue.h>
#include <semaphore.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <termios.h>

#include "storm.h"

#define ROUNDS 3

static int pair[2], empty[2], full[2];
static int idle_epoll;
static sem_t semaphore;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_t sleeper;
static char bytes[1 << 16];
static struct epoll_event event;
static struct pollfd nothing;
static const struct timespec ages = {1000, 0};

static void unlock(void *unused)
{
    (void)unused;
    pthread_mutex_unlock(&mutex);
}

static struct timespec end; /* of the real-time clock, far away */

static void wait_condition(bool timed)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock, NULL);
    if (timed)
        pthread_cond_timedwait(&condition, &mutex, &end);
    else
        pthread_cond_wait(&condition, &mutex);
    pthread_cleanup_pop(1);
}

static struct iovec part = {bytes, sizeof bytes};
static struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
static struct timeval long_limit = {1000, 0};
static sigset_t never_sent, nothing_blocked;
static fd_set none;
static int status;

#define CALL(name, call)                                                                           \
    static void enter_##name(void)                                                                 \
    {                                                                                              \
        call;                                                                                      \
    }

CALL(epoll_wait, epoll_wait(idle_epoll, &event, 1, -1))
CALL(epoll_pwait, epoll_pwait(idle_epoll, &event, 1, -1, NULL))
CALL(poll, poll(&nothing, 0, -1))
CALL(ppoll, ppoll(&nothing, 0, NULL, NULL))
CALL(select, select(0, &none, NULL, NULL, &long_limit))
CALL(pselect, pselect(0, &none, NULL, NULL, NULL, NULL))
CALL(nanosleep, nanosleep(&ages, NULL))
CALL(clock_nanosleep, clock_nanosleep(CLOCK_MONOTONIC, 0, &ages, NULL))
CALL(sleep, sleep(1000))
CALL(usleep, usleep(999999999))
CALL(read, read(empty[0], bytes, 1))
CALL(readv, readv(empty[0], &part, 1))
CALL(write, write(full[1], bytes, sizeof bytes))
CALL(writev, writev(full[1], &part, 1))
CALL(recv, recv(pair[0], bytes, 1, 0))
CALL(recvfrom, recvfrom(pair[0], bytes, 1, 0, NULL, NULL))
CALL(recvmsg, recvmsg(pair[0], &message, 0))
CALL(sem_wait, sem_wait(&semaphore))
CALL(sem_timedwait, sem_timedwait(&semaphore, &end))
CALL(cond_wait, wait_condition(false))
CALL(cond_timedwait, wait_condition(true))
CALL(pthread_join, pthread_join(sleeper, NULL))
CALL(waitpid, waitpid(-1, &status, 0))
CALL(wait, wait(&status))
CALL(pause, pause())
CALL(sigwait, sigwait(&never_sent, &status))
CALL(sigwaitinfo, sigwaitinfo(&never_sent, NULL))
CALL(sigtimedwait, sigtimedwait(&never_sent, NULL, &ages))
CALL(sigsuspend, sigsuspend(&nothing_blocked))
CALL(fgetc, fgetc(stdin))

static void (*const calls[])(void) = {
    enter_epoll_wait,     enter_epoll_pwait,  enter_poll,          enter_ppoll,
    enter_select,         enter_pselect,      enter_nanosleep,     enter_clock_nanosleep,
    enter_sleep,          enter_usleep,       enter_read,          enter_readv,
    enter_write,          enter_writev,       enter_recv,          enter_recvfrom,
    enter_recvmsg,        enter_sem_wait,     enter_sem_timedwait, enter_cond_wait,
    enter_cond_timedwait, enter_pthread_join, enter_waitpid,       enter_wait,
    enter_pause,          enter_sigwait,      enter_sigwaitinfo,   enter_sigtimedwait,
    enter_sigsuspend,     enter_fgetc};

#define CALLS ((int)(sizeof calls / sizeof *calls))

static _Atomic int inside, cleaned;

static void clean_up(void *unused)
{
    (void)unused;
    cleaned++;
}

static void *run(void *call)
{
    struct loop loop = storm_begin();
    pthread_cleanup_push(clean_up, NULL);
    spin_us(1200);
    inside = 1;
    calls[(intptr_t)call]();
    pthread_cleanup_pop(0);
    loop_end(&loop);
    return NULL;
}

static void *sleep_on(void *unused)
{
    for (;;)
        pause();
    return unused;
}

int main(void)
{
    int cancelled = 0;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && pipe(empty) == 0 && pipe(full) == 0);
    REQUIRE(dup2(empty[0], 0) == 0);
    while (fcntl(full[1], F_SETFL, O_NONBLOCK) == 0 && write(full[1], bytes, sizeof bytes) > 0)
        ;
    REQUIRE(fcntl(full[1], F_SETFL, 0) == 0);
    REQUIRE((idle_epoll = epoll_create1(0)) >= 0 && sem_init(&semaphore, 0, 0) == 0);
    end.tv_sec = time(NULL) + 1000;
    sigemptyset(&never_sent);
    sigaddset(&never_sent, SIGUSR2);
    sigemptyset(&nothing_blocked);
    sleeper = thread_begin(sleep_on, NULL);
    pid_t child = fork(); /* to be waited for in vain */
    if (child == 0)
        sleep_on(NULL);
    for (int i = 0; i < ROUNDS * CALLS; i++) {
        inside = 0;
        void *result;
        pthread_t thread = thread_begin(run, (void *)(intptr_t)(i % CALLS));
        while (!inside)
            usleep(200);
        if (i % 3 != 0)
            usleep((unsigned)i % 5 * 400);
        REQUIRE(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0);
        cancelled += result == PTHREAD_CANCELED;
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    printf("%d of %d cancelled, %d cleaned up\n", cancelled, ROUNDS * CALLS, (int)cleaned);
    fflush(stdout);
    _exit(0);
}
