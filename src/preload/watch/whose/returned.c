/* See returned.h. */
#include "preload/watch/whose/returned.h"

#include <string.h>

#include "preload/stack/flow.h"
#include "preload/stack/modules.h"
#include "preload/stack/symbols.h"
#include "preload/watch/samples/common_frames.h"
#include "preload/watch/whose/parks_table.h"

#define MOST_THROUGH 4 /* frames, from the wait on */

bool sw_returned_comparable(const struct sw_unwind_stack *stack, const struct sw_unwind_stack *base)
{
    if (!stack->complete || !base->complete || stack->count < 2 || base->count < 2)
        return false;
    /* The outermost frame has no CFA: the stack pointer in it is that of the one before. */
    return stack->frame[stack->count - 1].ip == base->frame[base->count - 1].ip &&
           stack->frame[stack->count - 2].cfa == base->frame[base->count - 2].cfa;
}

/* Frames that every stack of a thread has: where the thread begins. */
static bool is_entry(const struct sw_unwind_frame *frame)
{
    static const char *const entries[] = {"_start",
                                          "__libc_start_main",
                                          "__libc_start_call_main",
                                          "start_thread",
                                          "clone",
                                          "clone3",
                                          "__clone3",
                                          "__clone",
                                          "__libc_start_main_impl"};
    struct sw_module *module = sw_modules_find(frame->ip);
    const char *name = sw_symbols_name_at(frame->ip - 1);
    for (unsigned i = 0; name != NULL && i < sizeof entries / sizeof entries[0]; i++)
        if (strcmp(name, entries[i]) == 0)
            return true;
    return module != NULL && strncmp(module->name, "libc.so", 7) == 0;
}

bool sw_returned_is_interpreter(uint64_t ip)
{
    struct sw_module *module = sw_modules_find(ip);
    return module != NULL &&
           (strncmp(module->name, "python", 6) == 0 || strncmp(module->name, "libpython", 9) == 0);
}

bool sw_returned_is_perl(uint64_t ip)
{
    struct sw_module *module = sw_modules_find(ip);
    return module != NULL &&
           (strncmp(module->name, "perl", 4) == 0 || strncmp(module->name, "libperl.so", 10) == 0);
}

bool sw_returned_is_ruby(uint64_t ip)
{
    struct sw_module *module = sw_modules_find(ip);
    return module != NULL && strncmp(module->name, "libruby", 7) == 0;
}

bool sw_returned_is_interpreters_wait(uint64_t ip)
{
    struct sw_module *module = sw_modules_find(ip);
    return sw_returned_is_interpreter(ip) ||
           (module != NULL && strncmp(module->name, "select.", 7) == 0);
}

/* The first frame from `first` on that is no more in its module, if that is the interpreter, and
 * `first` no part of `waits`; else `first`. An extension that calls such a function is to its
 * language what select is (pyzmq's zmq_poll, which tries again when a signal has come). */
static unsigned past_extension(const struct sw_unwind_stack *base, unsigned first, uint64_t waits)
{
    struct sw_module *module = first < base->count ? sw_modules_find(base->frame[first].ip) : NULL;
    unsigned end = first;
    if (module == NULL || module->program || module == sw_modules_find(waits))
        return first;
    while (end < base->count && sw_modules_find(base->frame[end].ip) == module)
        end++;
    return end < base->count && sw_returned_is_interpreter(base->frame[end].ip) ? end : first;
}

unsigned sw_returned_waiter(const struct sw_unwind_stack *base)
{
    unsigned first = 0;
    while (first < base->count && sw_modules_is_own(base->frame[first].ip))
        first++;
    unsigned waiter = first;
    for (unsigned i = first; i < base->count && i < first + MOST_THROUGH; i++)
        if (sw_parks_table_has(SW_PARK_THROUGH, sw_symbols_name_at(base->frame[i].ip - 1)))
            waiter = i + 1;
    return waiter > first ? past_extension(base, waiter, base->frame[waiter - 1].ip) : first;
}

/* Do the frames of the base from the wait up to `end` hold one that goes in a circle around its
 * call, and does other work in it? A wait that is only tried again when a signal has ended it does
 * not. */
enum sw_returned_inside sw_returned_inside(const struct sw_unwind_stack *base, unsigned end)
{
    bool works = false; /* a callee goes on to other calls after the wait */
    for (unsigned i = sw_returned_waiter(base); i < end; i++) {
        uint64_t call = base->frame[i].ip;
        if (sw_returned_is_interpreters_wait(call) || sw_returned_is_ruby(call))
            continue;
        if (sw_flow_turns(call) == SW_FLOW_YES ||
            (works && sw_flow_reaches(call, call) == SW_FLOW_YES))
            return SW_RETURNED_TURNS;
        works = works || sw_flow_works_after(call);
    }
    return works ? SW_RETURNED_WORKS : SW_RETURNED_WAITS;
}

static bool turns_inside(const struct sw_unwind_stack *base, unsigned end)
{
    return sw_returned_inside(base, end) == SW_RETURNED_TURNS;
}

/* Does a frame outside of `first` come back to its call? One whose jumps cannot be followed may.
 * `module`: only its frames are asked; NULL: all. */
static bool turns_outside(const struct sw_unwind_stack *stack, unsigned first,
                          const struct sw_module *module)
{
    for (unsigned i = first + 1; i < stack->count && !is_entry(&stack->frame[i]); i++)
        if ((module == NULL || sw_modules_find(stack->frame[i].ip) == module) &&
            sw_flow_reaches(stack->frame[i].ip, stack->frame[i].ip) != SW_FLOW_NO)
            return true;
    return false;
}

/* Is F a part of an event library, which turns it (sd_event_loop → sd_event_run)? Then what goes in
 * a circle inside of it is no loop of its own. */
static bool is_turned_by_library(const struct sw_unwind_stack *stack, unsigned first)
{
    struct sw_module *module = sw_modules_find(stack->frame[first].ip);
    return module != NULL && !module->program && turns_outside(stack, first, module);
}

static bool is_compiled_late(const struct sw_unwind_stack *stack, unsigned inside)
{
    return inside > 0 && sw_modules_find(stack->frame[inside - 1].ip) == NULL;
}

/* Of two stacks whose innermost common frame is `i` of the one, `j` of the other. */
static bool has_returned(const struct sw_unwind_stack *stack, const struct sw_unwind_stack *base,
                         unsigned i, unsigned j)
{
    if (sw_modules_is_own(stack->frame[i].ip))
        return false;
    /* Both ways lead through code that was compiled at run time: the loop may be in there, and its
     * frame look different by now, when a better compiler has had its turn (Java's main). */
    if (is_compiled_late(stack, i) && is_compiled_late(base, j))
        return false;
    enum sw_flow flow = sw_flow_reaches(stack->frame[i].ip, base->frame[j].ip);
    if (flow == SW_FLOW_YES)
        return false;
    /* An interpreter's own turns say nothing of the program that it runs. */
    if (flow == SW_FLOW_UNKNOWN)
        return sw_returned_is_interpreter(stack->frame[i].ip) && turns_inside(base, j);
    if (is_turned_by_library(stack, i))
        return false;
    if (turns_inside(base, j))
        return true;
    /* wait(); handle(); wait(); */
    if (sw_flow_reaches_like(stack->frame[i].ip, base->frame[j].ip) != SW_FLOW_NO)
        return false;
    return !turns_outside(stack, i, NULL);
}

/* Where the innermost common frame is of a function that only waits, and calls back (Lwt's around
 * ev_run): on to the one that waits for itself. */
static void go_to_waiter(const struct sw_unwind_stack *stack, const struct sw_unwind_stack *base,
                         unsigned *i, unsigned *j)
{
    unsigned waiter = sw_returned_waiter(base);
    while (*j < waiter && *i + 1 < stack->count && *j + 1 < base->count &&
           sw_common_frame(&stack->frame[*i + 1], &base->frame[*j + 1])) {
        ++*i;
        ++*j;
    }
}

bool sw_returned(const struct sw_unwind_stack *stack, const struct sw_unwind_stack *base)
{
    unsigned i = 0, j = 0;
    if (!sw_returned_comparable(stack, base))
        return false;
    if (!sw_common_frames(stack, base, &i, &j))
        return true;
    go_to_waiter(stack, base, &i, &j);
    if (is_entry(&stack->frame[i]))
        return true;
    return has_returned(stack, base, i, j);
}

bool sw_returned_before(const struct sw_unwind_stack *stack, const struct sw_unwind_stack *base)
{
    if (!sw_returned_comparable(stack, base))
        return false;
    /* From the outermost inwards, for as long as both are at the same call. */
    unsigned i = stack->count - 1, j = base->count - 1;
    while (i > 0 && j > 0 && stack->frame[i].ip == base->frame[j].ip &&
           sw_common_frame(&stack->frame[i - 1], &base->frame[j - 1])) {
        i--;
        j--;
    }
    return is_entry(&stack->frame[i]) || has_returned(stack, base, i, j);
}

bool sw_returned_is_turned(const struct sw_unwind_stack *stack, const struct sw_unwind_stack *base)
{
    unsigned i = 0, j = 0;
    return sw_returned_comparable(stack, base) && sw_common_frames(stack, base, &i, &j) &&
           !is_entry(&stack->frame[i]) && !sw_modules_is_own(stack->frame[i].ip) &&
           sw_flow_reaches(stack->frame[i].ip, base->frame[j].ip) == SW_FLOW_YES &&
           !turns_inside(base, j);
}
