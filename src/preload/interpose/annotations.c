/*
 * The functions of include/stallwatch.h, and how the header finds them: confstr(3), asked a
 * question of ours. They are exported as well, for who calls them by name (ctypes, dlsym). Any
 * thread, at any depth; in a signal handler that interrupts a wrapped call they do nothing. errno
 * kept.
 */
#define STALLWATCH_LIBRARY_
#include "stallwatch.h"

#include <string.h>
#include <unistd.h>

#include "preload/interpose/next.h"
#include "preload/notes/annotate.h"
#include "preload/notes/loop.h"

SW_NEXT_DEFINE_COLD(confstr);

SW_EXPORT void stallwatch_loop_wait_begin(const void *loop);
SW_EXPORT void stallwatch_loop_wait_end(const void *loop);
SW_EXPORT void stallwatch_allow_begin(const char *why);
SW_EXPORT void stallwatch_allow_end(void);
SW_EXPORT void stallwatch_label(const char *text);
SW_EXPORT int stallwatch_active(void);

/* This thread's record; NULL: it has never waited, or is another process's, or let alone. */
static struct sw_thread *own_thread(void)
{
    struct sw_thread *thread = sw_thread_self;
    return thread != NULL && thread->tid != 0 && !sw_process_passive ? thread : NULL;
}

void stallwatch_loop_wait_begin(const void *loop)
{
    struct sw_thread *thread = sw_wait_thread((uint64_t)(uintptr_t)__builtin_dwarf_cfa());
    if (thread == NULL)
        return;
    SW_NOTE_REGISTERS(&thread->note.registers);
    sw_annotate_wait_begin(thread, (uint64_t)(uintptr_t)loop);
}

void stallwatch_loop_wait_end(const void *loop)
{
    struct sw_thread *thread = own_thread();
    if (thread != NULL)
        sw_annotate_wait_end(thread, (uint64_t)(uintptr_t)loop);
}

void stallwatch_allow_begin(const char *why)
{
    struct sw_thread *thread = own_thread();
    if (thread != NULL)
        sw_annotate_allow_begin(thread, why);
}

void stallwatch_allow_end(void)
{
    struct sw_thread *thread = own_thread();
    if (thread != NULL)
        sw_annotate_allow_end(thread);
}

void stallwatch_label(const char *text)
{
    struct sw_thread *thread = own_thread();
    if (thread != NULL)
        sw_annotate_label(thread, text);
}

int stallwatch_active(void)
{
    return sw_process_is_watched();
}

static const struct stallwatch_functions_ functions = {
    .size = sizeof functions,
    .loop_wait_begin = stallwatch_loop_wait_begin,
    .loop_wait_end = stallwatch_loop_wait_end,
    .allow_begin = stallwatch_allow_begin,
    .allow_end = stallwatch_allow_end,
    .label = stallwatch_label,
    .active = stallwatch_active,
};

SW_EXPORT size_t confstr(int name, char *to, size_t size)
{
    const struct stallwatch_functions_ *answer = &functions;
    if (SW_LIKELY(name != STALLWATCH_QUESTION_ || to == NULL || size < sizeof answer))
        return SW_NEXT(confstr)(name, to, size);
    memcpy(to, &answer, sizeof answer);
    return sizeof answer;
}
