/*
 * A loop on epoll that changes what it waits for by a ring, as libuv does: an io_uring_enter(2)
 * that submits and waits until that is done, before each wait and in callbacks, and twice before
 * the first. That is no loop; what a thread does by nothing else is one.
 *
 * @needs: liburing
 * @run beside beside
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200 function=on_event wait=epoll_wait
 * iteration=13
 * @run alone alone
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200 function=on_event
 * wait=io_uring_enter
 */
#include <liburing.h>
#include <sys/syscall.h>

#include "support.h"

static struct io_uring ring;

/* One that is done at once, or after 10 ms. */
static void flush(bool wait)
{
    static struct __kernel_timespec soon = {0, 10000000};
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    struct io_uring_cqe *cqe;
    REQUIRE(sqe != NULL);
    if (wait)
        io_uring_prep_timeout(sqe, &soon, 0, 0);
    else
        io_uring_prep_nop(sqe);
    unsigned tail = ring.sq.sqe_tail;
    if (ring.sq.array != NULL) /* liburing 2.6 and newer ask for a ring without it */
        ring.sq.array[(tail - 1) & *ring.sq.kring_mask] = (tail - 1) & *ring.sq.kring_mask;
    __atomic_store_n(ring.sq.ktail, tail, __ATOMIC_RELEASE);
    REQUIRE(syscall(SYS_io_uring_enter, ring.ring_fd, 1L, 1L, IORING_ENTER_GETEVENTS, NULL, 8L) ==
            1);
    REQUIRE(io_uring_peek_cqe(&ring, &cqe) == 0);
    io_uring_cqe_seen(&ring, cqe);
}

static NOINLINE void on_event(void)
{
    pause_ms(200);
    keep_frame++;
}

static void beside(void)
{
    flush(false);
    flush(false);
    struct loop loop = loop_begin();
    for (int turn = 0; turn < 20; turn++) {
        flush(false);
        loop_turn(&loop, 1);
        if (turn == 12)
            on_event();
        flush(false);
    }
    loop_end(&loop);
}

static void alone(void)
{
    for (int turn = 0; turn < 20; turn++) {
        flush(true);
        if (turn == 12)
            on_event();
    }
}

int main(int count, char **words)
{
    REQUIRE(count == 2);
    int error = io_uring_queue_init(8, &ring, 0);
    if (error == -ENOSYS || error == -EPERM)
        exit(SKIP);
    REQUIRE(error == 0);
    if (strcmp(words[1], "beside") == 0)
        beside();
    else
        alone();
    io_uring_queue_exit(&ring);
    puts("done");
    return 0;
}
