/*
 * Two threads take turns at one epoll descriptor. One of them parks for the first time, for a
 * millisecond, and is then given work that takes 250 ms, before anybody can have found out that it
 * parked: that is one stall of 250 ms, without the time parked.
 *
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=work calls=1
 */
#include "support.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_work = PTHREAD_COND_INITIALIZER;
static bool is_work;
static volatile bool is_over;
static int baton[2];
static struct loop loop;

static NOINLINE void work(void)
{
    pause_ms(250);
    keep_frame++;
}

/* What each thread runs: waits for the loop's events, or for work. */
static NOINLINE void turn(bool leads)
{
    pthread_mutex_lock(&lock);
    while (!leads && !is_work)
        pthread_cond_wait(&has_work, &lock);
    pthread_mutex_unlock(&lock);
    if (leads)
        loop_wait(&loop);
    else
        work();
}

static NOINLINE void *lead_and_follow(void *nothing UNUSED)
{
    char byte;
    for (int i = 0; i < 4; i++)
        turn(true);
    REQUIRE(write(baton[1], "x", 1) == 1);
    turn(false);
    for (int i = 0; i < 3; i++)
        turn(true);
    REQUIRE(read(baton[0], &byte, 1) == 1);
    is_over = true;
    return NULL;
}

static NOINLINE void lead(void)
{
    while (!is_over)
        turn(true);
}

int main(void)
{
    REQUIRE(pipe(baton) == 0);
    loop = loop_begin();
    pthread_t other = thread_begin(lead_and_follow, NULL);
    struct pollfd handed = {.fd = baton[0], .events = POLLIN};
    REQUIRE(poll(&handed, 1, -1) == 1);
    pause_ms(1);
    pthread_mutex_lock(&lock);
    is_work = true;
    pthread_cond_signal(&has_work);
    pthread_mutex_unlock(&lock);
    lead();
    pthread_join(other, NULL);
    loop_end(&loop);
    puts("done");
    return 0;
}
