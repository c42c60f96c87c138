/*
 * Calls on sockets that wait for the other end: recv, recvmsg, a send to a full socket, accept.
 *
 * @expect stall cause=blocking-call call=recv ms=200 function=by_recv calls=1
 * @expect stall cause=blocking-call call=recvmsg ms=200 function=by_recvmsg calls=1
 * @expect stall cause=blocking-call call=send ms=200 function=by_send
 * @expect stall cause=blocking-call call=accept|accept4 ms=200 function=by_accept calls=1
 * @expect stall cause=blocking-call call=connect ms=200 function=by_connect
 *     detail="crowded-socket, timeout 5000 ms"
 * @expect stall cause=blocking-call call=sendto ms=200 function=by_sendto
 *     detail="slow-socket, no timeout"
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

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

static void at_path(struct sockaddr_un *name, const char *path)
{
    memset(name, 0, sizeof *name);
    name->sun_family = AF_UNIX;
    strcpy(name->sun_path, path);
}

static void *accept_late(void *server)
{
    pause_ms(200);
    close(accept((int)(intptr_t)server, NULL, NULL));
    return NULL;
}

/* A server whose queue is full lets the next one in when it accepts. */
static NOINLINE void by_connect(void)
{
    struct sockaddr_un name;
    struct timeval limit = {5, 0};
    int server = socket(AF_UNIX, SOCK_STREAM, 0), first = socket(AF_UNIX, SOCK_STREAM, 0);
    int second = socket(AF_UNIX, SOCK_STREAM, 0);
    at_path(&name, "crowded-socket");
    REQUIRE(bind(server, (struct sockaddr *)&name, sizeof name) == 0 && listen(server, 0) == 0);
    REQUIRE(connect(first, (struct sockaddr *)&name, sizeof name) == 0);
    setsockopt(second, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    pthread_t late = thread_begin(accept_late, (void *)(intptr_t)server);
    REQUIRE(connect(second, (struct sockaddr *)&name, sizeof name) == 0);
    pthread_join(late, NULL);
}

static void *receive_late(void *server)
{
    char byte;
    pause_ms(200);
    while (recv((int)(intptr_t)server, &byte, 1, MSG_DONTWAIT) > 0)
        ;
    return NULL;
}

static NOINLINE void by_sendto(void)
{
    struct sockaddr_un name;
    int server = socket(AF_UNIX, SOCK_DGRAM, 0), client = socket(AF_UNIX, SOCK_DGRAM, 0);
    at_path(&name, "slow-socket");
    REQUIRE(bind(server, (struct sockaddr *)&name, sizeof name) == 0);
    while (sendto(client, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&name, sizeof name) == 1)
        ;
    pthread_t late = thread_begin(receive_late, (void *)(intptr_t)server);
    REQUIRE(sendto(client, "x", 1, 0, (struct sockaddr *)&name, sizeof name) == 1);
    pthread_join(late, NULL);
}

int main(void)
{
    void (*const ways[])(void) = {by_recv, by_recvmsg, by_send, by_accept, by_connect, by_sendto};
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
