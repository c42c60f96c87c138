/*
 * A thread whose signal handler runs on an alternate stack right above its own, and writes to a
 * pipe there: while the loop waits, and while a callback sleeps. Neither is over by that.
 *
 * @expect stall cause=blocking-call call=nanosleep ms=300 function=on_event main=false
 * @expect stall cause=blocking-call call=nanosleep ms=200 function=on_other main=false
 */
#include <sys/mman.h>
#include <sys/time.h>

#include "support.h"

#define STACK_SIZE 65536

static int ends[2];
static void *alternate;

static void on_alarm(int number)
{
    (void)number;
    (void)!write(ends[1], "x", 1);
}

static NOINLINE void sleep_ms(unsigned ms)
{
    struct timespec left = span_ms(ms);
    while (nanosleep(&left, &left) != 0)
        ;
    keep_frame++;
}

static NOINLINE void on_event(void)
{
    sleep_ms(300);
    keep_frame++;
}

static NOINLINE void on_other(void)
{
    sleep_ms(200);
    keep_frame++;
}

static void set_timer(long every_us)
{
    struct itimerval timer = {{0, every_us}, {0, every_us}};
    REQUIRE(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

static void *serve(void *nothing)
{
    sigset_t alarms;
    stack_t stack = {.ss_sp = alternate, .ss_size = STACK_SIZE};
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_ONSTACK | SA_RESTART};
    REQUIRE(sigaltstack(&stack, NULL) == 0 && sigaction(SIGALRM, &action, NULL) == 0);
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
    struct loop loop = loop_begin();
    set_timer(35000);
    loop_turn(&loop, 8);
    on_event();
    loop_turn(&loop, 8);
    on_other();
    loop_turn(&loop, 8);
    set_timer(0);
    loop_end(&loop);
    return nothing;
}

int main(void)
{
    sigset_t alarms;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarms, NULL);
    REQUIRE(pipe2(ends, O_NONBLOCK) == 0);
    /* The kernel places from the top down: the thread's stack comes right below. */
    alternate = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_join(thread_begin(serve, NULL), NULL);
    puts("done");
    return 0;
}
