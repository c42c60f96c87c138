/*
 * Names resolved inside a callback: here only of localhost, again and again, until 200 ms have gone
 * by.
 *
 * @expect stall cause=blocking-call call=getaddrinfo detail="localhost:5432" ms=200
 * function=on_event calls=1..
 */
#include <netdb.h>

#include "support.h"

static NOINLINE void on_event(void)
{
    uint64_t end = now_ns(CLOCK_MONOTONIC) + 200000000u;
    while (now_ns(CLOCK_MONOTONIC) < end) {
        struct addrinfo *found = NULL;
        REQUIRE(getaddrinfo("localhost", "5432", NULL, &found) == 0);
        freeaddrinfo(found);
    }
}

int main(void)
{
    loop_run(on_event);
    puts("done");
    return 0;
}
