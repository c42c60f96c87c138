/*
 * Three threads take turns at one epoll descriptor as leader and followers, in one function of the
 * program's own: who leads waits for an event, hands the lead to a parked follower, and then works
 * at the event. A follower's parking is no stall, and what it does for 250 ms when it has led is
 * one.
 *
 * @run idle idle
 * @expect clean
 * @run work work
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=work
 */
#include "support.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t may_lead = PTHREAD_COND_INITIALIZER;
static bool has_leader, is_over;
static int turns;
static struct loop loop;
static const char *mode;

static NOINLINE void work(int turn)
{
    if (turn == 12 && strncmp(mode, "work", 4) == 0)
        pause_ms(250);
    keep_frame = turn;
}

static NOINLINE void *take_turns(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    while (!is_over) {
        if (has_leader) {
            pthread_cond_wait(&may_lead, &lock);
            continue;
        }
        has_leader = true;
        pthread_mutex_unlock(&lock);
        loop_wait(&loop);
        pthread_mutex_lock(&lock);
        int turn = ++turns;
        is_over = turn == 30;
        has_leader = false;
        if (is_over)
            pthread_cond_broadcast(&may_lead);
        else
            pthread_cond_signal(&may_lead);
        pthread_mutex_unlock(&lock);
        work(turn);
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(int count, char **words)
{
    pthread_t threads[3];
    REQUIRE(count == 2);
    mode = words[1];
    loop = loop_begin();
    for (int i = 0; i < 3; i++)
        threads[i] = thread_begin(take_turns, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    loop_end(&loop);
    puts("done");
    return 0;
}
