/*
 * libpq: PQexec and PQconnectdb wait by poll for the server's answer. In a loop's callback that is
 * a nested wait; in a thread without a loop, and in a program without one, it is nobody's stall.
 * Requests without PQexec (PQsendQuery, the socket in the loop) do not stall; PQexec on a socket
 * that the loop polls as well does.
 *
 * The server is a thread that speaks as much of PostgreSQL's protocol as libpq wants to hear.
 *
 * @needs: libpq
 * @run exec exec
 * @expect stall cause=nested-wait call=poll ms=300..420 function=on_exec wait=epoll_wait
 * @run connect connect
 * @expect stall cause=nested-wait call=poll ms=300..420 function=PQconnectdb wait=epoll_wait
 * @run shared shared
 * @expect stall cause=nested-wait call=poll ms=300..420 function=on_exec wait=poll
 * @run asynchronous asynchronous
 * @expect clean
 * @run worker worker
 * @expect clean
 * @run alone alone
 * @expect no-stalls
 */
#include <libpq-fe.h>

#include "server.h"

static struct server server;
static unsigned connect_ms, answer_ms = 300;
static PGconn *connection;

static void answer(int socket, char kind, const void *body, uint32_t size)
{
    uint32_t length = htonl(size + 4);
    char message[128] = {kind};
    memcpy(message + 1, &length, 4);
    memcpy(message + 5, body, size);
    send(socket, message, size + 5, MSG_NOSIGNAL);
}

/* Reads a message's length and its body. */
static bool take_body(int socket)
{
    uint32_t length;
    char body[4096];
    return server_read(socket, &length, 4) && ntohl(length) - 4 <= sizeof body &&
           server_read(socket, body, ntohl(length) - 4);
}

/* Start-up (no authentication is asked for), and then each query is done after a while. */
static void serve(int socket)
{
    char kind;
    if (!take_body(socket))
        return;
    pause_ms(connect_ms);
    answer(socket, 'R', "\0\0\0\0", 4);
    answer(socket, 'S', "client_encoding\0UTF8", 21);
    answer(socket, 'Z', "I", 1);
    while (server_read(socket, &kind, 1) && take_body(socket) && kind == 'Q') {
        pause_ms(answer_ms);
        answer(socket, 'C', "SELECT 0", 9);
        answer(socket, 'Z', "I", 1);
    }
}

static void begin(void)
{
    char where[128];
    snprintf(where, sizeof where,
             "host=127.0.0.1 port=%d dbname=x user=x password=x sslmode=disable gssencmode=disable",
             server.port);
    connection = PQconnectdb(where);
    REQUIRE(PQstatus(connection) == CONNECTION_OK);
}

static NOINLINE void on_exec(void)
{
    PGresult *result = PQexec(connection, "select pg_sleep(0.3)");
    REQUIRE(PQresultStatus(result) == PGRES_COMMAND_OK);
    PQclear(result);
    keep_frame++;
}

static NOINLINE void on_connect(void)
{
    connect_ms = 300;
    begin();
    keep_frame++;
}

static void *work(void *busy)
{
    answer_ms = 120;
    begin();
    for (int i = 0; i < 4; i++) {
        on_exec();
        burn(busy != NULL ? 130 : 0);
    }
    return NULL;
}

static void run_asynchronous(void)
{
    begin();
    struct loop loop = loop_begin();
    struct epoll_event event = {.events = EPOLLIN, .data.fd = PQsocket(connection)};
    REQUIRE(epoll_ctl(loop.epoll, EPOLL_CTL_ADD, PQsocket(connection), &event) == 0);
    REQUIRE(PQsendQuery(connection, "select pg_sleep(0.3)") == 1);
    for (int answers = 0; answers < 1;) {
        REQUIRE(epoll_wait(loop.epoll, &event, 1, -1) == 1);
        if (event.data.fd == loop.timer) {
            loop_took(&loop);
            continue;
        }
        REQUIRE(PQconsumeInput(connection) == 1);
        while (PQisBusy(connection) == 0) {
            PGresult *result = PQgetResult(connection);
            if (result == NULL)
                break;
            PQclear(result);
            answers++;
        }
    }
    loop_end(&loop);
}

static void run_shared(void)
{
    begin();
    struct loop loop = loop_begin();
    struct pollfd set[2] = {{.fd = loop.timer, .events = POLLIN},
                            {.fd = PQsocket(connection), .events = POLLIN}};
    for (int turn = 0; turn < 10; turn++) {
        REQUIRE(poll(set, 2, -1) == 1);
        loop_took(&loop);
        if (turn == 6)
            on_exec();
    }
    loop_end(&loop);
}

int main(int count, char **words)
{
    REQUIRE(count == 2);
    server_begin(&server, serve);
    if (strcmp(words[1], "exec") == 0) {
        begin();
        loop_run(on_exec);
    } else if (strcmp(words[1], "connect") == 0) {
        loop_run(on_connect);
    } else if (strcmp(words[1], "shared") == 0) {
        run_shared();
    } else if (strcmp(words[1], "asynchronous") == 0) {
        run_asynchronous();
    } else if (strcmp(words[1], "worker") == 0) {
        pthread_t worker = thread_begin(work, words);
        struct loop loop = loop_begin();
        loop_turn(&loop, 40);
        loop_end(&loop);
        pthread_join(worker, NULL);
    } else {
        work(words);
    }
    PQfinish(connection);
    puts("done");
    return 0;
}
