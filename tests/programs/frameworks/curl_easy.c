/*
 * libcurl's easy interface waits by itself: in a program without a loop, in a worker thread beside
 * one, and between transfers that is nobody's stall, in a loop's callback it is one.
 *
 * @needs: libcurl
 * @run alone alone
 * @expect no-stalls
 * @run alone-works alone-works
 * @expect no-stalls
 * @run worker worker
 * @expect clean
 * @run worker-works worker-works
 * @expect clean
 * @run callback callback
 * @expect stall cause=nested-wait call=poll ms=250..400 function=on_event wait=epoll_wait
 */
#include <curl/curl.h>

#include "server.h"

static struct server server;
static bool works;

static size_t on_data(char *data UNUSED, size_t size, size_t count, void *nothing UNUSED)
{
    return size * count;
}

static void fetch(CURL *easy)
{
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", server.port);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
    REQUIRE(curl_easy_perform(easy) == CURLE_OK);
}

/* One connection, kept open, and work that is done after each answer. */
static void *fetch_all(void *nothing)
{
    CURL *easy = curl_easy_init();
    for (int i = 0; i < 4; i++) {
        fetch(easy);
        if (works) {
            pause_ms(150);
            burn(120);
        }
    }
    curl_easy_cleanup(easy);
    return nothing;
}

static NOINLINE void on_event(void)
{
    CURL *easy = curl_easy_init();
    fetch(easy);
    curl_easy_cleanup(easy);
    keep_frame++;
}

int main(int count, char **words)
{
    REQUIRE(count == 2);
    works = strstr(words[1], "-works") != NULL;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    server_begin(&server, server_http);
    if (strncmp(words[1], "alone", 5) == 0)
        fetch_all(NULL);
    if (strncmp(words[1], "worker", 6) == 0) {
        pthread_t worker = thread_begin(fetch_all, NULL);
        struct loop loop = loop_begin();
        loop_turn(&loop, works ? 90 : 50);
        loop_end(&loop);
        pthread_join(worker, NULL);
    }
    if (strcmp(words[1], "callback") == 0)
        loop_run(on_event);
    puts("done");
    return 0;
}
