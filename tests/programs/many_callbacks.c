/*
 * No single culprit on the CPU: one wait brings 200 events, whose callbacks compute for 2 or 3 ms
 * each. The report says how many there were, and shows its samples by their share.
 *
 * @alone: it computes
 * @env STALLWATCH_SAMPLES=64
 * @env STALLWATCH_ONGOING_MS=60000
 * @expect stall cause=cpu|mixed|starved counted=any call=null ms=390..5000 function=handle_all
 * @text iteration 5, 200 events
 * @text [0-9]+% of samples: .*(on_reader|on_writer|burn)
 */
#include "support.h"

#define EVENTS 200

static NOINLINE void on_reader(void)
{
    burn(2);
    keep_frame++;
}

static NOINLINE void on_writer(void)
{
    burn(3);
    keep_frame++;
}

static NOINLINE void handle_all(const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++) {
        if (events[i].data.u32 % 3 == 0)
            on_writer();
        else
            on_reader();
    }
    keep_frame++;
}

int main(void)
{
    static struct epoll_event events[EVENTS];
    int epoll = epoll_create1(0), all[EVENTS];
    REQUIRE(epoll >= 0);
    for (int i = 0; i < EVENTS; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        all[i] = eventfd(0, 0);
        REQUIRE(all[i] >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, all[i], &event) == 0);
    }
    for (int i = 0; i < 4; i++)
        REQUIRE(epoll_wait(epoll, events, EVENTS, 20) == 0);
    for (int i = 0; i < EVENTS; i++)
        REQUIRE(eventfd_write(all[i], 1) == 0);
    REQUIRE(epoll_wait(epoll, events, EVENTS, -1) == EVENTS);
    handle_all(events, EVENTS);
    for (int i = 0; i < EVENTS; i++) {
        eventfd_t value;
        REQUIRE(eventfd_read(all[i], &value) == 0);
    }
    for (int i = 0; i < 4; i++)
        REQUIRE(epoll_wait(epoll, events, EVENTS, 20) == 0);
    puts("done");
    return 0;
}
