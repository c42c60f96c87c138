/*
 * libuv: each of its kinds of callbacks stalls once, each on its own.
 *
 * @needs: libuv
 * @run timer timer
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event
 * wait=epoll_pwait|epoll_wait calls=1
 * @run poll poll
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event
 * wait=epoll_pwait|epoll_wait calls=1
 * @run idle idle
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event
 * wait=epoll_pwait|epoll_wait calls=1
 * @run prepare prepare
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event
 * wait=epoll_pwait|epoll_wait calls=1
 * @run check check
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event
 * wait=epoll_pwait|epoll_wait calls=1
 * @run async async
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event
 * wait=epoll_pwait|epoll_wait calls=1
 * @run after-work after-work
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event
 * wait=epoll_pwait|epoll_wait calls=1
 * @run close close
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event
 * wait=epoll_pwait|epoll_wait calls=1
 * @run work work
 * @expect clean
 * @run file file
 * @expect clean
 */
#include <uv.h>

#include "support.h"

static uv_loop_t *loop;
static uv_timer_t timer, short_lived;
static uv_idle_t idle;
static uv_prepare_t prepare;
static uv_check_t check;
static uv_async_t async;
static uv_poll_t readable;
static uv_work_t work;
static uv_fs_t open_request;
static const char *place;
static int ticks, channel[2];

static NOINLINE void on_event(void)
{
    pause_ms(300);
    keep_frame++;
}

static bool is_due(const char *name)
{
    return ticks == 5 && strcmp(place, name) == 0;
}

static void on_idle(uv_idle_t *handle)
{
    uv_idle_stop(handle);
    on_event();
}

static void on_prepare(uv_prepare_t *handle)
{
    uv_prepare_stop(handle);
    on_event();
}

static void on_check(uv_check_t *handle)
{
    uv_check_stop(handle);
    on_event();
}

static void on_async(uv_async_t *handle UNUSED)
{
    on_event();
}

static void on_readable(uv_poll_t *handle, int status UNUSED, int events UNUSED)
{
    uv_poll_stop(handle);
    on_event();
}

static void on_closed(uv_handle_t *handle UNUSED)
{
    on_event();
}

/* In a thread of the pool, which may block as long as it likes. */
static void in_pool(uv_work_t *request UNUSED)
{
    pause_ms(200);
}

static void after_work(uv_work_t *request UNUSED, int status UNUSED)
{
    if (strcmp(place, "after-work") == 0)
        on_event();
}

/* A FIFO is opened by a thread of the pool, and waits for its writer there. */
static void on_opened(uv_fs_t *request)
{
    REQUIRE(request->result >= 0);
}

static void *write_fifo(void *nothing)
{
    pause_ms(250);
    int fd = open("fifo", O_WRONLY);
    REQUIRE(fd >= 0);
    return nothing;
}

static void begin_event(void)
{
    if (is_due("timer"))
        on_event();
    if (is_due("poll"))
        REQUIRE(write(channel[1], "x", 1) == 1);
    if (is_due("idle"))
        uv_idle_start(&idle, on_idle);
    if (is_due("prepare"))
        uv_prepare_start(&prepare, on_prepare);
    if (is_due("check"))
        uv_check_start(&check, on_check);
    if (is_due("async"))
        uv_async_send(&async);
    if (is_due("work") || is_due("after-work"))
        uv_queue_work(loop, &work, in_pool, after_work);
    if (is_due("close"))
        uv_close((uv_handle_t *)&short_lived, on_closed);
    if (is_due("file")) {
        REQUIRE(mkfifo("fifo", 0600) == 0);
        pthread_detach(thread_begin(write_fifo, NULL));
        REQUIRE(uv_fs_open(loop, &open_request, "fifo", O_RDONLY, 0, on_opened) == 0);
    }
}

static void on_tick(uv_timer_t *handle UNUSED)
{
    ticks++;
    begin_event();
    if (ticks == 25)
        uv_stop(loop);
}

int main(int count, char **words)
{
    REQUIRE(count == 2 && pipe(channel) == 0);
    place = words[1];
    loop = uv_default_loop();
    uv_timer_init(loop, &timer);
    uv_timer_init(loop, &short_lived);
    uv_idle_init(loop, &idle);
    uv_prepare_init(loop, &prepare);
    uv_check_init(loop, &check);
    uv_async_init(loop, &async, on_async);
    uv_poll_init(loop, &readable, channel[0]);
    uv_poll_start(&readable, UV_READABLE, on_readable);
    uv_timer_start(&timer, on_tick, 20, 20);
    uv_run(loop, UV_RUN_DEFAULT);
    puts("done");
    return 0;
}
