/*
 * libcurl's multi interface, with its own wait and with an epoll loop of the program's: a callback
 * that blocks stalls the loop, transfers that take their time do not.
 *
 * @needs: libcurl
 * @run poll poll
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300..420 function=on_event wait=poll
 * @run poll-silent poll silent
 * @expect clean
 * @run between poll between
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300..420 function=on_event wait=poll
 * @run socket socket
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300..420 function=on_event
 * wait=epoll_wait
 * @run socket-silent socket silent
 * @expect clean
 */
#include <curl/curl.h>

#include "server.h"

#define TRANSFERS 3

static CURLM *multi;
static int epoll, received;
static long timeout_ms = -1;
static const char *what = "callback";

static NOINLINE void on_event(void)
{
    pause_ms(300);
    keep_frame++;
}

static size_t on_data(char *data UNUSED, size_t size, size_t count, void *nothing UNUSED)
{
    if (++received == 9 && strcmp(what, "callback") == 0)
        on_event();
    return size * count;
}

static void add_transfer(int port)
{
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", port);
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
    REQUIRE(curl_multi_add_handle(multi, easy) == CURLM_OK);
}

/* The transfers that are over make room for new ones, `left` in all. */
static int finish(int port, int left)
{
    int queued;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &queued)) != NULL;) {
        REQUIRE(message->msg == CURLMSG_DONE && message->data.result == CURLE_OK);
        CURL *easy = message->easy_handle;
        curl_multi_remove_handle(multi, easy);
        curl_easy_cleanup(easy);
        if (--left >= TRANSFERS)
            add_transfer(port);
    }
    return left;
}

static void run_poll(int port, int left)
{
    int turns = 0;
    while (left > 0) {
        int running;
        REQUIRE(curl_multi_perform(multi, &running) == CURLM_OK);
        left = finish(port, left);
        REQUIRE(curl_multi_poll(multi, NULL, 0, 1000, NULL) == CURLM_OK);
        if (++turns == 6 && strcmp(what, "between") == 0)
            on_event();
    }
}

static int on_socket(CURL *easy UNUSED, curl_socket_t fd, int wanted, void *nothing UNUSED,
                     void *known)
{
    struct epoll_event event = {.data.fd = fd};
    event.events =
        (wanted & CURL_POLL_IN ? EPOLLIN : 0u) | (wanted & CURL_POLL_OUT ? EPOLLOUT : 0u);
    if (wanted == CURL_POLL_REMOVE)
        return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL) & 0;
    REQUIRE(epoll_ctl(epoll, known != NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) == 0);
    return curl_multi_assign(multi, fd, multi) == CURLM_OK ? 0 : -1;
}

static int on_timeout(CURLM *of UNUSED, long ms, void *nothing UNUSED)
{
    timeout_ms = ms;
    return 0;
}

static void run_socket(int port, int left)
{
    epoll = epoll_create1(EPOLL_CLOEXEC);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    int running;
    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    while (left > 0) {
        struct epoll_event event;
        int ready = epoll_wait(epoll, &event, 1, timeout_ms < 0 ? 1000 : (int)timeout_ms);
        timeout_ms = -1;
        curl_multi_socket_action(multi, ready == 1 ? event.data.fd : CURL_SOCKET_TIMEOUT, 0,
                                 &running);
        left = finish(port, left);
    }
}

int main(int count, char **words)
{
    REQUIRE(count >= 2);
    if (count == 3)
        what = words[2];
    struct server servers[TRANSFERS];
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    for (int i = 0; i < TRANSFERS; i++)
        server_begin(&servers[i], server_http);
    if (strcmp(words[1], "poll") == 0) {
        for (int i = 0; i < TRANSFERS; i++)
            add_transfer(servers[i].port);
        run_poll(servers[0].port, 7);
    } else {
        for (int i = 0; i < TRANSFERS; i++)
            add_transfer(servers[i].port);
        run_socket(servers[0].port, 7);
    }
    curl_multi_cleanup(multi);
    puts("done");
    return 0;
}
