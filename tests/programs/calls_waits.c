/*
 * The wrapped calls on locks, threads, messages and signals, as in calls_each.c: each ends at once,
 * for what it waits for is there, or the time for it is past.
 *
 * Prints each call's name and the detail that is expected of it, for tests/run/test_calls.py.
 *
 * @env STALLWATCH_THRESHOLD_MS=4
 * @env STALLWATCH_MAX_REPORTS=1000
 * @env STALLWATCH_SAMPLES=1
 * @expect stall times=30..80 cause=* call=* counted=any ms=3..4000
 */
#include <mqueue.h>
#include <semaphore.h>
#include <stdbool.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/time.h>
#include <threads.h>

#include "support.h"

static char bytes[4096];
static int number, queue, set;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static sem_t semaphore;
static mtx_t mutex11, held11;
static cnd_t condition11;
static mqd_t mqueue;
static struct timespec past = {1, 0}, nothing, later = {4000000000, 0};
static sigset_t usr1;

static void *end_at_once(void *argument)
{
    return argument;
}

static int end_at_once11(void *argument)
{
    return argument != NULL;
}

static pthread_t a_thread(void)
{
    return thread_begin(end_at_once, NULL);
}

static thrd_t a_thread11(void)
{
    thrd_t thread;
    REQUIRE(thrd_create(&thread, end_at_once11, NULL) == thrd_success);
    return thread;
}

static void raise_usr1(void)
{
    pthread_kill(pthread_self(), SIGUSR1);
}

/* Waits that only a signal ends: a timer of a millisecond is one. */
static void alarm_soon(void)
{
    struct itimerval soon = {{0, 0}, {0, 1000}};
    setitimer(ITIMER_REAL, &soon, NULL);
}

static void on_alarm(int number)
{
    (void)number;
}

#define LATER &later
#define PAST  &past

/* Name, expected detail (a glob), what to do. */
#define CALLS(X)                                                                                   \
    X(pthread_mutex_lock, "mutex 0x*", (pthread_mutex_lock(&mutex), pthread_mutex_unlock(&mutex))) \
    X(pthread_mutex_timedlock, "mutex 0x*",                                                        \
      (pthread_mutex_timedlock(&mutex, LATER), pthread_mutex_unlock(&mutex)))                      \
    X(pthread_mutex_clocklock, "mutex 0x*",                                                        \
      (pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, LATER), pthread_mutex_unlock(&mutex)))     \
    X(mtx_lock, "mutex 0x*", (mtx_lock(&mutex11), mtx_unlock(&mutex11)))                           \
    X(mtx_timedlock, "mutex 0x*", (mtx_timedlock(&mutex11, LATER), mtx_unlock(&mutex11)))          \
    X(pthread_rwlock_rdlock, "rwlock 0x*",                                                         \
      (pthread_rwlock_rdlock(&rwlock), pthread_rwlock_unlock(&rwlock)))                            \
    X(pthread_rwlock_timedrdlock, "rwlock 0x*",                                                    \
      (pthread_rwlock_timedrdlock(&rwlock, LATER), pthread_rwlock_unlock(&rwlock)))                \
    X(pthread_rwlock_clockrdlock, "rwlock 0x*",                                                    \
      (pthread_rwlock_clockrdlock(&rwlock, CLOCK_MONOTONIC, LATER),                                \
       pthread_rwlock_unlock(&rwlock)))                                                            \
    X(pthread_rwlock_wrlock, "rwlock 0x*",                                                         \
      (pthread_rwlock_wrlock(&rwlock), pthread_rwlock_unlock(&rwlock)))                            \
    X(pthread_rwlock_timedwrlock, "rwlock 0x*",                                                    \
      (pthread_rwlock_timedwrlock(&rwlock, LATER), pthread_rwlock_unlock(&rwlock)))                \
    X(pthread_rwlock_clockwrlock, "rwlock 0x*",                                                    \
      (pthread_rwlock_clockwrlock(&rwlock, CLOCK_MONOTONIC, LATER),                                \
       pthread_rwlock_unlock(&rwlock)))                                                            \
    X(pthread_cond_timedwait, "condition 0x*, timeout 0 us",                                       \
      pthread_cond_timedwait(&condition, &held, PAST))                                             \
    X(pthread_cond_clockwait, "condition 0x*, timeout 0 us",                                       \
      pthread_cond_clockwait(&condition, &held, CLOCK_MONOTONIC, PAST))                            \
    X(cnd_timedwait, "condition 0x*", cnd_timedwait(&condition11, &held11, PAST))                  \
    X(pthread_barrier_wait, "barrier 0x*", pthread_barrier_wait(&barrier))                         \
    X(sem_wait, "semaphore 0x*", (sem_post(&semaphore), sem_wait(&semaphore)))                     \
    X(sem_timedwait, "semaphore 0x*, timeout 0 us", sem_timedwait(&semaphore, PAST))               \
    X(sem_clockwait, "semaphore 0x*", sem_clockwait(&semaphore, CLOCK_MONOTONIC, PAST))            \
    X(pthread_join, "thread*", pthread_join(a_thread(), NULL))                                     \
    X(pthread_timedjoin_np, "thread*", pthread_timedjoin_np(a_thread(), NULL, LATER))              \
    X(pthread_clockjoin_np, "thread*",                                                             \
      pthread_clockjoin_np(a_thread(), NULL, CLOCK_MONOTONIC, LATER))                              \
    X(thrd_join, "thread*", thrd_join(a_thread11(), NULL))                                         \
    X(msgrcv, "queue *", msgrcv(queue, bytes, 8, 0, IPC_NOWAIT))                                   \
    X(msgsnd, "queue *", msgsnd(queue, bytes, 8, IPC_NOWAIT))                                      \
    X(semop, "semaphore set *", semop(set, &(struct sembuf){0, -1, IPC_NOWAIT}, 1))                \
    X(semtimedop, "semaphore set *", semtimedop(set, &(struct sembuf){0, -1, 0}, 1, &nothing))     \
    X(mq_receive, "*call-queue*", mq_receive(mqueue, bytes, sizeof bytes, NULL))                   \
    X(mq_timedreceive, "*call-queue*", mq_timedreceive(mqueue, bytes, sizeof bytes, NULL, PAST))   \
    X(mq_send, "*call-queue*", mq_send(mqueue, bytes, 1, 99999999))                                \
    X(mq_timedsend, "*call-queue*", mq_timedsend(mqueue, bytes, 1, 99999999, PAST))                \
    X(sigwait, "", (raise_usr1(), sigwait(&usr1, &number)))                                        \
    X(sigwaitinfo, "", (raise_usr1(), sigwaitinfo(&usr1, NULL)))                                   \
    X(sigtimedwait, "0*", sigtimedwait(&usr1, NULL, &nothing))                                     \
    X(sigsuspend, "", (alarm_soon(), sigsuspend(&usr1)))                                           \
    X(pause, "", (alarm_soon(), pause()))

#include "calls_driver.h"

static bool make_locks(void)
{
    char queue_name[64];
    sprintf(queue_name, "/call-queue.%d", (int)getpid());
    pthread_mutexattr_t checks;
    pthread_mutexattr_init(&checks);
    pthread_mutexattr_settype(&checks, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&mutex, &checks); /* of a usual kind, it is not noted while it is free */
    pthread_mutex_lock(&held);
    mtx_init(&mutex11, mtx_timed);
    mtx_init(&held11, mtx_plain);
    mtx_lock(&held11);
    cnd_init(&condition11);
    pthread_barrier_init(&barrier, NULL, 1);
    sem_init(&semaphore, 0, 0);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL);
    signal(SIGALRM, on_alarm);
    queue = msgget(IPC_PRIVATE, 0600);
    set = semget(IPC_PRIVATE, 1, 0600);
    mqueue = mq_open(queue_name, O_RDWR | O_CREAT | O_NONBLOCK, 0600,
                     &(struct mq_attr){.mq_maxmsg = 2, .mq_msgsize = 64});
    mq_unlink(queue_name);
    return queue >= 0 && set >= 0 && mqueue >= 0;
}

static void nothing_behind(void)
{
}

int main(void)
{
    if (!make_locks())
        return SKIP;
    make_calls(NULL, nothing_behind);
    msgctl(queue, IPC_RMID, NULL);
    semctl(set, 0, IPC_RMID);
    print_calls(1);
    return 0;
}
