/*
 * See pool_libuv.h. The pool's queue is a static variable of src/threadpool.c, of which a stripped
 * library has no name. It is found by what it is used for:
 *
 *   - Workers are threads whose first own function lies in the module that exports uv_queue_work.
 *     That function is unwound to once for each thread, while it is blocked.
 *   - Its code names the queue's address: relative to itself, or (in a program that is linked to
 *     one place, as node is) as it is. All addresses of the module that four bytes of it may mean
 *     are looked at once, those that are heads of lists then (as libuv makes them before its
 *     workers) are taken down, and the queue is the one that has a list of work: struct uv__work
 *     {work, done, loop, next, prev}, each with two functions and a loop, linked both ways.
 *     uv_cancel tells pending work by the same (linked, and `work` not NULL).
 *   - A worker that is idle waits in a futex of a static condition beside the queue.
 *
 * Nothing of libuv is called, and what has no work waiting is never taken for a queue.
 */
#include "preload/watch/pools/pool_libuv.h"

#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>

#include "preload/notes/clock.h"
#include "preload/notes/process.h"
#include "preload/stack/exports.h"
#include "preload/stack/memory.h"
#include "preload/stack/modules.h"
#include "preload/stack/unwind_table.h"
#include "preload/watch/kernel/account.h"
#include "preload/watch/kernel/numbers.h"
#include "preload/watch/samples/snapshot.h"

#define MOST_MODULES 4
#define MOST_THREADS 256
#define MOST_TRIES   50                 /* to look at a thread that runs, until it is left alone */
#define TRY_NS       UINT64_C(20000000) /* between two of them */
#define MOST_CODES   8                  /* functions that threads of such modules run */
#define MOST_PLACES  16                 /* heads of lists that a function's code may mean */
#define MOST_SEARCH  3                  /* for them, where there are none: a list may be changing */
#define CODE_MOST    4096               /* bytes of a function */
#define QUEUED       64                 /* elements of the queue that are followed */
#define BESIDE       1024               /* bytes from the queue to the pool's condition and mutex */
/* From a module's first address to its data, which module->high may leave out. */
#define MODULE_MOST  (UINT64_C(1) << 30)
#define WORK_SIZE    24 /* of struct uv__work before its links */
#define LOOP_HANDLES 16 /* of uv_loop_t: its list of handles */

static const struct sw_module *modules[MOST_MODULES];
static unsigned module_count;

/* A thread of the process, and the function that it runs; 0: not known, or none of libuv's. */
static struct known {
    int tid;
    bool seen; /* in this listing */
    uint8_t tries;
    uint64_t tried;    /* ticks */
    uint64_t switches; /* at the last try */
    uint64_t function;
} threads[MOST_THREADS];
static unsigned thread_count;

/* What each function that such threads run names that may be the queue. */
static struct code {
    uint64_t function;
    uint64_t queue; /* 0: not found yet */
    unsigned searches, count;
    uint64_t place[MOST_PLACES];
} codes[MOST_CODES];
static unsigned code_count;

void sw_pool_libuv_start(void)
{
    thread_count = 0;
    code_count = 0;
}

static void judge_module(struct sw_module *module)
{
    if (module == NULL || module->judged_pool)
        return;
    module->judged_pool = true;
    if (module_count < MOST_MODULES && sw_exports_address(module, "uv_queue_work") != 0)
        modules[module_count++] = module;
}

void sw_pool_libuv_recognise(const struct sw_unwind_stack *stack)
{
    if (stack == NULL)
        judge_module(sw_modules_find(getauxval(AT_ENTRY)));
    for (unsigned i = 0; stack != NULL && i < stack->count; i++)
        judge_module(sw_modules_find(stack->frame[i].ip));
}

bool sw_pool_libuv_present(void)
{
    return module_count > 0;
}

/* The outermost function of a thread's stack that is in one of those modules, with nothing of its
 * kind around it. */
static uint64_t first_function(const struct sw_unwind_stack *stack)
{
    for (unsigned i = stack->count; stack->complete && i > 0; i--) {
        const struct sw_unwind_frame *frame = &stack->frame[i - 1];
        const struct sw_module *module = sw_modules_find(frame->ip);
        if (module == NULL || strncmp(module->name, "libc.so", 7) == 0)
            continue;
        for (unsigned j = 0; j < module_count; j++)
            if (modules[j] == module)
                return frame->function;
        return 0;
    }
    return 0;
}

static void judge_thread(struct known *thread)
{
    static struct sw_sample sample;
    struct sw_stack_bounds bounds = {0};
    uint64_t now = sw_clock_ticks();
    if (thread->tries == MOST_TRIES || sw_clock_ticks_to_ns(now - thread->tried) < TRY_NS)
        return;
    thread->tries++;
    thread->tried = now;
    uint64_t before = thread->switches;
    bool quiet = sw_account_switches(thread->tid, &thread->switches) && before == thread->switches;
    if (sw_snapshot_take_other(thread->tid, quiet, &bounds, &sample) != 0 || !sample.stack.complete)
        return;
    thread->tries = MOST_TRIES;
    thread->function = first_function(&sample.stack);
}

static struct known *known_of(int tid)
{
    for (unsigned i = 0; i < thread_count; i++)
        if (threads[i].tid == tid)
            return &threads[i];
    if (thread_count == MOST_THREADS)
        return NULL;
    threads[thread_count] = (struct known){.tid = tid, .switches = UINT64_MAX};
    return &threads[thread_count++];
}

static void list_threads(void)
{
    struct sw_numbers numbers;
    if (!sw_numbers_open(&numbers, "/proc/self/task"))
        return;
    for (unsigned i = 0; i < thread_count; i++)
        threads[i].seen = false;
    for (int tid; (tid = sw_numbers_next(&numbers)) >= 0;) {
        if (tid == sw_process->pid || tid == atomic_load(&sw_process->watchdog_tid))
            continue;
        struct known *thread = known_of(tid);
        if (thread == NULL)
            break;
        thread->seen = true;
        judge_thread(thread);
    }
    sw_numbers_close(&numbers);
    unsigned kept = 0;
    for (unsigned i = 0; i < thread_count; i++)
        if (threads[i].seen)
            threads[kept++] = threads[i];
    thread_count = kept;
}

static bool words_at(uint64_t address, uint64_t *words, size_t count)
{
    return sw_memory_read(address, words, count * sizeof *words) == 0;
}

static bool is_linked(uint64_t element, uint64_t before)
{
    uint64_t links[2];
    return (element & 7) == 0 && words_at(element, links, 2) && links[1] == before;
}

/* Is the element of a list a struct uv__work that has not been begun? */
static bool is_work(uint64_t element)
{
    uint64_t work[3], handles[2], back[2];
    return words_at(element - WORK_SIZE, work, 3) && work[0] != 0 && work[1] != 0 &&
           sw_modules_find(work[0]) != NULL && sw_modules_find(work[1]) != NULL &&
           words_at(work[2] + LOOP_HANDLES, handles, 2) && words_at(handles[0], back, 2) &&
           back[1] == work[2] + LOOP_HANDLES;
}

/* The first work of a list that begins at `head`; 0: it is no such list, or has none. (libuv's own
 * messages to its workers are elements of it too.) */
static uint64_t first_work(uint64_t head)
{
    uint64_t links[2], element, before = head, found = 0;
    if (!words_at(head, links, 2) || links[0] == head || links[0] == 0)
        return 0;
    element = links[0];
    for (unsigned i = 0; i < QUEUED && element != head; i++) {
        if (!is_linked(element, before))
            return 0;
        if (found == 0 && is_work(element))
            found = element;
        before = element;
        if (!words_at(element, &element, 1))
            return 0;
    }
    return found;
}

static bool is_head(uint64_t place)
{
    uint64_t links[2], back;
    return words_at(place, links, 2) && links[0] != 0 && is_linked(links[0], place) &&
           (links[1] & 7) == 0 && words_at(links[1], &back, 1) && back == place;
}

static void note_place(struct code *code, const struct sw_module *module, uint64_t place)
{
    if ((place & 7) != 0 || place < module->low || place - module->low >= MODULE_MOST ||
        code->count == MOST_PLACES || !is_head(place))
        return;
    for (unsigned i = 0; i < code->count; i++)
        if (code->place[i] == place)
            return;
    code->place[code->count++] = place;
}

static void find_places(struct code *code)
{
    static uint8_t bytes[CODE_MOST];
    const struct sw_module *module = sw_modules_find(code->function);
    code->searches++;
    uint64_t end = module != NULL ? sw_unwind_table_next(module, code->function) : 0;
    if (end <= code->function)
        return;
    size_t size = end - code->function < CODE_MOST ? end - code->function : CODE_MOST;
    if (sw_memory_read(code->function, bytes, size) != 0)
        return;
    for (size_t i = 0; i + 4 <= size; i++) {
        int32_t number;
        memcpy(&number, bytes + i, sizeof number);
        note_place(code, module, code->function + i + 4 + (uint64_t)(int64_t)number);
        note_place(code, module, (uint32_t)number);
    }
}

static struct code *code_of(uint64_t function)
{
    for (unsigned i = 0; i < code_count; i++)
        if (codes[i].function == function)
            return &codes[i];
    if (code_count == MOST_CODES)
        return NULL;
    codes[code_count] = (struct code){.function = function};
    return &codes[code_count++];
}

static uint64_t find_waiting(struct code *code)
{
    uint64_t found = code->queue != 0 ? first_work(code->queue) : 0;
    if (code->queue != 0)
        return found;
    if (code->count == 0 && code->searches < MOST_SEARCH)
        find_places(code);
    for (unsigned i = 0; i < code->count && found == 0; i++) {
        found = first_work(code->place[i]);
        if (found != 0)
            code->queue = code->place[i];
    }
    return found;
}

static bool is_idle(int tid, uint64_t queue)
{
    struct sw_syscall_view view;
    sw_account_syscall(tid, &view);
    if (!view.known)
        return true;
    return !view.running && view.number == SYS_futex && view.argument[0] + BESIDE > queue &&
           view.argument[0] < queue + BESIDE;
}

bool sw_pool_libuv_undecided(void)
{
    for (unsigned i = 0; i < thread_count; i++)
        if (threads[i].tries < MOST_TRIES)
            return true;
    return false;
}

/* The queue of the workers that run `function`, if work waits there. */
static bool look_at(uint64_t function, struct sw_pool_view *view)
{
    struct code *code = code_of(function);
    view->waiting = code != NULL ? find_waiting(code) : 0;
    if (view->waiting == 0)
        return false;
    view->key = code->queue;
    strcpy(view->name, "libuv");
    view->hint = "UV_THREADPOOL_SIZE makes it larger";
    /* One that is not known yet may be another worker. */
    view->threads = sw_pool_libuv_undecided() ? SW_POOL_WORKERS + 1 : 0;
    view->count = 0;
    for (unsigned i = 0; i < thread_count && view->count < SW_POOL_WORKERS; i++)
        if (threads[i].function == function)
            view->worker[view->count++] = (struct sw_pool_worker){
                threads[i].tid, is_idle(threads[i].tid, code->queue) ? 0 : view->waiting};
    return true;
}

/* Queues are known, and nothing waits in them. */
static bool nothing_waits(void)
{
    bool known = false;
    for (unsigned i = 0; i < code_count; i++) {
        known = known || codes[i].queue != 0;
        if (codes[i].queue != 0 && first_work(codes[i].queue) != 0)
            return false;
    }
    return known;
}

bool sw_pool_libuv_look(struct sw_pool_view *view)
{
    if (nothing_waits())
        return false;
    list_threads();
    for (unsigned i = 0; i < thread_count; i++) {
        bool before = false;
        for (unsigned j = 0; j < i; j++)
            before = before || threads[j].function == threads[i].function;
        if (threads[i].function != 0 && !before && look_at(threads[i].function, view))
            return true;
    }
    return false;
}
