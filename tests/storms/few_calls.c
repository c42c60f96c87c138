/*
 * A loop that stalls, made of system calls that the library itself does not make, so that any other
 * can be made to fail (tests/run/test_faults.py). It begins when it gets SIGUSR1.
 *
 * It waits for times, and speaks by writev(2).
 */
#include <sys/syscall.h>
#include <sys/uio.h>

#include "storm.h"

static void say(const char *text)
{
    struct iovec part = {(void *)text, strlen(text)};
    REQUIRE(writev(1, &part, 1) == (ssize_t)part.iov_len);
}

static void turn(int epoll, int times)
{
    struct epoll_event event;
    while (times-- > 0)
        REQUIRE(epoll_wait(epoll, &event, 1, 5) == 0);
}

int main(void)
{
    sigset_t go;
    sigemptyset(&go);
    sigaddset(&go, SIGUSR1);
    REQUIRE(sigprocmask(SIG_BLOCK, &go, NULL) == 0);
    say("ready\n");
    while (sigwaitinfo(&go, NULL) != SIGUSR1)
        ;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct timespec long_span = span_ms(50);
    REQUIRE(epoll >= 0);
    turn(epoll, 4);
    for (int i = 0; i < 2; i++) {
        REQUIRE(clock_nanosleep(CLOCK_MONOTONIC, 0, &long_span, NULL) == 0);
        turn(epoll, 2);
        spin_us(30000);
        turn(epoll, 2);
    }
    say("end\n");
    exit(7);
}
