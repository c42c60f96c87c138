/*
 * A pool of the program's own beside its loop: workers park in a condition variable for jobs, which
 * take long. None of that is the loop's, though the loop's thread locks the pool's mutex right
 * before it waits; nor is it where the workers poll on their own.
 *
 * @run parks parks
 * @expect clean
 * @run polls polls
 * @expect clean
 */
#include "support.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_job = PTHREAD_COND_INITIALIZER;
static int jobs;
static bool is_over;
static const char *mode;

/* Asks for an answer in parts, as a client with a timeout does. */
static NOINLINE void wait_for_answer(int from)
{
    struct pollfd answer = {.fd = from, .events = POLLIN};
    uint64_t parts = 0;
    while (parts < 3) {
        uint64_t more = 0;
        if (poll(&answer, 1, 30) == 1 && read(from, &more, sizeof more) == sizeof more)
            parts += more;
    }
    keep_frame++;
}

static NOINLINE void do_job(void)
{
    static __thread int answers = -1;
    if (strcmp(mode, "polls") == 0) {
        struct itimerspec every = {span_ms(20), span_ms(20)};
        if (answers < 0)
            answers = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
        timerfd_settime(answers, 0, &every, NULL);
        wait_for_answer(answers);
    }
    pause_ms(150);
    keep_frame++;
}

static void *run_worker(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    while (!is_over || jobs > 0) {
        if (jobs == 0) {
            pthread_cond_wait(&has_job, &lock);
            continue;
        }
        jobs--;
        pthread_mutex_unlock(&lock);
        do_job();
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static NOINLINE void give_job(int turn)
{
    pthread_mutex_lock(&lock);
    jobs += turn % 4 == 0;
    pthread_cond_signal(&has_job);
    pthread_mutex_unlock(&lock);
    keep_frame++;
}

int main(int count, char **words)
{
    pthread_t workers[2];
    REQUIRE(count == 2);
    mode = words[1];
    struct loop loop = loop_begin();
    for (int i = 0; i < 2; i++)
        workers[i] = thread_begin(run_worker, NULL);
    for (int turn = 0; turn < 40; turn++) {
        loop_wait(&loop);
        give_job(turn);
    }
    loop_end(&loop);
    pthread_mutex_lock(&lock);
    is_over = true;
    pthread_cond_broadcast(&has_job);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < 2; i++)
        pthread_join(workers[i], NULL);
    puts("done");
    return 0;
}
