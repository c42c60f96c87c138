/*
 * A worker that talks to a peer over one connected socket polls it from one call site, and then
 * computes: no loop.
 *
 * @expect clean
 */
#include "support.h"

static int pair[2];

static void *work(void *nothing)
{
    for (int request = 0; request < 4; request++) {
        struct pollfd watched = {.fd = pair[0], .events = POLLIN};
        char byte;
        REQUIRE(poll(&watched, 1, 5000) == 1);
        REQUIRE(read(pair[0], &byte, 1) == 1);
    }
    burn(250);
    pause_ms(150);
    return nothing;
}

int main(void)
{
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    struct loop loop = loop_begin();
    pthread_t worker = thread_begin(work, NULL);
    for (int request = 0; request < 4; request++) {
        loop_wait(&loop);
        REQUIRE(write(pair[1], "x", 1) == 1);
    }
    loop_turn(&loop, 30);
    loop_end(&loop);
    pthread_join(worker, NULL);
    puts("done");
    return 0;
}
