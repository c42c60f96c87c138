/*
 * A client in a callback asks a server five times on one connection, and polls for each answer, as
 * database clients do: that makes no loop, however often, and with STALLWATCH_VERBOSE=1 it is said
 * why. The answers are quick; the pauses between them are longer than the threshold, in a thread
 * beside the loop, whose business that is.
 *
 * @env STALLWATCH_VERBOSE=1
 * @expect clean
 * @text no loop: thread \d+ "lone_socket", poll on fd \d+ alone, a connected socket
 * @text loop 1 found: thread \d+ "lone_socket", epoll_wait on fd \d+
 * @text loop 1 closed: thread \d+ "lone_socket", epoll_wait on fd \d+
 */
#include "support.h"

static int ends[2];

static void *answer(void *unused)
{
    char byte;
    while (read(ends[1], &byte, 1) == 1)
        REQUIRE(write(ends[1], &byte, 1) == 1);
    return unused;
}

static NOINLINE void ask(void)
{
    char byte = '?';
    struct pollfd answered = {.fd = ends[0], .events = POLLIN};
    REQUIRE(write(ends[0], &byte, 1) == 1);
    REQUIRE(poll(&answered, 1, 1000) == 1);
    REQUIRE(read(ends[0], &byte, 1) == 1);
    keep_frame++;
}

static void *use_server(void *unused)
{
    for (int i = 0; i < 5; i++) {
        ask();
        pause_ms(120);
    }
    return unused;
}

int main(void)
{
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    pthread_t server = thread_begin(answer, NULL), client = thread_begin(use_server, NULL);
    struct loop loop = loop_begin();
    loop_turn(&loop, 40);
    loop_end(&loop);
    pthread_join(client, NULL);
    shutdown(ends[0], SHUT_RDWR);
    pthread_join(server, NULL);
    puts("done");
    return 0;
}
