/*
 * boost::asio with four threads on one io_context: they take turns in epoll_wait, and who does not
 * wait there parks in a condition variable, for as long as nothing is to do. Parking is no stall;
 * a handler that blocks is one, of that thread, with its own duration, whether or not that thread
 * has ever waited there itself. Threads that park in the same functions of asio for a pool, or for
 * a context that has nothing to wait for, belong to no loop.
 *
 * @needs: boost/asio.hpp
 * @run idle idle
 * @expect clean
 * @run short short
 * @expect clean
 * @run busy busy
 * @expect clean
 * @run sleeps sleeps
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300..420 function=on_event()
 * wait=epoll_wait
 * @run sleeps-often sleeps-often
 * @expect stall times=5 cause=blocking-call call=clock_nanosleep ms=300..420 function=on_event()
 * @run computes computes
 * @alone: it computes, and another program would take half of its CPU
 * @expect stall cause=cpu call=null ms=250..600 function=on_event()
 * @run after-rest after-rest
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300..420 function=on_event()
 * @run waits waits
 * @expect stall cause=lock call=pthread_cond_wait|futex ms=200..330 function=wait_for_answer()
 * @run pool pool
 * @expect clean
 * @run second second
 * @expect clean
 */
#include <boost/asio.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support.h"

namespace asio = boost::asio;

static std::string mode;

static NOINLINE void on_event()
{
    if (mode == "computes")
        burn(250);
    else
        pause_ms(300);
    keep_frame = keep_frame + 1;
}

static NOINLINE void wait_for_answer()
{
    std::mutex mutex;
    std::condition_variable answered;
    bool has_answer = false;
    std::thread answers([&] {
        pause_ms(220);
        std::lock_guard<std::mutex> guard(mutex);
        has_answer = true;
        answered.notify_one();
    });
    {
        std::unique_lock<std::mutex> lock(mutex);
        while (!has_answer)
            answered.wait(lock);
    }
    answers.join();
    keep_frame = keep_frame + 1;
}

static asio::io_context io;

/* Each handler posts the next one: as many chains as `width` keep that many threads busy. */
static void chain(std::chrono::steady_clock::time_point end, unsigned busy_us)
{
    asio::post(io, [=] {
        uint64_t until = now_ns(CLOCK_THREAD_CPUTIME_ID) + busy_us * 1000;
        while (now_ns(CLOCK_THREAD_CPUTIME_ID) < until)
            ;
        if (std::chrono::steady_clock::now() < end)
            chain(end, busy_us);
    });
}

class ticker
{
  public:
    ticker() : timer_(io)
    {
        tick();
    }

  private:
    void tick()
    {
        timer_.expires_after(std::chrono::milliseconds(20));
        timer_.async_wait([this](boost::system::error_code) {
            ticks_++;
            if (mode == "short" && ticks_ < 25)
                for (int i = 0; i < 20; i++)
                    asio::post(io, [] { pause_ms(2); });
            if (ticks_ == 5 && (mode == "sleeps" || mode == "computes"))
                asio::post(io, on_event);
            if (ticks_ == 5 && mode == "waits")
                asio::post(io, wait_for_answer);
            if (ticks_ == 5 && mode == "sleeps-often")
                for (int i = 0; i < 5; i++)
                    asio::post(io, on_event);
            if (ticks_ < 30)
                tick();
        });
    }

    asio::steady_timer timer_;
    int ticks_ = 0;
};

/* Nothing to do for half a second, and then a handler: the thread that takes it may have parked all
 * the time. */
static void rest_and_stall()
{
    static asio::steady_timer timer(io, std::chrono::milliseconds(500));
    static asio::steady_timer second(io, std::chrono::milliseconds(900));
    timer.async_wait([](boost::system::error_code) {
        asio::post(io, on_event);
        for (int i = 0; i < 3; i++)
            asio::post(io, [] { pause_ms(10); });
    });
    second.async_wait([](boost::system::error_code) {});
}

/* Work that is long, on threads of a pool: that is what it is for. */
static void use_pool()
{
    static asio::thread_pool pool(2);
    static asio::steady_timer timer(io, std::chrono::milliseconds(100));
    timer.async_wait([](boost::system::error_code) {
        for (int i = 0; i < 2; i++)
            asio::post(pool, on_event);
    });
}

/* The same with a context that is but a queue. */
static void use_second(std::vector<std::thread> &threads)
{
    static asio::io_context queue;
    static asio::steady_timer timer(io, std::chrono::milliseconds(100));
    static auto work = asio::make_work_guard(queue);
    for (int i = 0; i < 2; i++)
        threads.emplace_back([] { queue.run(); });
    timer.async_wait([](boost::system::error_code) {
        for (int i = 0; i < 2; i++)
            asio::post(queue, on_event);
        work.reset();
    });
}

int main(int count, char **words)
{
    REQUIRE(count == 2);
    mode = words[1];
    ticker ticks;
    if (mode == "busy")
        for (int i = 0; i < 2; i++)
            chain(std::chrono::steady_clock::now() + std::chrono::milliseconds(800), 3000);
    if (mode == "after-rest")
        rest_and_stall();
    std::vector<std::thread> threads;
    if (mode == "pool")
        use_pool();
    if (mode == "second")
        use_second(threads);
    for (int i = 0; i < 4; i++)
        threads.emplace_back([] { io.run(); });
    for (std::thread &thread : threads)
        thread.join();
    puts("done");
    return 0;
}
