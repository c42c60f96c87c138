/*
 * asio_callback.cpp and asio_standalone.cpp: the same program with boost's asio and with asio
 * alone. ASIO is the namespace, error_code its type.
 */
#include <array>
#include <chrono>
#include <functional>
#include <string>

#include "support.h"

static std::string mode;

static NOINLINE void on_event()
{
    if (mode == "computes")
        burn(250);
    else
        pause_ms(300);
    keep_frame = keep_frame + 1;
}

static NOINLINE void render(int frame)
{
    pause_ms(frame == 30 && mode == "frames-stall" ? 200 : 5);
    keep_frame = keep_frame + 1;
}

class program
{
  public:
    program() : timer_(io_), strand_(ASIO::make_strand(io_)), reader_(io_), writer_(io_)
    {
        ASIO::local::connect_pair(reader_, writer_);
        read();
        tick();
    }

    void run()
    {
        if (mode.rfind("frames", 0) != 0) {
            io_.run();
            return;
        }
        for (int frame = 0; frame < 60; frame++) {
            io_.poll();
            render(frame);
        }
    }

  private:
    void read()
    {
        reader_.async_read_some(ASIO::buffer(bytes_), [this](error_code error, size_t) {
            if (error)
                return;
            on_event();
            read();
        });
    }

    void tick()
    {
        timer_.expires_after(std::chrono::milliseconds(20));
        timer_.async_wait([this](error_code) {
            if (++ticks_ == 5)
                begin_event();
            if (ticks_ < 12)
                tick();
            else
                reader_.close();
        });
    }

    void begin_event()
    {
        if (mode == "timer" || mode == "computes")
            on_event();
        else if (mode == "read")
            ASIO::write(writer_, ASIO::buffer("x", 1));
        else if (mode == "post")
            ASIO::post(io_, on_event);
        else if (mode == "strand")
            ASIO::dispatch(strand_, on_event);
    }

    ASIO::io_context io_;
    ASIO::steady_timer timer_;
    ASIO::strand<ASIO::io_context::executor_type> strand_;
    ASIO::local::stream_protocol::socket reader_, writer_;
    std::array<char, 16> bytes_;
    int ticks_ = 0;
};

int main(int count, char **words)
{
    REQUIRE(count == 2);
    mode = words[1];
    program().run();
    puts("done");
    return 0;
}
