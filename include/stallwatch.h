/*
 * stallwatch.h: what a program can tell libstallwatch.so about its event loops.
 *
 *     stallwatch_loop_wait_begin(loop), stallwatch_loop_wait_end(loop)
 *         around the wait of a loop that does not wait by epoll, poll, select or io_uring (a queue
 *         with a condition variable, a device, a busy poll). `loop` is any pointer that tells one
 *         loop from another. What is between is the loop's idling, whatever it calls; an iteration
 *         goes from one end to the next begin, on the same thread.
 *     stallwatch_allow_begin(why), stallwatch_allow_end()
 *         around a stretch that may block: its time is no part of any stall. They nest, and are of
 *         the calling thread. STALLWATCH_VERBOSE=1 says `why`, once.
 *     stallwatch_label(text)
 *         what the loop works on from here to the next label or to the iteration's end (a
 *         request's path). A stall's report has the label that was in force longest. The text is
 *         copied, 127 bytes of it; NULL: nothing in particular.
 *     stallwatch_active()
 *         1 if the library is here and watches this process, else 0.
 *
 * There is nothing to link with. Where the library is not preloaded each call is a load and a
 * branch, and the first asks for it. Works in C99 and C++11 or later, in position-independent
 * programs and others, in libraries, in plugins, and does nothing in static programs.
 *
 * How the library is found: a weak reference would do, were it not resolved to 0 when a program is
 * linked that is not position-independent, and dlsym(3) is in another library before glibc 2.34. So
 * confstr(3) is asked a question that libc does not know, and that libstallwatch.so, which stands
 * in front of libc, answers.
 *
 * MIT No Attribution
 *
 * Copyright the authors of stallwatch
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
 * associated documentation files (the "Software"), to deal in the Software without restriction,
 * including without limitation the rights to use, copy, modify, merge, publish, distribute,
 * sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
 * furnished to do so.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
 * NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
 * NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
 * DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
 * OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
 */
#ifndef STALLWATCH_H
#define STALLWATCH_H

#include <errno.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the library answers with. Names that end in an underscore are not for use. */
struct stallwatch_functions_ {
    size_t size;
    void (*loop_wait_begin)(const void *loop);
    void (*loop_wait_end)(const void *loop);
    void (*allow_begin)(const char *why);
    void (*allow_end)(void);
    void (*label)(const char *text);
    int (*active)(void);
};

#define STALLWATCH_QUESTION_ 0x73746c77

#ifndef STALLWATCH_LIBRARY_

#if defined(__linux__) && defined(__GNUC__)
/* By another name, since <unistd.h> may or may not declare it. */
extern size_t stallwatch_confstr_(int name, char *to, size_t size) __asm__("confstr");

static inline const struct stallwatch_functions_ *stallwatch_find_(void)
{
    static const struct stallwatch_functions_ *found;
    static int asked;
    if (__atomic_load_n(&asked, __ATOMIC_ACQUIRE) == 0) {
        const struct stallwatch_functions_ *table = NULL;
        int kept = errno;
        size_t size = stallwatch_confstr_(STALLWATCH_QUESTION_, (char *)&table, sizeof table);
        errno = kept;
        if (size != sizeof table || table->size < sizeof *table)
            table = NULL;
        __atomic_store_n(&found, table, __ATOMIC_RELAXED);
        __atomic_store_n(&asked, 1, __ATOMIC_RELEASE);
    }
    return __atomic_load_n(&found, __ATOMIC_RELAXED);
}
#else
static inline const struct stallwatch_functions_ *stallwatch_find_(void)
{
    return NULL;
}
#endif

static inline void stallwatch_loop_wait_begin(const void *loop)
{
    const struct stallwatch_functions_ *library = stallwatch_find_();
    if (library != NULL)
        library->loop_wait_begin(loop);
}

static inline void stallwatch_loop_wait_end(const void *loop)
{
    const struct stallwatch_functions_ *library = stallwatch_find_();
    if (library != NULL)
        library->loop_wait_end(loop);
}

static inline void stallwatch_allow_begin(const char *why)
{
    const struct stallwatch_functions_ *library = stallwatch_find_();
    if (library != NULL)
        library->allow_begin(why);
}

static inline void stallwatch_allow_end(void)
{
    const struct stallwatch_functions_ *library = stallwatch_find_();
    if (library != NULL)
        library->allow_end();
}

static inline void stallwatch_label(const char *text)
{
    const struct stallwatch_functions_ *library = stallwatch_find_();
    if (library != NULL)
        library->label(text);
}

static inline int stallwatch_active(void)
{
    const struct stallwatch_functions_ *library = stallwatch_find_();
    return library != NULL ? library->active() : 0;
}

#endif /* STALLWATCH_LIBRARY_ */

#ifdef __cplusplus
}
#endif

#endif
