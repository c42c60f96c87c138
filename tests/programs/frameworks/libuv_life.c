/*
 * The life of a libuv program beside its callbacks: what comes after uv_run has returned is no
 * stall, closed or not; a program that turns the loop itself (UV_RUN_NOWAIT in a loop of its own,
 * as games do) is stalled by what it does in between.
 *
 * @needs: libuv
 * @run after after
 * @expect clean
 * @run after-closed after-closed
 * @expect clean
 * @run again again
 * @expect clean
 * @run again-stall again-stall
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200 function=on_event
 * @run frames frames
 * @expect clean
 * @run frames-stall frames-stall
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200..290 function=render
 * @run once once
 * @expect clean
 * @run once-stall once-stall
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200..290 function=render
 * @run nested nested
 * @expect stall cause=nested-wait call=epoll_pwait|epoll_wait ms=180..330 function=ask_and_wait
 */
#include <uv.h>

#include "support.h"

static uv_loop_t *loop;
static const char *mode;
static bool stalls;
static int ticks;

static bool is_mode(const char *name)
{
    return strncmp(mode, name, strlen(name)) == 0;
}

static NOINLINE void on_event(void)
{
    pause_ms(200);
    keep_frame++;
}

static NOINLINE void clean_up(void)
{
    pause_ms(300);
    burn(150);
    keep_frame++;
}

static NOINLINE void render(int frame)
{
    pause_ms(frame == 15 && strstr(mode, "stall") != NULL ? 200 : 8);
    keep_frame++;
}

static void on_inner_tick(uv_timer_t *handle)
{
    if (++*(int *)handle->data == 10)
        uv_close((uv_handle_t *)handle, NULL);
}

/* As node's spawnSync: a whole loop inside a callback. */
static NOINLINE void ask_and_wait(void)
{
    int turns = 0;
    uv_loop_t inner;
    uv_timer_t timer;
    REQUIRE(uv_loop_init(&inner) == 0);
    uv_timer_init(&inner, &timer);
    timer.data = &turns;
    uv_timer_start(&timer, on_inner_tick, 20, 20);
    uv_run(&inner, UV_RUN_DEFAULT);
    REQUIRE(turns == 10 && uv_loop_close(&inner) == 0);
    keep_frame++;
}

static void on_tick(uv_timer_t *handle)
{
    if (++ticks == 5 && stalls)
        on_event();
    if (ticks == 5 && is_mode("nested"))
        ask_and_wait();
    if (ticks == 10)
        uv_timer_stop(handle);
}

static void run(uv_timer_t *timer)
{
    ticks = 0;
    uv_timer_start(timer, on_tick, 20, 20);
    if (is_mode("frames") || is_mode("once")) {
        for (int frame = 0; frame < 30; frame++) {
            uv_timer_start(timer, on_tick, 5, 0);
            uv_run(loop, is_mode("once") ? UV_RUN_ONCE : UV_RUN_NOWAIT);
            render(frame);
        }
        return;
    }
    uv_run(loop, UV_RUN_DEFAULT);
}

int main(int count, char **words)
{
    REQUIRE(count == 2);
    mode = words[1];
    uv_timer_t timer;
    loop = uv_default_loop();
    uv_timer_init(loop, &timer);
    run(&timer);
    if (is_mode("again")) {
        clean_up();
        stalls = is_mode("again-stall");
        run(&timer);
    }
    if (is_mode("after-closed")) {
        uv_close((uv_handle_t *)&timer, NULL);
        uv_run(loop, UV_RUN_DEFAULT);
        REQUIRE(uv_loop_close(loop) == 0);
    }
    if (is_mode("after"))
        clean_up();
    puts("done");
    return 0;
}
