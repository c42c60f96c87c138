/*
 * A server for clients' libraries to talk to, in threads of the program itself: it listens on a
 * free port of the loopback address, and each request that it reads is answered after a while.
 * Its threads block in accept(2) and recv(2), so they have no loop.
 */
#ifndef TESTS_FRAMEWORKS_SERVER_H
#define TESTS_FRAMEWORKS_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>

#include "support.h"

struct server {
    int listener, port;
    /* Serves one connection until its client goes. */
    void (*serve)(int connection);
};

struct server_client {
    const struct server *server;
    int connection;
};

static UNUSED void *server_run_client(void *argument)
{
    struct server_client client = *(struct server_client *)argument;
    free(argument);
    client.server->serve(client.connection);
    close(client.connection);
    return NULL;
}

static UNUSED void *server_run(void *argument)
{
    struct server *server = argument;
    for (;;) {
        struct server_client *client = malloc(sizeof *client);
        client->server = server;
        client->connection = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        REQUIRE(client->connection >= 0);
        pthread_detach(thread_begin(server_run_client, client));
    }
    return NULL;
}

static inline void server_begin(struct server *server, void (*serve)(int connection))
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    server->serve = serve;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(bind(server->listener, (struct sockaddr *)&address, size) == 0);
    REQUIRE(listen(server->listener, 16) == 0);
    REQUIRE(getsockname(server->listener, (struct sockaddr *)&address, &size) == 0);
    server->port = ntohs(address.sin_port);
    pthread_detach(thread_begin(server_run, server));
}

/* Reads until `size` bytes are there; false: the client has gone. */
static inline bool server_read(int connection, void *bytes, size_t size)
{
    for (size_t have = 0; have < size;) {
        ssize_t more = recv(connection, (char *)bytes + have, size - have, 0);
        if (more <= 0)
            return false;
        have += (size_t)more;
    }
    return true;
}

/* HTTP: a body of two parts, the second one 250 ms after the first. */
static UNUSED void server_http(int connection)
{
    char request[4096];
    while (recv(connection, request, sizeof request, 0) > 0) {
        static const char first[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst";
        send(connection, first, sizeof first - 1, MSG_NOSIGNAL);
        pause_ms(250);
        send(connection, "other", 5, MSG_NOSIGNAL);
    }
}

#endif
