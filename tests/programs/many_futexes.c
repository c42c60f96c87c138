/*
 * A wait for several futexes at once, futex_waitv(2), which no wrapper knows: a lock all the same.
 *
 * @expect stall cause=lock call=futex_waitv ms=200 function=on_event
 */
#include <linux/futex.h>
#include <sys/syscall.h>

#include "support.h"

static uint32_t word;

static void *wake_late(void *nothing)
{
    pause_ms(200);
    __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    return nothing;
}

static NOINLINE void on_event(void)
{
#if defined(SYS_futex_waitv)
    struct futex_waitv waiter = {.uaddr = (uint64_t)(uintptr_t)&word,
                                 .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG};
    pthread_t waker = thread_begin(wake_late, NULL);
    if (syscall(SYS_futex_waitv, &waiter, 1, 0, NULL, CLOCK_MONOTONIC) < 0 && errno == ENOSYS)
        exit(SKIP);
    pthread_join(waker, NULL);
#else
    exit(SKIP);
#endif
    keep_frame++;
}

int main(void)
{
    loop_run(on_event);
    puts("done");
    return 0;
}
