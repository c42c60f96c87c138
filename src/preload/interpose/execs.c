/*
 * exec(3): handlers are gone in the new program and what is pending stays (execve(2)), so a
 * sample's signal that is on its way to this thread would end it. No more are sent, and what was
 * sent is waited for. Any thread; a child of vfork, which shares our memory, changes nothing in it.
 *
 * libc's variadic forms do not pass through execve's name: they are made of the others here.
 */
#include <alloca.h>
#include <stdarg.h>
#include <unistd.h>

#include "preload/interpose/next.h"
#include "preload/interpose/signals.h"
#include "preload/notes/process.h"
#include "preload/notes/thread.h"

SW_NEXT_DEFINE_COLD(execve);
SW_NEXT_DEFINE_COLD(execv);
SW_NEXT_DEFINE_COLD(execvp);
SW_NEXT_DEFINE_COLD(execvpe);
SW_NEXT_DEFINE_COLD(fexecve);
/* In glibc from 2.34 on; looked up by name. */
int execveat(int directory, const char *path, char *const arguments[], char *const environment[],
             int flags);
SW_NEXT_DEFINE_COLD(execveat);

/* How long the way into another program takes is no stall of this one: files are read, and all
 * other threads, the watchdog too, have to get a CPU to end. */
static void may_block(struct sw_thread *thread, uint32_t more)
{
    if (thread != NULL)
        atomic_fetch_add(&thread->annotations.allow_depth, more);
}

#define EXEC_WRAPPER(name, parameters, arguments)                                                  \
    SW_EXPORT int name parameters                                                                  \
    {                                                                                              \
        bool ours = sw_process_is_ours();                                                          \
        struct sw_thread *thread = ours ? sw_thread_self : NULL;                                   \
        may_block(thread, 1);                                                                      \
        int number = ours ? sw_signals_withdraw() : 0;                                             \
        int result = SW_NEXT(name) arguments;                                                      \
        if (ours)                                                                                  \
            sw_signals_restore(number);                                                            \
        may_block(thread, UINT32_MAX);                                                             \
        return result;                                                                             \
    }

EXEC_WRAPPER(execve, (const char *path, char *const list[], char *const environment[]),
             (path, list, environment))
EXEC_WRAPPER(execv, (const char *path, char *const list[]), (path, list))
EXEC_WRAPPER(execvp, (const char *file, char *const list[]), (file, list))
EXEC_WRAPPER(execvpe, (const char *file, char *const list[], char *const environment[]),
             (file, list, environment))
EXEC_WRAPPER(fexecve, (int fd, char *const list[], char *const environment[]),
             (fd, list, environment))
EXEC_WRAPPER(execveat,
             (int directory, const char *path, char *const list[], char *const environment[],
              int flags),
             (directory, path, list, environment, flags))

/* How many arguments there are up to the NULL, the first included. */
static size_t count_arguments(const char *first, va_list rest)
{
    size_t count = 0;
    for (const char *next = first; next != NULL; next = va_arg(rest, const char *))
        count++;
    return count;
}

/* The list that the arguments are, on the wrapper's own stack: a child of vfork may not allocate.
 */
#define LIST_OF_ARGUMENTS(list, rest, first)                                                       \
    va_start(rest, first);                                                                         \
    size_t count = count_arguments(first, rest);                                                   \
    va_end(rest);                                                                                  \
    char **list = alloca((count + 1) * sizeof *list);                                              \
    list[0] = (char *)first;                                                                       \
    va_start(rest, first);                                                                         \
    for (size_t i = 1; i <= count; i++)                                                            \
    list[i] = va_arg(rest, char *)

SW_EXPORT int execl(const char *path, const char *first, ...)
{
    va_list rest;
    LIST_OF_ARGUMENTS(list, rest, first);
    va_end(rest);
    return execv(path, list);
}

SW_EXPORT int execlp(const char *file, const char *first, ...)
{
    va_list rest;
    LIST_OF_ARGUMENTS(list, rest, first);
    va_end(rest);
    return execvp(file, list);
}

SW_EXPORT int execle(const char *path, const char *first, ...)
{
    va_list rest;
    LIST_OF_ARGUMENTS(list, rest, first);
    char *const *environment = va_arg(rest, char *const *);
    va_end(rest);
    return execve(path, list, environment);
}
