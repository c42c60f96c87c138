/*
 * See flow.h. The code that can be reached is put into a list of steps, one for each instruction;
 * what leads back to a call is then found in the list, from its end.
 *
 * Each walk is bounded: a function is at most MOST_BYTES long, and what lies outside of it (its
 * cold part, or another function that it ends in) at most MOST_OUTSIDE instructions. A jump out of
 * the function that does not come back into it is its end.
 */
#include "preload/stack/flow.h"

#include <string.h>

#include "preload/stack/callee.h"
#include "preload/stack/instruction.h"
#include "preload/stack/memory.h"
#include "preload/stack/modules.h"
#include "preload/stack/unwind_table.h"

#define MOST_BYTES   (256u << 10)
#define MOST_STEPS   32768 /* half of the places: a search ends soon */
#define MOST_OUTSIDE 2048
#define PLACES       65536
#define MOST_LOADED  4096 /* bytes before a call that are searched for its target */
#define READ_AT_ONCE 512

/* An instruction that can be reached. */
struct step {
    uint64_t at;
    uint64_t next;   /* 0: nothing follows */
    uint64_t target; /* of a jump or a branch; 0: none */
    bool call, inside;
    bool retries; /* a call that goes with a mere retry */
    bool leads;   /* to the call that is looked for */
};

/* Calls of a function, known by one of them. */
struct calls {
    uint64_t after; /* its return address; 0: none */
    bool like;      /* ... and all of the same function: */
    struct sw_instruction call;
};

/* What one walk looks for and finds. */
struct walk {
    struct sw_flow_function function;
    struct calls wanted;  /* in the function */
    struct calls avoided; /* which is not passed */
    bool found;
    bool unknown; /* a jump that cannot be followed */
    unsigned outside;
};

static struct step steps[MOST_STEPS];
static uint16_t places[PLACES]; /* number of the step + 1 by its address; 0: none */
static unsigned count;

/* The end of the function whose entry in the table begins at `start`: its FDE has length, CIE,
 * start and size (LSB, "Frame Description Entry"). The usual encoding is checked by the start being
 * right; else the next function is the end. */
static uint64_t end_of(const struct sw_module *module, uint64_t start)
{
    uint64_t entry = sw_unwind_table_entry(module, start), next;
    int32_t head[4];
    if (entry != 0 && sw_memory_read(entry, head, sizeof head) == 0 &&
        entry + 8 + (uint64_t)(int64_t)head[2] == start && head[3] > 0)
        return start + (uint32_t)head[3];
    next = sw_unwind_table_next(module, start);
    return next != 0 ? next : start;
}

bool sw_flow_function_at(uint64_t address, struct sw_flow_function *function)
{
    struct sw_module *module = sw_modules_find(address);
    if (module == NULL)
        return false;
    function->low = sw_unwind_table_start(module, address);
    function->high = function->low != 0 ? end_of(module, function->low) : 0;
    return function->low != 0 && address < function->high &&
           function->high - function->low <= MOST_BYTES;
}

static bool is_inside(const struct walk *walk, uint64_t address)
{
    return address >= walk->function.low && address < walk->function.high;
}

/* Where the number of the step at `address` is, or would be. */
static uint16_t *place_of(uint64_t address)
{
    uint64_t at = (address * UINT64_C(0x9e3779b97f4a7c15)) >> 48;
    while (places[at] != 0 && steps[places[at] - 1].at != address)
        at = (at + 1) % PLACES;
    return &places[at];
}

static struct step *step_at(uint64_t address)
{
    uint16_t number = *place_of(address);
    return number != 0 ? &steps[number - 1] : NULL;
}

/* A new step; NULL: it has been made before, or may not be. */
static struct step *add_step(struct walk *walk, uint64_t address)
{
    bool inside = is_inside(walk, address);
    uint16_t *place = place_of(address);
    if (*place != 0 || (!inside && walk->outside == MOST_OUTSIDE))
        return NULL;
    if (count == MOST_STEPS) {
        walk->unknown = true;
        return NULL;
    }
    walk->outside += !inside;
    struct step *step = &steps[count++];
    *step = (struct step){.at = address, .inside = inside};
    *place = (uint16_t)count;
    return step;
}

static bool decode(uint64_t address, struct sw_instruction *instruction)
{
    uint8_t bytes[SW_INSTRUCTION_MOST];
    size_t size = sizeof bytes;
    /* The last instructions of a mapping: as much as there is. */
    while (size > 0 && sw_memory_read(address, bytes, size) != 0)
        size--;
    return sw_instruction_decode(bytes, size, address, instruction);
}

static bool is_one_of(const struct calls *calls, const struct sw_instruction *call, uint64_t after)
{
    return after == calls->after ||
           (calls->like && call->kind == calls->call.kind && call->target == calls->call.target);
}

static void fill_call(struct walk *walk, struct step *step, const struct sw_instruction *call,
                      uint64_t after)
{
    step->call = true;
    if (is_one_of(&walk->avoided, call, after))
        return;
    if (is_one_of(&walk->wanted, call, after)) {
        step->leads = true;
        walk->found = true;
    }
    enum sw_callee callee = sw_callee_of(call);
    step->retries = callee == SW_CALLEE_RETRIES;
    step->next = callee == SW_CALLEE_ENDS ? 0 : after;
    step->call = callee != SW_CALLEE_ENDS;
}

/* Where control goes from the step. */
static void fill(struct walk *walk, struct step *step)
{
    struct sw_instruction now;
    if (!decode(step->at, &now)) {
        walk->unknown |= step->inside;
        return;
    }
    uint64_t after = step->at + now.length;
    /* Code that runs off the function's end stands behind a call that does not return. */
    bool goes_on = !step->inside || is_inside(walk, after);
    switch (now.kind) {
    case SW_INSTRUCTION_CALL:
    case SW_INSTRUCTION_CALL_AT:
    case SW_INSTRUCTION_CALL_ANY:
        fill_call(walk, step, &now, after);
        break;
    case SW_INSTRUCTION_BRANCH:
        step->target = now.target;
        step->next = after;
        break;
    case SW_INSTRUCTION_JUMP:
        step->target = now.target;
        break;
    case SW_INSTRUCTION_JUMP_ANY:
        walk->unknown |= step->inside;
        break;
    case SW_INSTRUCTION_JUMP_AT: /* a call at the function's end, through the GOT */
    case SW_INSTRUCTION_END:
        break;
    case SW_INSTRUCTION_PLAIN:
        step->next = after;
        break;
    }
    if (!goes_on)
        step->next = 0;
}

/* Makes the steps of all that can be reached from `from`. The list is its own queue. */
static enum sw_flow run(struct walk *walk, uint64_t from)
{
    count = 0;
    /* Where the return address is the function's end, the compiler knew that the call does not
     * return. */
    if (!sw_flow_function_at(walk->wanted.after - 1, &walk->function) ||
        from == walk->function.high)
        return SW_FLOW_UNKNOWN;
    memset(places, 0, sizeof places);
    add_step(walk, from);
    for (unsigned i = 0; i < count; i++) {
        fill(walk, &steps[i]);
        if (steps[i].next != 0)
            add_step(walk, steps[i].next);
        if (steps[i].target != 0)
            add_step(walk, steps[i].target);
    }
    if (!is_inside(walk, from) && walk->outside == MOST_OUTSIDE)
        walk->unknown = true;
    return walk->found ? SW_FLOW_YES : walk->unknown ? SW_FLOW_UNKNOWN : SW_FLOW_NO;
}

static bool leads(uint64_t address)
{
    const struct step *step = address != 0 ? step_at(address) : NULL;
    return step != NULL && step->leads;
}

/* Marks all steps from which the wanted call can be reached. */
static void mark_leading(void)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (unsigned i = count; i-- > 0;) {
            struct step *step = &steps[i];
            if (step->leads || (!leads(step->next) && !leads(step->target)))
                continue;
            step->leads = changed = true;
        }
    }
}

/* A call is found from its end: of its lengths, the one that makes it a call. */
static struct calls calls_like(uint64_t after)
{
    struct calls calls = {.after = after};
    for (unsigned length = SW_INSTRUCTION_CALL_SHORT;
         length <= SW_INSTRUCTION_CALL_LONG && !calls.like; length++)
        calls.like =
            decode(after - length, &calls.call) && calls.call.length == length &&
            (calls.call.kind == SW_INSTRUCTION_CALL || calls.call.kind == SW_INSTRUCTION_CALL_AT);
    return calls;
}

enum sw_flow sw_flow_reaches(uint64_t from, uint64_t call)
{
    struct walk walk = {.wanted = {.after = call}};
    return run(&walk, from);
}

enum sw_flow sw_flow_reaches_like(uint64_t from, uint64_t call)
{
    struct walk walk = {.wanted = calls_like(call)};
    return run(&walk, from);
}

static bool is_work(const struct step *step, uint64_t call)
{
    return step->call && step->inside && !step->retries && step->next != call;
}

static enum sw_flow turns_by(struct walk *walk)
{
    uint64_t call = walk->wanted.after;
    enum sw_flow answer = run(walk, call);
    if (answer != SW_FLOW_YES)
        return answer;
    mark_leading();
    for (unsigned i = 0; i < count; i++)
        if (steps[i].leads && is_work(&steps[i], call))
            return SW_FLOW_YES;
    return SW_FLOW_NO;
}

enum sw_flow sw_flow_turns(uint64_t call)
{
    struct walk walk = {.wanted = {.after = call}};
    return turns_by(&walk);
}

enum sw_flow sw_flow_turns_without(uint64_t call, uint64_t without, bool works)
{
    struct walk walk = {.wanted = {.after = call}, .avoided = calls_like(without)};
    return works ? run(&walk, call) : turns_by(&walk);
}

enum sw_flow sw_flow_comes_before(uint64_t call, uint64_t first)
{
    struct walk walk = {.wanted = {.after = call}, .avoided = calls_like(first)};
    struct sw_flow_function function;
    if (!sw_flow_function_at(call - 1, &function))
        return SW_FLOW_UNKNOWN;
    return run(&walk, function.low);
}

static uint64_t distance(uint64_t one, uint64_t other)
{
    return one > other ? one - other : other - one;
}

unsigned sw_flow_calls_before(uint64_t call, uint64_t first, uint64_t *calls, unsigned most)
{
    unsigned found = 0;
    if (sw_flow_comes_before(call, first) != SW_FLOW_YES)
        return 0;
    mark_leading();
    for (unsigned i = 0; i < count; i++) {
        if (!steps[i].leads || !steps[i].call || !steps[i].inside)
            continue;
        unsigned at = found < most ? found++ : most;
        /* Sorted: the farthest one falls out. */
        for (; at > 0 && distance(calls[at - 1], call) > distance(steps[i].next, call); at--)
            if (at < most)
                calls[at] = calls[at - 1];
        if (at < most)
            calls[at] = steps[i].next;
    }
    return found;
}

/* Does an instruction in [low, high) point to `callee`? Any four bytes are taken for what one may
 * end in. */
static bool points_between(uint64_t low, uint64_t high, uint64_t callee)
{
    uint8_t bytes[READ_AT_ONCE];
    uint32_t word;
    for (size_t size; low + sizeof word < high; low += size - sizeof word + 1) {
        size = high - low < sizeof bytes ? high - low : sizeof bytes;
        if (sw_memory_read(low, bytes, size) != 0)
            return false;
        for (size_t i = 0; i + sizeof word <= size; i++) {
            memcpy(&word, bytes + i, sizeof word);
            if (SW_INSTRUCTION_POINTS(low + i, word) == callee)
                return true;
        }
    }
    return false;
}

/* Does the function load the address of `callee` itself before `call`? (A place that it lies in may
 * be anybody's hook.) */
static bool loads_address(uint64_t call, uint64_t callee)
{
    struct sw_flow_function function;
    if (callee == 0 || !sw_flow_function_at(call - 1, &function))
        return false;
    uint64_t low = call - function.low > MOST_LOADED ? call - MOST_LOADED : function.low;
    return points_between(low, call, callee);
}

bool sw_flow_names_callee(uint64_t call, uint64_t callee)
{
    return calls_like(call).like || loads_address(call, callee);
}

bool sw_flow_works_after(uint64_t call)
{
    struct walk walk = {.wanted = {.after = call}};
    run(&walk, call);
    for (unsigned i = 0; i < count; i++)
        if (is_work(&steps[i], call))
            return true;
    return false;
}
