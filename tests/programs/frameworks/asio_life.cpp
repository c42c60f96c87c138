/*
 * The life of an asio program beside its handlers: pools of threads that may block, what comes
 * after run() has returned, a second run(), a second io_context.
 *
 * @needs: boost/asio.hpp
 * @run pool pool
 * @expect clean
 * @run after after
 * @expect clean
 * @run again again
 * @expect clean
 * @run second second
 * @expect clean
 * @run again-stall again-stall
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200 function=on_event()
 * @run second-stall second-stall
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200 function=on_event()
 * @run future future
 * @expect stall cause=lock call=futex|pthread_cond_wait ms=200..330 function=wait_for_pool()
 */
#include <boost/asio.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "support.h"

namespace asio = boost::asio;

static std::string mode;
static asio::thread_pool pool(2);

static NOINLINE void on_event()
{
    pause_ms(200);
    keep_frame = keep_frame + 1;
}

static NOINLINE void clean_up()
{
    pause_ms(300);
    burn(150);
    keep_frame = keep_frame + 1;
}

static NOINLINE void wait_for_pool()
{
    std::promise<int> promise;
    asio::post(pool, [&] {
        pause_ms(220);
        promise.set_value(1);
    });
    REQUIRE(promise.get_future().get() == 1);
    keep_frame = keep_frame + 1;
}

static void tick(asio::steady_timer &timer, int ticks, bool stalls)
{
    timer.expires_after(std::chrono::milliseconds(20));
    timer.async_wait([&timer, ticks, stalls](boost::system::error_code) {
        if (ticks == 5 && stalls)
            on_event();
        if (ticks == 5 && mode == "future")
            wait_for_pool();
        if (ticks == 5 && mode == "pool")
            for (int i = 0; i < 4; i++)
                asio::post(pool, [] { pause_ms(180); });
        if (ticks < 25)
            tick(timer, ticks + 1, stalls);
    });
}

static void run(asio::io_context &io, bool stalls)
{
    asio::steady_timer timer(io);
    tick(timer, 0, stalls);
    io.run();
}

int main(int count, char **words)
{
    REQUIRE(count == 2);
    mode = words[1];
    bool stalls = mode.find("-stall") != std::string::npos;
    auto io = std::make_unique<asio::io_context>();
    run(*io, false);
    if (mode != "pool" && mode != "future")
        clean_up();
    if (mode.rfind("second", 0) == 0)
        io = std::make_unique<asio::io_context>();
    if (mode.rfind("again", 0) == 0)
        io->restart();
    if (mode != "pool" && mode != "future" && mode != "after")
        run(*io, stalls);
    pool.join();
    puts("done");
    return 0;
}
