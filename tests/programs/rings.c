/*
 * Loops on io_uring: through liburing.so's own functions, which make their system calls with
 * instructions of their own, and through syscall(2).
 *
 * @needs: liburing
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event wait=io_uring_enter
 * times=4
 * @expect stall cause=nested-wait call=io_uring_enter ms=200 function=ask wait=epoll_wait calls=1
 *     detail="* fd *, 200 ms"
 */
#include <liburing.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "support.h"

/* Where src/preload/interpose/rings.c reads. */
_Static_assert(offsetof(struct io_uring, cq.khead) == 104, "the place of the completions' head");
_Static_assert(offsetof(struct io_uring, cq.ktail) == 112, "the place of the completions' tail");
_Static_assert(offsetof(struct io_uring, ring_fd) == 196, "the place of the ring's descriptor");

static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

static void arm(struct io_uring *ring)
{
    static struct __kernel_timespec soon = {0, 10000000};
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    REQUIRE(sqe != NULL);
    io_uring_prep_timeout(sqe, &soon, 0, 0);
}

static void wait_by(unsigned way, struct io_uring *ring)
{
    struct io_uring_cqe *cqe;
    struct __kernel_timespec limit = {1, 0};
    if (way != 1)
        REQUIRE(io_uring_submit(ring) == 1);
    switch (way) {
    case 0:
        REQUIRE(io_uring_wait_cqe(ring, &cqe) == 0);
        break;
    case 1:
        REQUIRE(io_uring_submit_and_wait(ring, 1) == 1);
        break;
    case 2:
        REQUIRE(io_uring_wait_cqe_timeout(ring, &cqe, &limit) == 0);
        break;
    default:
        REQUIRE(syscall(SYS_io_uring_enter, ring->ring_fd, 0L, 1L, IORING_ENTER_GETEVENTS, NULL,
                        8L) >= 0);
        break;
    }
    REQUIRE(io_uring_peek_cqe(ring, &cqe) == 0);
    io_uring_cqe_seen(ring, cqe);
}

static void run(unsigned way)
{
    struct io_uring ring;
    int error = io_uring_queue_init(8, &ring, 0);
    if (error == -ENOSYS || error == -EPERM)
        exit(SKIP);
    REQUIRE(error == 0);
    for (int turn = 0; turn < 16; turn++) {
        arm(&ring);
        wait_by(way, &ring);
        if (turn == 12)
            on_event();
    }
    io_uring_queue_exit(&ring);
}

static NOINLINE void ask(struct io_uring *ring)
{
    struct io_uring_cqe *cqe;
    struct __kernel_timespec limit = {0, 200000000};
    REQUIRE(io_uring_wait_cqe_timeout(ring, &cqe, &limit) == -ETIME);
    keep_frame++;
}

static void nested(void)
{
    struct io_uring ring;
    REQUIRE(io_uring_queue_init(8, &ring, 0) == 0);
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    ask(&ring);
    loop_turn(&loop, 3);
    loop_end(&loop);
    io_uring_queue_exit(&ring);
}

static void *run_all(void *nothing)
{
    for (unsigned way = 0; way < 4; way++)
        run(way);
    return nothing;
}

int main(void)
{
    pthread_join(thread_begin(run_all, NULL), NULL);
    nested();
    puts("done");
    return 0;
}
