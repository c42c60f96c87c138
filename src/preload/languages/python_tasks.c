/*
 * See python_tasks.h. A coroutine does not know its task. But the function that runs it (task_step
 * of Modules/_asynciomodule.c, under asyncio's loop and uvloop's alike) has the task at hand until
 * it returns: in a register that calls keep, or on its part of the stack. So of all that the
 * thread's registers and stack point to, it is the Task that has this very coroutine; what is left
 * over from others has another.
 *
 * The name stands behind the coroutine in the object, from 3.8 on; from 3.12 on one that nobody has
 * given is a number until it is asked for.
 */
#include "preload/languages/python_tasks.h"

#include <string.h>

#include "common/text.h"
#include "preload/languages/python_code.h"
#include "preload/languages/python_objects.h"
#include "preload/stack/memory.h"

#define SEARCHED  (64 * 1024) /* bytes of the stack */
#define TASK_MOST 256         /* bytes of a Task */
/* It begins as a Future does. (A frame that has the type and the coroutine in two variables does
 * not.) */
#define TASK_FUTURE 88
#define TYPE_NAME   24 /* tp_name of PyTypeObject */
#define NAME_MOST   40
#define KNOWN_TYPE  16

static uint64_t last_task; /* mostly it is the one that the last sample found */

static bool word_at(uint64_t address, uint64_t *word)
{
    return sw_memory_read(address, word, sizeof *word) == 0;
}

/* Is it a Task, or what was called to run one (its first step, or its wake-up)? Then `*task` is
 * where that has it. What types are is remembered for one capture. */
static bool leads_to_task(uint64_t type, uint64_t *task)
{
    static const struct {
        const char *name;
        uint64_t at; /* of the task in the object; 0: it is one itself */
    } kinds[] = {{"_asyncio.Task", 0},
                 {"TaskStepMethWrapper", 16},
                 {"_asyncio.TaskStepMethWrapper", 16},
                 {"builtin_function_or_method", 24}};
    static struct {
        uint64_t type, capture;
        int kind; /* -1: none */
    } known[KNOWN_TYPE];
    unsigned at = (unsigned)(type >> 4 ^ type >> 10) % KNOWN_TYPE;
    uint64_t name;
    char text[NAME_MOST];
    if (known[at].type != type || known[at].capture != sw_memory_capture()) {
        known[at].type = type;
        known[at].capture = sw_memory_capture();
        known[at].kind = -1;
        if (word_at(type + TYPE_NAME, &name) && sw_memory_string(name, text, sizeof text) == 0)
            for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
                if (strcmp(text, kinds[i].name) == 0)
                    known[at].kind = (int)i;
    }
    int kind = known[at].kind;
    return kind >= 0 && (kinds[kind].at == 0 || word_at(*task + kinds[kind].at, task));
}

static bool may_be_object(uint64_t word)
{
    return word >= 65536 && word < UINT64_C(1) << 47 && (word & 7) == 0;
}

/* Where the task at `object`, or that it leads to, has the coroutine; 0: it is no task, or has
 * another. */
static uint64_t place_in(const struct sw_python *python, uint64_t object, uint64_t coroutine)
{
    uint64_t type, word;
    if (!may_be_object(object) || !word_at(object + python->layout.type, &type) ||
        !may_be_object(type) || !leads_to_task(type, &object) || !may_be_object(object))
        return 0;
    for (uint64_t at = object + TASK_FUTURE; at < object + TASK_MOST; at += 8)
        if (word_at(at, &word) && word == coroutine)
            return at;
    return 0;
}

static uint64_t find_place(const struct sw_python *python, uint64_t coroutine,
                           const struct sw_unwind_input *input)
{
    uint64_t place = last_task != 0 ? place_in(python, last_task, coroutine) : 0;
    uint64_t word, last = 0;
    for (unsigned i = 0; i < SW_REG_PC && place == 0; i++)
        if (input->known >> i & 1)
            place = place_in(python, last_task = input->reg[i], coroutine);
    const uint8_t *bytes = input->stack;
    for (size_t at = -input->stack_low & 7;
         place == 0 && at + 8 <= input->stack_size && at < SEARCHED; at += 8) {
        memcpy(&word, bytes + at, sizeof word);
        if (word == last || (word >= input->stack_low && word - input->stack_low < SEARCHED))
            continue;
        last = word;
        place = place_in(python, last_task = word, coroutine);
    }
    return place;
}

/* "Task-7", of the number that an int object is; one of the first thirty bits. */
static bool number_name(const struct sw_python *python, uint64_t object, char *name, size_t size)
{
    uint64_t tag;
    uint32_t digit;
    struct sw_text text;
    if (python->layout.minor < 12 || !sw_python_is(python, object, "int") ||
        !word_at(object + python->layout.type + 8, &tag) || tag >> 3 != 1 ||
        sw_memory_read(object + python->layout.type + 16, &digit, sizeof digit) != 0)
        return false;
    sw_text_init(&text, name, size);
    sw_text_string(&text, "Task-");
    sw_text_unsigned(&text, digit);
    return true;
}

bool sw_python_task_name(const struct sw_python *python, uint64_t coroutine,
                         const struct sw_unwind_input *input, char *name, size_t size)
{
    uint64_t object, again, place = find_place(python, coroutine, input);
    if (place == 0 || !word_at(place + 8, &object))
        return false;
    if (sw_python_read_text(python, object, name, size) == 0 &&
        !number_name(python, object, name, size))
        return false;
    /* A thread that goes on may have ended the task meanwhile. */
    sw_memory_forget();
    return word_at(place, &again) && again == coroutine;
}
