/*
 * ACE's reactors. The one on select tries its wait again where that has failed, and asks a function
 * of its own whether to: a circle around the wait that is not the loop. With the one for pools of
 * threads, those whose turn it is not wait for a token. One on epoll has neither.
 *
 * @needs: ace/Reactor.h -lACE
 * @run select select idle
 * @expect clean
 * @run select-sleeps select sleeps
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event() wait=select
 * @run pool pool idle
 * @expect clean
 * @run pool-sleeps pool sleeps
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event() wait=select
 * @run epoll-sleeps epoll sleeps
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event() wait=epoll_wait
 */
#include <ace/Dev_Poll_Reactor.h>
#include <ace/Event_Handler.h>
#include <ace/Reactor.h>
#include <ace/Select_Reactor.h>
#include <ace/TP_Reactor.h>
#include <string>
#include <thread>
#include <vector>

#include "support.h"

#define TICKS 25

static std::string mode;

static NOINLINE void on_event()
{
    pause_ms(300);
    keep_frame = keep_frame + 1;
}

/* Writes to a socket every 20 ms, and is told that it can be read at the other end. */
class Echo : public ACE_Event_Handler
{
  public:
    Echo()
    {
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    }

    ACE_HANDLE get_handle() const override
    {
        return pair[0];
    }

    int handle_timeout(const ACE_Time_Value &, const void *) override
    {
        REQUIRE(write(pair[1], "x", 1) == 1);
        return 0;
    }

    int handle_input(ACE_HANDLE) override
    {
        char byte;
        REQUIRE(read(pair[0], &byte, 1) == 1);
        count++;
        if (count == 10 && mode == "sleeps")
            on_event();
        if (count == TICKS)
            reactor()->end_reactor_event_loop();
        return 0;
    }

  private:
    int pair[2];
    int count = 0;
};

static ACE_Reactor_Impl *implementation(const std::string &name)
{
    if (name == "pool")
        return new ACE_TP_Reactor;
    if (name == "epoll")
        return new ACE_Dev_Poll_Reactor;
    return new ACE_Select_Reactor;
}

int main(int count, char **words)
{
    REQUIRE(count == 3);
    std::string name = words[1];
    mode = words[2];
    ACE_Reactor reactor(implementation(name), true);
    Echo echo;
    std::vector<std::thread> others;
    REQUIRE(reactor.register_handler(&echo, ACE_Event_Handler::READ_MASK) == 0);
    ACE_Time_Value tick(0, 20000);
    REQUIRE(reactor.schedule_timer(&echo, nullptr, tick, tick) != -1);
    for (int i = 0; name == "pool" && i < 2; i++)
        others.emplace_back([&] { reactor.run_reactor_event_loop(); });
    reactor.run_reactor_event_loop();
    for (std::thread &other : others)
        other.join();
    pause_ms(250); /* the loop's function has returned */
    puts("done");
    fflush(stdout);
    _exit(0); /* ACE's own clean-up at exit is not what is shown */
}
