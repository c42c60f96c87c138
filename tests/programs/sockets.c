/*
 * Calls on sockets that wait for the other end: recv, recvmsg, a send to a full socket, accept.
 *
 * @expect stall cause=blocking-call call=recv ms=200 function=by_recv calls=1
 * @expect stall cause=blocking-call call=recvmsg ms=200 function=by_recvmsg calls=1
 * @expect stall cause=blocking-call call=send ms=200 function=by_send
 * @expect stall cause=blocking-call call=accept|accept4 ms=200 function=by_accept calls=1
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "support.h"

static int pair[2], listener;
static struct sockaddr_in address;

static NOINLINE void by_recv(void)
{
    char byte;
    pthread_t late = thread_begin(write_late, (void *)(intptr_t)pair[1]);
    REQUIRE(recv(pair[0], &byte, 1, 0) == 1);
    pthread_join(late, NULL);
}

static NOINLINE void by_recvmsg(void)
{
    char byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    pthread_t late = thread_begin(write_late, (void *)(intptr_t)pair[1]);
    REQUIRE(recvmsg(pair[0], &message, 0) == 1);
    pthread_join(late, NULL);
}

static void *drain_late(void *nothing)
{
    static char bytes[65536];
    pause_ms(200);
    while (recv(pair[1], bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
    return nothing;
}

static NOINLINE void by_send(void)
{
    static char bytes[4096];
    while (send(pair[0], bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
    pthread_t late = thread_begin(drain_late, NULL);
    REQUIRE(send(pair[0], bytes, sizeof bytes, 0) == sizeof bytes);
    pthread_join(late, NULL);
}

static void *connect_late(void *nothing)
{
    pause_ms(200);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
    close(client);
    return nothing;
}

static NOINLINE void by_accept(void)
{
    pthread_t late = thread_begin(connect_late, NULL);
    int client = accept(listener, NULL, NULL);
    REQUIRE(client >= 0);
    pthread_join(late, NULL);
    close(client);
}

int main(void)
{
    void (*const ways[])(void) = {by_recv, by_recvmsg, by_send, by_accept};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 5) == 0);
    REQUIRE(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
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
