/*
 * C++ exceptions thrown thousands of times while the thread is sampled: libgcc's unwinder works as
 * ever. The stall is seen with its demangled name.
 *
 * @alone: it computes, and another program would take half of its CPU
 * @env STALLWATCH_SAMPLES=32
 * @expect stall cause=cpu call=null ms=300..900 function=handlers::throw_often(int)
 */
#include <cstdio>
#include <ctime>
#include <stdexcept>
#include <string>
#include <sys/epoll.h>
#include <unistd.h>

namespace handlers
{
static long caught;

__attribute__((noinline)) static void dive(int depth)
{
    std::string held(64, 'x');
    if (depth == 0)
        throw std::runtime_error(held);
    dive(depth - 1);
    caught += static_cast<long>(held.size());
}

__attribute__((noinline)) void throw_often(int ms)
{
    std::timespec now, began;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &began);
    do {
        try {
            dive(8);
        } catch (const std::runtime_error &) {
            caught++;
        }
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    } while ((now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000 < ms);
}
} // namespace handlers

int main()
{
    epoll_event event{};
    int loop = epoll_create1(0);
    for (int turn = 0; turn < 10; turn++) {
        epoll_wait(loop, &event, 1, 20);
        if (turn == 5)
            handlers::throw_often(300);
    }
    close(loop);
    std::puts(handlers::caught > 100 ? "done" : "too few");
    return 0;
}
