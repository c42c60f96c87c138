/*
 * The registry of thread records. See thread.h. Records are mapped one by one, found by index, and
 * reused after their thread has ended; the table only grows.
 */
#include "preload/notes/thread.h"

#include <sys/mman.h>
#include <time.h>

#include "common/kernel.h"
#include "preload/notes/clock.h"
#include "preload/notes/process.h"

#define MOST_THREADS 16384
/* The watchdog may be without a CPU between its last look and the signal: as long as that takes on
 * a very busy machine, and no longer, should the signal be lost. */
#define ANSWER_TRIES 1000
#define YIELDS       50
#define STEP_NS      1000000

__thread struct sw_thread *sw_thread_self;

static _Atomic(struct sw_thread *) registry[MOST_THREADS];
static _Atomic uint32_t registry_count;

unsigned sw_thread_count(void)
{
    return atomic_load_explicit(&registry_count, memory_order_acquire);
}

struct sw_thread *sw_thread_at(unsigned index)
{
    return atomic_load_explicit(&registry[index], memory_order_acquire);
}

void sw_thread_end_iterations(void)
{
    unsigned count = sw_thread_count();
    for (unsigned i = 0; i < count; i++) {
        struct sw_thread *thread = sw_thread_at(i);
        if (thread == NULL)
            continue;
        thread->hot_key = 0;
        thread->in_iteration = 0;
    }
}

/* Anonymous memory that a forked child finds zeroed; NULL where there is none, or no such advice
 * (Linux < 4.14). */
static struct sw_thread *map_record(void)
{
    size_t size = (sizeof(struct sw_thread) + 4095) & ~(size_t)4095;
    long address = sw_kernel6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address < 0 && address > -4096)
        return NULL;
    if (sw_kernel3(SYS_madvise, address, (long)size, MADV_WIPEONFORK) != 0) {
        sw_kernel3(SYS_munmap, address, (long)size, 0);
        return NULL;
    }
    return (struct sw_thread *)address;
}

/* A record that no thread has, claimed for `tid`: a wiped or released one first. */
static struct sw_thread *claim_record(int32_t tid)
{
    unsigned count = sw_thread_count();
    for (unsigned i = 0; i < count; i++) {
        struct sw_thread *thread = sw_thread_at(i);
        int32_t none = 0;
        if (thread != NULL && __atomic_compare_exchange_n(&thread->tid, &none, tid, false,
                                                          __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return thread;
    }
    struct sw_thread *thread = map_record();
    if (thread == NULL)
        return NULL;
    __atomic_store_n(&thread->tid, tid, __ATOMIC_RELEASE);
    unsigned index = atomic_fetch_add(&registry_count, 1);
    if (index >= MOST_THREADS) {
        atomic_store(&registry_count, MOST_THREADS);
        return NULL;
    }
    atomic_store_explicit(&registry[index], thread, memory_order_release);
    return thread;
}

struct sw_thread *sw_thread_attach(void)
{
    if (!sw_process_start())
        return NULL;
    int32_t tid = sw_kernel_gettid();
    struct sw_thread *thread = sw_thread_self;
    if (thread != NULL && thread->tid == tid)
        return thread;
    thread = claim_record(tid);
    if (thread != NULL) {
        thread->clock_is_tsc = sw_clock_is_tsc;
        atomic_store(&thread->threshold_ticks, atomic_load(&sw_process->threshold_ticks));
    }
    sw_thread_self = thread;
    return thread;
}

void sw_thread_release(struct sw_thread *thread)
{
    for (int i = 0; i < SW_LOOPS_PER_THREAD; i++) {
        struct sw_base_stack *base = atomic_exchange(&thread->loops[i].base, NULL);
        if (base != NULL)
            sw_kernel3(SYS_munmap, (long)base, sizeof *base, 0);
    }
    for (int i = 0; i < SW_PARK_SITES; i++) {
        struct sw_base_stack *stack = atomic_exchange(&thread->parks[i].stack, NULL);
        if (stack != NULL)
            sw_kernel3(SYS_munmap, (long)stack, sizeof *stack, 0);
    }
    /* The mapping is private and anonymous: this is the cheapest way to zero it, tid last of all by
     * being part of it. */
    size_t size = (sizeof *thread + 4095) & ~(size_t)4095;
    sw_kernel3(SYS_madvise, (long)thread, (long)size, MADV_DONTNEED);
}

void sw_thread_answer_request(struct sw_thread *thread)
{
    uint32_t seen = SW_REQUEST_ASKED;
    if (atomic_compare_exchange_strong(&thread->request, &seen, SW_REQUEST_IDLE))
        return;
    /* A child of vfork in its parent's memory: the signal is the parent's. */
    if (sw_kernel_gettid() != thread->tid)
        return;
    /* The signal is on its way. It has to arrive before the call is entered, or it would end the
     * call with EINTR. */
    struct timespec step = {0, STEP_NS};
    for (int i = 0; i < ANSWER_TRIES && seen == SW_REQUEST_SENDING; i++) {
        if (i < YIELDS)
            sw_kernel3(SYS_sched_yield, 0, 0, 0);
        else
            sw_kernel3(SYS_nanosleep, (long)&step, 0, 0);
        seen = atomic_load(&thread->request);
    }
}
