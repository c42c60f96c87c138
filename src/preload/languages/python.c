/*
 * CPython as a row of languages.c. A process may hold several (an embedded one beside another): the
 * first few are kept apart.
 */
#include <string.h>

#include "preload/languages/language.h"
#include "preload/languages/python_flow.h"
#include "preload/languages/python_layout.h"
#include "preload/languages/python_pools.h"
#include "preload/languages/python_requests.h"
#include "preload/languages/python_tasks.h"
#include "preload/languages/python_threads.h"
#include "preload/languages/python_walk.h"
#include "preload/stack/symbols.h"

#define PYTHONS 4

static struct sw_python pythons[PYTHONS];
static unsigned python_count;

static bool recognise(const struct sw_module *module)
{
    if (python_count == PYTHONS || !sw_python_recognise(module, &pythons[python_count]))
        return false;
    python_count++;
    return true;
}

static void capture(int tid, const struct sw_unwind_input *input,
                    const struct sw_unwind_stack *native, struct sw_language_stack *stack)
{
    (void)native;
    for (unsigned i = 0; i < python_count && stack->count == 0; i++) {
        uint64_t state = sw_python_thread_state(&pythons[i], tid, input);
        if (state != 0)
            sw_python_walk(&pythons[i], state, stack);
    }
}

/* The lock lies in the interpreter's own data: in 3.6 by itself, then in _PyRuntime. (Interpreters
 * with a lock of their own, from 3.12 on, have it elsewhere.) No other condition variable that
 * anybody waits for with a thread's work in hand lies there. */
static bool is_lock(uint64_t address)
{
    for (unsigned i = 0; i < python_count; i++)
        if (address >= pythons[i].module->low && address < pythons[i].module->high)
            return true;
    return false;
}

static int holder(int tid)
{
    for (unsigned i = 0; i < python_count; i++) {
        /* Unloaded, and something else in its place? A function of it will be called. */
        if (sw_modules_find(pythons[i].eval) != pythons[i].module)
            continue;
        uint64_t state = sw_python_lock_holder(&pythons[i], tid);
        if (state != 0)
            return sw_python_thread_of(&pythons[i], state);
    }
    return 0;
}

static enum sw_flow flow(const struct sw_language_frame *from, const struct sw_language_frame *to)
{
    enum sw_flow answer = SW_FLOW_UNKNOWN;
    for (unsigned i = 0; i < python_count && answer == SW_FLOW_UNKNOWN; i++)
        answer = sw_python_flow(&pythons[i], from->code, from->at, to->at);
    return answer;
}

static bool is_evaluation(const struct sw_unwind_frame *frame)
{
    static const char name[] = "_PyEval_EvalFrameDefault";
    uint64_t ip = frame->exact ? frame->ip : frame->ip - 1;
    for (unsigned i = 0; i < python_count; i++) {
        if (ip >= pythons[i].eval && ip < pythons[i].eval + pythons[i].eval_size)
            return true;
        if (sw_modules_find(ip) != pythons[i].module)
            continue;
        /* What a compiler moved away is a function of its own: _PyEval_EvalFrameDefault.cold. */
        struct sw_symbols *symbols = sw_symbols_open((struct sw_module *)pythons[i].module);
        const char *symbol =
            symbols != NULL ? sw_symbols_find(symbols, ip - pythons[i].module->bias, NULL) : NULL;
        return symbol != NULL && strncmp(symbol, name, sizeof name - 1) == 0;
    }
    return false;
}

/* Up to 3.10 nothing of a frame lies on the C stack: the nth evaluation from outside runs the nth
 * frame from outside, or where one of the stacks is cut, the nth from inside. */
static bool place_by_count(const struct sw_unwind_stack *native, struct sw_language_stack *stack)
{
    uint16_t evaluations[SW_UNWIND_FRAMES];
    unsigned count = 0;
    for (unsigned i = 0; i < native->count; i++)
        if (is_evaluation(&native->frame[i]))
            evaluations[count++] = (uint16_t)i;
    bool whole = native->complete && stack->complete;
    if (count == 0 || (whole && count != stack->count))
        return false;
    for (unsigned i = 0; i < stack->count; i++)
        stack->frame[i].native = i < count ? evaluations[i] : (uint16_t)native->count;
    return true;
}

static bool place(const struct sw_unwind_stack *native, struct sw_language_stack *stack)
{
    return stack->anchored ? sw_languages_place_by_anchors(native, stack)
                           : place_by_count(native, stack);
}

static bool is_machinery(const struct sw_module *module, const char *symbol)
{
    if (module == NULL) /* -X perf: a trampoline for each function */
        return symbol != NULL && strncmp(symbol, "py::", 4) == 0;
    for (unsigned i = 0; i < python_count; i++)
        if (pythons[i].module == module)
            return true;
    return false;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = text != NULL ? strlen(text) : 0, tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* asyncio's loop waits in a function that _run_once calls, and runs callbacks from it. */
static unsigned loop_frames(const struct sw_language_stack *stack)
{
    for (unsigned i = stack->complete ? stack->count : 0; i > 0; i--)
        if (ends_with(stack->frame[i - 1].function, "_run_once") &&
            ends_with(stack->frame[i - 1].file, "/asyncio/base_events.py"))
            return stack->count - (i - 1);
    return 0;
}

static bool label(const struct sw_unwind_input *input, const struct sw_language_stack *stack,
                  char *text, size_t size)
{
    for (unsigned i = 0; i < python_count && stack->coroutine[0] != 0; i++)
        if (sw_python_request_name(&pythons[i], stack->coroutine, text, size) ||
            sw_python_task_name(&pythons[i], stack->coroutine[0], input, text, size))
            return true;
    return false;
}

static unsigned pools(struct sw_pool_view *views, unsigned count, unsigned most)
{
    for (unsigned i = 0; i < python_count; i++)
        count = sw_python_pools(&pythons[i], views, count, most);
    return count;
}

const struct sw_language sw_language_python = {
    .lang = SW_LANG_PYTHON,
    .recognise = recognise,
    .capture = capture,
    .place = place,
    .is_lock = is_lock,
    .holder = holder,
    .flow = flow,
    .is_machinery = is_machinery,
    .loop_frames = loop_frames,
    .label = label,
    .pools = pools,
};
