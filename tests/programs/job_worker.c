/*
 * A worker that waits for a job and runs an event loop of its own for each: its wait for the next
 * job is no stall of that loop, nor is what else it does between two runs. What blocks inside of a
 * run is one, and so is what a loop's timer waits for: that is called back.
 *
 * @run cond cond
 * @expect clean
 * @run sem sem
 * @expect clean
 * @run pipe pipe
 * @expect clean
 * @run inlined inlined
 * @expect clean
 * @run waits waits
 * @expect clean
 * @run flat flat
 * @expect clean
 * @run polls polls
 * @expect clean
 * @run prepares prepares
 * @expect clean
 * @run sleeps sleeps
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event main=false times=4
 * @run locked locked
 * @expect stall cause=lock call=sem_wait ms=200 function=on_event main=false times=4
 * @run timer timer
 * @expect stall cause=lock call=sem_wait ms=200 function=on_timer main=false times=3
 * @run sync sync
 * @expect stall cause=lock call=sem_wait ms=200 function=work_sync main=false times=4
 * @run after after
 * @expect stall cause=lock call=sem_wait ms=200 function=on_event main=false times=4
 */
#include "support.h"

#include <semaphore.h>

#define GAP_MS 500

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_job = PTHREAD_COND_INITIALIZER;
static sem_t jobs_given, answer;
static int jobs, job_pipe[2], other_pipe[2];
static const char *mode;
static volatile int jobs_in_all = 4, turns_a_job = 4; /* no compiler may write the loops out */

static bool is(const char *name)
{
    return strcmp(mode, name) == 0;
}

static NOINLINE void take_job(void)
{
    char job;
    if (is("sem")) {
        while (sem_wait(&jobs_given) != 0)
            ;
    } else if (is("pipe")) {
        REQUIRE(read(job_pipe[0], &job, 1) == 1);
    } else {
        pthread_mutex_lock(&lock);
        while (jobs == 0)
            pthread_cond_wait(&has_job, &lock);
        jobs--;
        pthread_mutex_unlock(&lock);
    }
    keep_frame++;
}

static void give_job(void)
{
    pthread_mutex_lock(&lock);
    jobs++;
    pthread_cond_signal(&has_job);
    pthread_mutex_unlock(&lock);
    sem_post(&jobs_given);
    REQUIRE(write(job_pipe[1], "j", 1) == 1);
}

static void *answer_late(void *unused)
{
    pause_ms(200);
    sem_post(&answer);
    return unused;
}

static void wait_for_answer(void)
{
    pthread_t thread = thread_begin(answer_late, NULL);
    while (sem_wait(&answer) != 0)
        ;
    pthread_join(thread, NULL);
}

static NOINLINE void on_event(void)
{
    if (is("locked") || is("after"))
        wait_for_answer();
    else
        usleep(200000);
    keep_frame++;
}

static NOINLINE void on_timer(void)
{
    wait_for_answer();
    keep_frame++;
}

static NOINLINE void do_job(struct loop *loop)
{
    for (int turn = 0; turn < turns_a_job; turn++) {
        loop_wait(loop);
        if (turn * 2 == turns_a_job && (is("sleeps") || is("locked")))
            on_event();
        keep_frame++;
    }
}

static NOINLINE void do_job_by_poll(struct loop *loop)
{
    struct pollfd set[] = {{.fd = loop->timer, .events = POLLIN},
                           {.fd = other_pipe[0], .events = POLLIN}};
    for (int turn = 0; turn < turns_a_job; turn++) {
        REQUIRE(poll(set, 2, -1) == 1);
        loop_took(loop);
        keep_frame++;
    }
}

static NOINLINE void work_inlined(struct loop *loop)
{
    for (int i = 0; i < jobs_in_all; i++) {
        take_job();
        for (int turn = 0; turn < turns_a_job; turn++) {
            loop_wait(loop);
            keep_frame++;
        }
    }
}

static NOINLINE void take_job_if_none(void)
{
    while (jobs == 0)
        pthread_cond_wait(&has_job, &lock);
    keep_frame++;
}

/* What waits for a job is part of the worker's function, and does so only where there is none. */
static NOINLINE void work_and_wait(struct loop *loop)
{
    for (int i = 0; i < jobs_in_all; i++) {
        pthread_mutex_lock(&lock);
        while (jobs == 0)
            pthread_cond_wait(&has_job, &lock);
        jobs--;
        pthread_mutex_unlock(&lock);
        do_job(loop);
    }
}

/* ... and so is the loop. */
static NOINLINE void work_flat(struct loop *loop)
{
    for (int i = 0; i < jobs_in_all; i++) {
        pthread_mutex_lock(&lock);
        if (jobs == 0)
            take_job_if_none();
        jobs--;
        pthread_mutex_unlock(&lock);
        for (int turn = 0; turn < turns_a_job; turn++) {
            loop_wait(loop);
            keep_frame++;
        }
    }
}

static void (*volatile timer)(void) = on_timer;

/* libuv's shape: timers first, by pointers, then a function that goes in a circle around the wait.
 */
static NOINLINE void work_by_timers(struct loop *loop)
{
    for (int i = 0; i < jobs_in_all; i++) {
        timer();
        do_job(loop);
    }
}

/* A loop that asks somebody now and then before it waits is no worker. */
static NOINLINE void work_sync(struct loop *loop)
{
    REQUIRE(write(job_pipe[1], "j", 1) == 1);
    for (int turn = 0; turn < 4 * jobs_in_all; turn++) {
        if (turn % 4 == 3)
            wait_for_answer();
        loop_wait(loop);
        keep_frame++;
    }
}

/* A program's own: the loop first, turned for a while, and then what it has got. */
static NOINLINE void work_after(struct loop *loop)
{
    for (int i = 0; i < jobs_in_all; i++) {
        do_job(loop);
        on_event();
    }
    do_job(loop);
}

static NOINLINE void work(struct loop *loop)
{
    for (int i = 0; i < jobs_in_all; i++) {
        take_job();
        if (is("prepares"))
            pause_ms(200);
        if (is("polls"))
            do_job_by_poll(loop);
        else
            do_job(loop);
    }
}

static void *worker(void *unused)
{
    struct loop loop = loop_begin();
    if (is("inlined"))
        work_inlined(&loop);
    else if (is("waits"))
        work_and_wait(&loop);
    else if (is("flat"))
        work_flat(&loop);
    else if (is("sync"))
        work_sync(&loop);
    else if (is("timer"))
        work_by_timers(&loop);
    else if (is("after"))
        work_after(&loop);
    else
        work(&loop);
    return unused;
}

int main(int count, char **arguments)
{
    mode = count > 1 ? arguments[1] : "cond";
    REQUIRE(sem_init(&jobs_given, 0, 0) == 0 && sem_init(&answer, 0, 0) == 0);
    REQUIRE(pipe(job_pipe) == 0 && pipe(other_pipe) == 0);
    pthread_t thread = thread_begin(worker, NULL);
    for (int i = 0; i < jobs_in_all; i++) {
        /* Of what is prepared, the first is learnt from a wait, and some follow without one. */
        if (!is("prepares") || i < 2)
            pause_ms(GAP_MS);
        if (!is("timer") && !is("after") && !is("sync"))
            give_job();
    }
    pthread_join(thread, NULL);
    puts("done");
    return 0;
}
