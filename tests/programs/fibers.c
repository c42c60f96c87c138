/*
 * Callbacks that run on small stacks of their own: sampling must not read or write past them. The
 * page below each stack is not mapped, nor is the one above.
 *
 * @alone: it computes, and another program would take half of its CPU
 * @expect stall cause=cpu call=null ms=200..600 function=burn
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_fiber_sleep
 */
#include <sys/mman.h>
#include <ucontext.h>

#include "support.h"

#define STACK_SIZE 16384

static ucontext_t loop_context, fiber_context;

static NOINLINE void on_fiber_burn(void)
{
    burn(200);
    keep_frame++;
}

static NOINLINE void on_fiber_sleep(void)
{
    usleep(200000);
    keep_frame++;
}

static NOINLINE void run_fiber(void (*function)(void))
{
    char *place = mmap(NULL, STACK_SIZE + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(place != MAP_FAILED);
    REQUIRE(mprotect(place + 4096, STACK_SIZE, PROT_READ | PROT_WRITE) == 0);
    getcontext(&fiber_context);
    fiber_context.uc_stack.ss_sp = place + 4096;
    fiber_context.uc_stack.ss_size = STACK_SIZE;
    fiber_context.uc_link = &loop_context;
    makecontext(&fiber_context, function, 0);
    swapcontext(&loop_context, &fiber_context);
    munmap(place, STACK_SIZE + 8192);
}

int main(void)
{
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    run_fiber(on_fiber_burn);
    loop_turn(&loop, 4);
    run_fiber(on_fiber_sleep);
    loop_turn(&loop, 4);
    loop_end(&loop);
    puts("done");
    return 0;
}
