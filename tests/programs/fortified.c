/*
 * What programs built with _FORTIFY_SOURCE call: __read_chk, __recv_chk, __poll_chk. Reports have
 * the public names.
 *
 * @expect stall cause=blocking-call call=read ms=200 function=by_read calls=2
 * @expect stall cause=blocking-call call=recv ms=200 function=by_recv calls=1
 * @text recv +libc
 * @expect stall cause=nested-wait call=poll ms=200 function=by_poll calls=1
 */
#define _FORTIFY_SOURCE 2
#include "support.h"

static int pair[2];
static volatile size_t one = 1; /* not known when compiled, else the plain function is taken */

static NOINLINE void by_read(void)
{
    char bytes[8];
    pthread_t late = thread_begin(write_late, (void *)(intptr_t)pair[1]);
    REQUIRE(read(pair[0], bytes, one) == 1);
    pthread_join(late, NULL);
}

static NOINLINE void by_recv(void)
{
    char bytes[8];
    pthread_t late = thread_begin(write_late, (void *)(intptr_t)pair[1]);
    REQUIRE(recv(pair[0], bytes, one, 0) == 1);
    pthread_join(late, NULL);
}

static NOINLINE void by_poll(void)
{
    struct pollfd watched[2] = {{.fd = pair[0], .events = POLLIN}};
    REQUIRE(poll(watched, one, 200) == 0);
}

int main(void)
{
    void (*const ways[])(void) = {by_read, by_recv, by_poll};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
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
