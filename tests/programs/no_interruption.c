/*
 * Calls that SA_RESTART never restarts, and one with a receive timeout: being sampled must not
 * interrupt any of them, whether the thread is blocked for long or turns from computing to waiting
 * and back all the time.
 *
 * @expect stall cause=* ms=180..1500 times=7
 */
#include <semaphore.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "support.h"

static int pair[2], interrupted;
static sem_t semaphore;

static void note(long result)
{
    if (result < 0 && errno == EINTR)
        interrupted++;
}

static void by_poll(void)
{
    struct pollfd watched = {.fd = pair[0], .events = POLLIN};
    note(poll(&watched, 1, 200));
}

static void by_select(void)
{
    struct timeval limit = {0, 200000};
    note(select(0, NULL, NULL, NULL, &limit));
}

static void by_recv(void)
{
    char byte;
    note(recv(pair[0], &byte, 1, 0));
}

static void by_sem_timedwait(void)
{
    uint64_t until = now_ns(CLOCK_REALTIME) + 200000000u;
    struct timespec end = {(time_t)(until / 1000000000u), (long)(until % 1000000000u)};
    note(sem_timedwait(&semaphore, &end));
}

static void by_raw_poll(void)
{
    struct pollfd watched = {.fd = pair[0], .events = POLLIN};
    note(syscall(SYS_poll, &watched, 1, 200));
}

static void by_instruction(void)
{
    struct timespec span = span_ms(200);
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"((long)SYS_nanosleep), "D"(&span), "S"(0L)
                     : "rcx", "r11", "memory");
    if (result == -EINTR)
        interrupted++;
}

static void by_turns(void)
{
    for (int i = 0; i < 200; i++) {
        struct timespec span = {0, 500000};
        burn(1);
        note(nanosleep(&span, NULL));
    }
}

int main(void)
{
    void (*const ways[])(void) = {by_poll,     by_select,      by_recv, by_sem_timedwait,
                                  by_raw_poll, by_instruction, by_turns};
    struct timeval limit = {0, 200000};
    REQUIRE(sem_init(&semaphore, 0, 0) == 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    REQUIRE(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        ways[i]();
        loop_turn(&loop, 3);
    }
    loop_end(&loop);
    printf("interrupted: %d\n", interrupted);
    return 0;
}
