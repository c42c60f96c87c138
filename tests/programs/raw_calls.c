/*
 * System calls made through syscall(2) and by an instruction of the program's own.
 *
 * @expect stall cause=blocking-call call=nanosleep|clock_nanosleep ms=200 function=by_syscall
 * @expect stall cause=blocking-call call=nanosleep ms=200 function=by_instruction
 * @expect stall cause=lock call=futex ms=200 function=by_futex
 */
#include <linux/futex.h>
#include <sys/syscall.h>

#include "support.h"

static NOINLINE void by_syscall(void)
{
    struct timespec span = span_ms(200);
    REQUIRE(syscall(SYS_nanosleep, &span, NULL) == 0);
}

static NOINLINE void by_instruction(void)
{
    struct timespec span = span_ms(200);
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"((long)SYS_nanosleep), "D"(&span), "S"(0L)
                     : "rcx", "r11", "memory");
    REQUIRE(result == 0);
}

static NOINLINE void by_futex(void)
{
    static int word;
    struct timespec span = span_ms(200);
    REQUIRE(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &span, NULL, 0) == -1 &&
            errno == ETIMEDOUT);
}

int main(void)
{
    void (*const ways[])(void) = {by_syscall, by_instruction, by_futex};
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        ways[i]();
        loop_turn(&loop, 2);
    }
    loop_end(&loop);
    puts("done");
    return 0;
}
