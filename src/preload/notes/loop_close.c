/*
 * A loop is over when its descriptor is closed, by whatever thread.
 *
 * Every close of the program passes here, so the question "might this be a loop's?" is one load of
 * a byte; only a descriptor that a loop has used goes on to the registry. A child of vfork(2) that
 * closes everything before its exec runs in our memory and is told apart by its pid.
 */
#include "preload/notes/loop.h"

#include <unistd.h>

#include "common/kernel.h"

uint8_t sw_closes_matter[SW_CLOSES_DESCRIPTORS];
uint8_t sw_closes_count[SW_CLOSES_DESCRIPTORS];

static bool leave_core(struct sw_loop *loop, int fd)
{
    bool had = false;
    bool left = false;
    for (unsigned i = 0; i < SW_POLL_CORE; i++) {
        if (i >= loop->core_count)
            break;
        int32_t core = atomic_load(&loop->core[i]);
        if (core == fd) {
            atomic_store(&loop->core[i], -1);
            had = true;
        } else if (core >= 0) {
            left = true;
        }
    }
    return had && !left;
}

static void close_loop(struct sw_thread *thread, struct sw_loop *loop, int fd)
{
    uint32_t state = atomic_load(&loop->state);
    if (state != SW_LOOP_CANDIDATE && state != SW_LOOP_OWNED)
        return;
    atomic_store(&loop->closed_at, sw_clock_ticks());
    bool over = sw_wait_is_set(loop->kind) ? leave_core(loop, fd) : loop->fd == fd;
    if (!over || !atomic_compare_exchange_strong(
                     &loop->state, &state, state == SW_LOOP_OWNED ? SW_LOOP_CLOSED : SW_LOOP_FREE))
        return;
    atomic_store(&thread->attention, SW_ATTENTION_LOOP);
    if (thread == sw_thread_self && thread->outer == loop) {
        thread->hot_key = 0;
        sw_call_stop_noting(thread);
    }
}

void sw_loop_descriptor_closed(int fd)
{
    if (!sw_process_is_ours())
        return;
    SW_CLOSES_MATTER(fd) = 0;
    if (fd == STDERR_FILENO) {
        atomic_store(&sw_process->stderr_gone, 1);
        sw_process_wake();
    }
    unsigned count = sw_thread_count();
    for (unsigned i = 0; i < count; i++) {
        struct sw_thread *thread = sw_thread_at(i);
        if (thread == NULL || thread->tid == 0)
            continue;
        for (unsigned j = 0; j < SW_LOOPS_PER_THREAD; j++)
            close_loop(thread, &thread->loops[j], fd);
    }
}
