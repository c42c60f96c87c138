/*
 * Control that goes other ways than calls and returns: siglongjmp out of handlers and out of calls
 * that they interrupt, and coroutines with small stacks of their own (swapcontext), between which a
 * callback goes to and fro while it is sampled.
 */
#include <setjmp.h>
#include <sys/time.h>
#include <ucontext.h>

#include "storm.h"

#define ROUNDS     60
#define COROUTINES 50
#define STACK      (16 * 1024)

static sigjmp_buf back;
static volatile sig_atomic_t jumps;

static void on_alarm(int number)
{
    (void)number;
    jumps = jumps + 1;
    siglongjmp(back, 1);
}

static NOINLINE void jump_out(void)
{
    struct itimerval soon = {{0, 0}, {0, 700}};
    if (sigsetjmp(back, 1) == 0) {
        REQUIRE(setitimer(ITIMER_REAL, &soon, NULL) == 0);
        for (;;)
            pause();
    }
    if (sigsetjmp(back, 1) == 0) {
        REQUIRE(setitimer(ITIMER_REAL, &soon, NULL) == 0);
        for (;;)
            spin_us(100);
    }
}

static ucontext_t home, coroutine[COROUTINES];
static unsigned long steps;

static void work(void)
{
    for (int i = 0; i < 20; i++) {
        struct timespec moment = {0, 1000};
        unsigned self = (unsigned)(steps++ % COROUTINES);
        spin_us(3);
        if (i % 10 == 9)
            nanosleep(&moment, NULL);
        swapcontext(&coroutine[self], &home);
    }
}

static NOINLINE void make_coroutine(int i)
{
    static char stacks[COROUTINES][STACK];
    REQUIRE(getcontext(&coroutine[i]) == 0);
    coroutine[i].uc_stack.ss_sp = stacks[i];
    coroutine[i].uc_stack.ss_size = STACK;
    coroutine[i].uc_link = &home;
    makecontext(&coroutine[i], work, 0);
}

static NOINLINE void turn_coroutines(void)
{
    steps = 0;
    for (int i = 0; i < COROUTINES; i++)
        make_coroutine(i);
    for (int i = 0; i < COROUTINES * 20; i++)
        REQUIRE(swapcontext(&home, &coroutine[i % COROUTINES]) == 0);
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct loop loop = storm_begin();
    REQUIRE(sigaction(SIGALRM, &action, NULL) == 0);
    unsigned long all = 0;
    for (int round = 0; round < ROUNDS; round++) {
        loop_turn(&loop, 1);
        jump_out();
        turn_coroutines();
        all += steps;
    }
    loop_end(&loop);
    printf("%d jumps, %lu steps\n", (int)jumps, all);
    return 0;
}
