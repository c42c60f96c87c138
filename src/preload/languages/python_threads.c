/*
 * See python_threads.h.
 *
 * The evaluating function has its thread state at hand all the time: in a register that calls keep,
 * or spilled to its frame. So the first word from the stack pointer outwards that points to
 * something which names this very thread is it: its `thread_id` is the address of the thread's
 * struct pthread, in which glibc has the kernel's number for it. (`native_thread_id`, from 3.11 on,
 * is the parent's in a child whose program forks without telling Python, as uWSGI does.)
 *
 * Where one state is known the others are too, by the list that they form: a thread is looked for
 * there before its stack is searched.
 */
#include "preload/languages/python_threads.h"

#include <stddef.h>
#include <string.h>

#include "preload/libc/threads.h"
#include "preload/stack/memory.h"

#define SEARCHED     (64 * 1024) /* bytes of the stack */
#define MOST_THREADS 4096        /* of one interpreter's list */
#define KEPT         64

static struct {
    int tid;
    uint64_t state;
} kept[KEPT];

static bool word_at(uint64_t address, uint64_t *word)
{
    return sw_memory_read(address, word, sizeof *word) == 0;
}

int sw_python_thread_of(const struct sw_python *python, uint64_t state)
{
    const struct sw_python_layout *layout = &python->layout;
    uint64_t pthread;
    int tid = 0;
    if (state == 0 || (state & 7) != 0 || !word_at(state + layout->thread_id, &pthread))
        return 0;
    /* A struct pthread begins with its own address (tcbhead_t's self is its third word). */
    uint64_t self;
    if ((pthread & 15) != 0 || pthread == 0 || !word_at(pthread + 16, &self) || self != pthread)
        return 0;
    return sw_memory_read(pthread + sw_threads_number_offset(), &tid, sizeof tid) == 0 ? tid : 0;
}

/* Does it stand in a list, between those that it names? (Its first word leads to the one before.)
 */
static bool is_listed(const struct sw_python *python, uint64_t state)
{
    uint64_t before, behind, back;
    uint16_t next = python->layout.thread_next;
    return word_at(state, &before) && word_at(state + next, &behind) &&
           (before == 0 || (word_at(before + next, &back) && back == state)) &&
           (behind == 0 || (word_at(behind, &back) && back == state));
}

/* Is it this thread's, with an interpreter? Struct pthread names itself too, and there are words
 * that lead to just before it. */
static bool is_state(const struct sw_python *python, uint64_t state, int tid)
{
    uint64_t interpreter;
    return sw_python_thread_of(python, state) == tid &&
           word_at(state + python->layout.thread_interp, &interpreter) && interpreter != 0 &&
           is_listed(python, state);
}

static uint64_t keep(int tid, uint64_t state)
{
    unsigned at = (unsigned)tid % KEPT;
    kept[at].tid = tid;
    kept[at].state = state;
    return state;
}

/* New threads come first in the list, and `prev` (the first word of a state) leads to them. */
static uint64_t find_listed(const struct sw_python *python, uint64_t known, int tid)
{
    uint16_t links[2] = {0, python->layout.thread_next};
    for (unsigned way = 0; way < 2; way++) {
        uint64_t state = known;
        for (unsigned i = 0; i < MOST_THREADS && state != 0; i++) {
            if (is_state(python, state, tid))
                return state;
            if (!word_at(state + links[way], &state))
                break;
        }
    }
    return 0;
}

/* A word that looks like an address of the program's data. */
static bool is_pointer(uint64_t word)
{
    return word >= 65536 && word < UINT64_C(1) << 47 && (word & 7) == 0;
}

static uint64_t search(const struct sw_python *python, int tid, const struct sw_unwind_input *input)
{
    for (unsigned i = 0; i < SW_REG_PC; i++)
        if ((input->known >> i & 1) && is_pointer(input->reg[i]) &&
            is_state(python, input->reg[i], tid))
            return input->reg[i];
    const uint8_t *bytes = input->stack;
    uint64_t last = 0;
    for (size_t at = -input->stack_low & 7; at + 8 <= input->stack_size && at < SEARCHED; at += 8) {
        uint64_t word;
        memcpy(&word, bytes + at, sizeof word);
        if (!is_pointer(word) || word == last ||
            (word >= input->stack_low && word < input->stack_low + input->stack_size))
            continue;
        last = word;
        if (is_state(python, word, tid))
            return word;
    }
    return 0;
}

/* Up to 3.11 a function returns the word that says it (the only one of the interpreter's that is
 * ever called here: it loads one global). Then it stands in the lock, which each interpreter leads
 * to. */
uint64_t sw_python_lock_holder(const struct sw_python *python, int tid)
{
    const struct sw_python_layout *layout = &python->layout;
    uint64_t interpreter, lock, state;
    uint32_t locked;
    if (layout->interp_gil == 0) {
        void *(*current)(void) = (void *(*)(void))(uintptr_t)python->current_thread;
        return current != NULL ? (uint64_t)(uintptr_t)current() : 0;
    }
    struct sw_unwind_input nothing = {.stack_size = 0};
    uint64_t own = sw_python_thread_state(python, tid, &nothing);
    if (own == 0 || !word_at(own + layout->thread_interp, &interpreter) ||
        !word_at(interpreter + layout->interp_gil, &lock) ||
        sw_memory_read(lock + layout->gil_locked, &locked, sizeof locked) != 0 || locked != 1 ||
        !word_at(lock + layout->gil_holder, &state))
        return 0;
    return state;
}

uint64_t sw_python_thread_state(const struct sw_python *python, int tid,
                                const struct sw_unwind_input *input)
{
    unsigned at = (unsigned)tid % KEPT;
    if (kept[at].tid == tid && is_state(python, kept[at].state, tid))
        return kept[at].state;
    for (unsigned i = 0; i < KEPT; i++) {
        int known = kept[i].tid;
        if (known == 0 || !is_state(python, kept[i].state, known))
            continue;
        uint64_t found = find_listed(python, kept[i].state, tid);
        if (found != 0)
            return keep(tid, found);
        break;
    }
    uint64_t found = search(python, tid, input);
    return found != 0 ? keep(tid, found) : 0;
}

void sw_python_each_thread(const struct sw_python *python,
                           void (*take)(void *context, int tid, uint64_t state), void *context)
{
    uint64_t state = 0, before;
    for (unsigned i = 0; i < KEPT && state == 0; i++)
        if (kept[i].tid != 0 && is_state(python, kept[i].state, kept[i].tid))
            state = kept[i].state;
    for (unsigned i = 0; i < MOST_THREADS && state != 0 && word_at(state, &before) && before != 0;
         i++)
        state = before;
    for (unsigned i = 0; i < MOST_THREADS && state != 0; i++) {
        int tid = sw_python_thread_of(python, state);
        if (tid > 0)
            take(context, tid, state);
        if (!word_at(state + python->layout.thread_next, &state))
            break;
    }
}
