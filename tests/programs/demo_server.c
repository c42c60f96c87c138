/*
 * The server of `make demo`: answers each line that a client sends, on loopback, from one epoll
 * loop. Its answer to "report" needs a slow back end, which a careless callback waits for.
 *
 * It prints its port and serves three connections; started with the argument "self" it is its own
 * client.
 *
 * @args self
 * @expect stall cause=blocking-call call=clock_nanosleep|usleep|nanosleep ms=250
 * function=ask_backend
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "support.h"

static NOINLINE void ask_backend(void)
{
    usleep(250000);
    keep_frame++;
}

static NOINLINE void answer_client(int client)
{
    char line[256];
    ssize_t length = recv(client, line, sizeof line - 1, 0);
    if (length <= 0)
        return;
    line[length] = '\0';
    if (strncmp(line, "report", 6) == 0)
        ask_backend();
    send(client, "ok\n", 3, MSG_NOSIGNAL);
}

static NOINLINE void serve(int listener, int connections)
{
    int loop = epoll_create1(EPOLL_CLOEXEC), open_count = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    REQUIRE(epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event) == 0);
    while (connections > 0 || open_count > 0) {
        char probe;
        if (epoll_wait(loop, &event, 1, 10000) != 1)
            break;
        if (event.data.fd == listener) {
            event.data.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            REQUIRE(epoll_ctl(loop, EPOLL_CTL_ADD, event.data.fd, &event) == 0);
            connections--;
            open_count++;
        } else if (recv(event.data.fd, &probe, 1, MSG_PEEK) == 1) {
            answer_client(event.data.fd);
        } else {
            close(event.data.fd);
            open_count--;
        }
    }
    close(loop);
}

static struct sockaddr_in address;

static void *ask(void *nothing)
{
    static const char *const questions[] = {"hello\n", "report\n", "hello\n"};
    for (int i = 0; i < 3; i++) {
        char answer[8];
        int client = socket(AF_INET, SOCK_STREAM, 0);
        REQUIRE(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
        REQUIRE(send(client, questions[i], strlen(questions[i]), 0) > 0);
        REQUIRE(recv(client, answer, sizeof answer, 0) == 3);
        close(client);
    }
    return nothing;
}

int main(int count, char **arguments)
{
    int self = count > 1 && strcmp(arguments[1], "self") == 0;
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 16) == 0);
    REQUIRE(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    pthread_t client = 0;
    if (self)
        client = thread_begin(ask, NULL);
    else
        printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    serve(listener, 3);
    if (self)
        pthread_join(client, NULL);
    return 0;
}
