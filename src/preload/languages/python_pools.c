/*
 * See python_pools.h.
 *
 * A worker is known by the function that its thread runs for as long as it lives, and what it works
 * on by a local variable of that: a _WorkItem of concurrent.futures.thread's _worker, deleted
 * before it asks for the next; a Future of AnyIO's WorkerThread.run, which a task waits for until
 * the work is done.
 *
 * What waits stands in the queue that the workers of concurrent.futures share, an argument of
 * _worker: a pool makes threads until it has its most, so with work in its queue and none of those
 * that it has made idle, or still on its way to _worker, it is as large as it gets. AnyIO has no
 * such queue: tasks wait for a token of a CapacityLimiter. The task that waits for a worker's
 * Future is inside of run_sync, and so has the limiter (its __aexit__) on the stack of one of its
 * coroutines. Each token that is lent is a thread's, unless the program takes tokens for other
 * things: then it is nobody's full pool.
 */
#include "preload/languages/python_pools.h"

#include <string.h>

#include "preload/languages/python_code.h"
#include "preload/languages/python_objects.h"
#include "preload/languages/python_threads.h"
#include "preload/languages/python_walk.h"
#include "preload/stack/memory.h"

#define CODES      256 /* a power of two */
#define DEEP       128 /* coroutines that a task awaits one in the other */
#define QUEUED     16  /* items of a queue that are looked at */
#define TASK_WORDS 24
#define NAME_MOST  64
#define FILE_MOST  1024
#define SET_USED   24 /* of PySetObject: how many elements */

enum kind { NO_WORKER, EXECUTOR, ANYIO };

/* Which function a code object is; its name is kept to see that it still is that object. */
static struct {
    uint64_t code, name;
    enum kind kind;
} codes[CODES];

struct worker {
    const struct sw_python *python;
    enum kind kind; /* of the outermost frame that is a worker's */
    uint64_t frame, code;
};

struct look {
    const struct sw_python *python;
    struct sw_pool_view *views;
    unsigned count, most;
};

static bool word_at(uint64_t address, uint64_t *word)
{
    return sw_memory_read(address, word, sizeof *word) == 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static enum kind judge_code(const struct sw_python *python, uint64_t code, uint64_t name)
{
    char text[NAME_MOST], file[FILE_MOST];
    uint64_t filename;
    if (sw_python_read_text(python, name, text, sizeof text) == 0 ||
        (strcmp(text, "_worker") != 0 && strcmp(text, "run") != 0) ||
        !word_at(code + python->layout.filename, &filename) ||
        sw_python_read_text(python, filename, file, sizeof file) == 0)
        return NO_WORKER;
    if (text[0] == '_' && ends_with(file, "concurrent/futures/thread.py"))
        return EXECUTOR;
    return text[0] == 'r' && ends_with(file, "anyio/_backends/_asyncio.py") ? ANYIO : NO_WORKER;
}

static enum kind kind_of(const struct sw_python *python, uint64_t code)
{
    uint64_t name;
    unsigned at = (unsigned)(code >> 4 ^ code >> 12) % CODES;
    if (!word_at(code + python->layout.name, &name))
        return NO_WORKER;
    if (codes[at].code != code || codes[at].name != name) {
        codes[at].code = code;
        codes[at].name = name;
        codes[at].kind = judge_code(python, code, name);
    }
    return codes[at].kind;
}

static bool note_worker(void *context, uint64_t frame, uint64_t code)
{
    struct worker *worker = context;
    enum kind kind = kind_of(worker->python, code);
    if (kind != NO_WORKER) {
        worker->kind = kind;
        worker->frame = frame;
        worker->code = code;
    }
    return true;
}

/* --- concurrent.futures --------------------------------------------------------------------------
 */

/* The first of a list's items that is work (None tells a worker to end); 0: none. */
static uint64_t first_work(const struct sw_python *python, uint64_t items, uint64_t first,
                           uint64_t count, uint64_t wrap)
{
    uint64_t item;
    for (uint64_t i = 0; i < count && i < QUEUED; i++) {
        uint64_t at = wrap != 0 ? (first + i) % wrap : first + i;
        if (word_at(items + at * 8, &item) && sw_python_is(python, item, "_WorkItem"))
            return item;
    }
    return 0;
}

/* _queue.SimpleQueue (Modules/_queuemodule.c): a list and how much of it is gone; from 3.13 on a
 * ring (put, get, items, room, count). */
static uint64_t first_of_simple(const struct sw_python *python, uint64_t queue)
{
    uint64_t field[7], list[2], head = queue + python->layout.type + 8;
    if (sw_memory_read(head, field, sizeof field) != 0)
        return 0;
    if (python->layout.minor >= 13)
        return field[5] <= field[4] && field[4] != 0
                   ? first_work(python, field[3], field[2], field[5], field[4])
                   : 0;
    uint64_t object = field[2], gone = field[3];
    if (sw_memory_read(object + 16, list, sizeof list) != 0 ||
        !sw_python_is(python, object, "list"))
        return 0;
    return gone < list[0] ? first_work(python, list[1], gone, list[0] - gone, 0) : 0;
}

/* queue.Queue, up to 3.6: its attribute of the type deque (Modules/_collectionsmodule.c: size, the
 * leftmost block, the rightmost, where the first item is in the leftmost). */
static uint64_t first_of_queue(const struct sw_python *python, uint64_t queue)
{
    uint64_t values[SW_PYTHON_VALUES], field[4], item;
    unsigned count = sw_python_attributes(python, queue, values);
    uint64_t deque = sw_python_first(python, values, count, "collections.deque");
    if (deque == 0 || sw_memory_read(deque + 16, field, sizeof field) != 0 || field[0] == 0 ||
        field[3] >= 64 || !word_at(field[1] + 8 + field[3] * 8, &item))
        return 0;
    return sw_python_is(python, item, "_WorkItem") ? item : 0;
}

static uint64_t first_in_queue(const struct sw_python *python, uint64_t queue)
{
    return sw_python_is(python, queue, "_queue.SimpleQueue") ? first_of_simple(python, queue)
           : sw_python_is(python, queue, "Queue")            ? first_of_queue(python, queue)
                                                             : 0;
}

/* The attributes of the executor that a worker has a weak reference to, until it is gone. */
static unsigned attributes_of_executor(const struct sw_python *python, const uint64_t *locals,
                                       unsigned count, uint64_t values[SW_PYTHON_VALUES])
{
    uint64_t executor, reference = sw_python_first(python, locals, count, "weakref");
    if (reference == 0)
        reference = sw_python_first(python, locals, count, "weakref.ReferenceType");
    return reference != 0 && word_at(reference + python->layout.type + 8, &executor)
               ? sw_python_attributes(python, executor, values)
               : 0;
}

/* How many threads it has, those included that have not come as far as _worker yet; 0: not known.
 */
static unsigned threads_of(const struct sw_python *python, const uint64_t *values, unsigned count)
{
    uint64_t used, threads = sw_python_first(python, values, count, "set");
    return threads != 0 && word_at(threads + SET_USED, &used) ? (unsigned)used : 0;
}

/* "concurrent.futures/asyncio", by the prefix of its threads' names, which the executor has as its
 * only str; without the number that tells one without a name from the next. */
static void name_executor(const struct sw_python *python, const uint64_t *values, unsigned count,
                          char name[SW_POOL_NAME])
{
    static const char room[] = "concurrent.futures/";
    uint64_t prefix = sw_python_first(python, values, count, "str");
    size_t length = 0;
    strcpy(name, room);
    if (prefix != 0)
        length = sw_python_read_text(python, prefix, name + sizeof room - 1,
                                     SW_POOL_NAME - sizeof room + 1);
    if (length == 0)
        strcpy(name + sizeof room - 1, "ThreadPoolExecutor");
    static const char unnamed[] = "ThreadPoolExecutor-";
    if (strncmp(name + sizeof room - 1, unnamed, sizeof unnamed - 1) == 0)
        name[sizeof room - 1 + sizeof unnamed - 2] = '\0';
}

/* --- AnyIO ---------------------------------------------------------------------------------------
 */

/* The task that waits for a future; 0: none, as when that has its result. */
static uint64_t task_of(const struct sw_python *python, uint64_t future)
{
    uint64_t values[SW_PYTHON_VALUES], callback;
    /* fut_loop, fut_callback0 (from 3.7 on): a bound function of the task's. */
    if (!word_at(future + python->layout.type + 16, &callback) || callback == 0)
        return 0;
    unsigned count = sw_python_fields(python, callback, 5, values);
    return sw_python_first(python, values, count, "_asyncio.Task");
}

static uint64_t limiter_among(const struct sw_python *python, const uint64_t *values,
                              unsigned count)
{
    uint64_t own;
    for (unsigned i = 0; i < count; i++) {
        if (sw_python_is(python, values[i], "CapacityLimiter"))
            return values[i];
        if (sw_python_is(python, values[i], "method") &&
            word_at(values[i] + python->layout.type + 16, &own) &&
            sw_python_is(python, own, "CapacityLimiter"))
            return own;
    }
    return 0;
}

/* Along the coroutines that await each other, to the innermost that holds one. */
static uint64_t limiter_of(const struct sw_python *python, uint64_t task)
{
    uint64_t values[SW_PYTHON_VALUES], limiter = 0;
    unsigned count = sw_python_fields(python, task, TASK_WORDS, values);
    uint64_t coroutine = sw_python_first(python, values, count, "coroutine");
    for (unsigned i = 0; i < DEEP && coroutine != 0; i++) {
        count = sw_python_suspended(python, coroutine, values);
        uint64_t found = limiter_among(python, values, count);
        limiter = found != 0 ? found : limiter;
        coroutine = 0;
        for (unsigned j = count; j > 0 && coroutine == 0; j--)
            if (sw_python_is(python, values[j - 1], "coroutine"))
                coroutine = values[j - 1];
    }
    return limiter;
}

/* How many tasks wait, and how many tokens are lent. */
static uint64_t waiters_of(const struct sw_python *python, uint64_t limiter, uint64_t *lent)
{
    uint64_t values[SW_PYTHON_VALUES], waiting = 0;
    if (!sw_python_is(python, limiter, "CapacityLimiter"))
        return 0;
    unsigned count = sw_python_attributes(python, limiter, values);
    uint64_t queue = sw_python_first(python, values, count, "collections.OrderedDict");
    uint64_t borrowers = sw_python_first(python, values, count, "set");
    if (queue == 0 || borrowers == 0 || !word_at(queue + 16, &waiting) ||
        !word_at(borrowers + SET_USED, lent))
        return 0;
    return waiting;
}

/* --- both ----------------------------------------------------------------------------------------
 */

static struct sw_pool_view *view_of(struct look *look, uint64_t object)
{
    for (unsigned i = 0; i < look->count; i++)
        if (look->views[i].key == object)
            return &look->views[i];
    if (look->count == look->most)
        return NULL;
    struct sw_pool_view *view = &look->views[look->count++];
    view->key = object;
    view->count = view->threads = 0;
    return view;
}

static void add(struct sw_pool_view *view, int tid, uint64_t item)
{
    if (view->count == SW_POOL_WORKERS) { /* what cannot be seen whole is not judged */
        view->waiting = 0;
        return;
    }
    view->worker[view->count].tid = tid;
    view->worker[view->count++].item = item;
}

static void look_at_executor(struct look *look, int tid, const uint64_t *locals, unsigned count)
{
    const struct sw_python *python = look->python;
    uint64_t values[SW_PYTHON_VALUES];
    uint64_t queue = sw_python_first(python, locals, count, "_queue.SimpleQueue");
    if (queue == 0)
        queue = sw_python_first(python, locals, count, "Queue");
    struct sw_pool_view *view = queue != 0 ? view_of(look, queue) : NULL;
    if (view == NULL)
        return;
    if (view->count == 0) {
        unsigned found = attributes_of_executor(python, locals, count, values);
        name_executor(python, values, found, view->name);
        view->threads = threads_of(python, values, found);
        view->hint = "max_workers= of its ThreadPoolExecutor (of asyncio's own: "
                     "loop.set_default_executor) makes it larger";
        view->waiting = first_in_queue(python, queue);
    }
    add(view, tid, sw_python_first(python, locals, count, "_WorkItem"));
}

static void look_at_anyio(struct look *look, int tid, const uint64_t *locals, unsigned count)
{
    const struct sw_python *python = look->python;
    uint64_t future = sw_python_first(python, locals, count, "_asyncio.Future"), lent = 0;
    uint64_t task = future != 0 ? task_of(python, future) : 0;
    uint64_t limiter = task != 0 ? limiter_of(python, task) : 0;
    struct sw_pool_view *view = limiter != 0 ? view_of(look, limiter) : NULL;
    if (view == NULL) /* an idle one is nobody's */
        return;
    if (view->count == 0) {
        strcpy(view->name, "anyio");
        view->hint =
            "anyio.to_thread.current_default_thread_limiter().total_tokens makes it larger";
        view->waiting = waiters_of(python, limiter, &lent) > 0 ? limiter : 0;
        view->threads = (unsigned)lent;
    }
    add(view, tid, future);
}

static void look_at_thread(void *context, int tid, uint64_t state)
{
    struct look *look = context;
    struct worker worker = {.python = look->python};
    uint64_t locals[SW_PYTHON_VALUES];
    sw_python_each_frame(look->python, state, note_worker, &worker);
    if (worker.kind == NO_WORKER)
        return;
    unsigned count = sw_python_locals(look->python, worker.frame, worker.code, locals);
    if (worker.kind == EXECUTOR)
        look_at_executor(look, tid, locals, count);
    else
        look_at_anyio(look, tid, locals, count);
}

unsigned sw_python_pools(const struct sw_python *python, struct sw_pool_view *views, unsigned count,
                         unsigned most)
{
    struct look look = {.python = python, .views = views, .count = count, .most = most};
    sw_python_each_thread(python, look_at_thread, &look);
    return look.count;
}
