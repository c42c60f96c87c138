/*
 * The chain of a thread's Python frames. Watchdog thread; the thread stands still.
 */
#ifndef SW_LANGUAGES_PYTHON_WALK_H
#define SW_LANGUAGES_PYTHON_WALK_H

#include "preload/languages/language.h"
#include "preload/languages/python_layout.h"

/* The frames of the thread with this thread state, innermost first, into `stack`. */
void sw_python_walk(const struct sw_python *python, uint64_t state,
                    struct sw_language_stack *stack);

/* Calls `take` for each of them with the addresses of frame and code, from the innermost outwards,
 * until it returns false. */
void sw_python_each_frame(const struct sw_python *python, uint64_t state,
                          bool (*take)(void *context, uint64_t frame, uint64_t code),
                          void *context);

#endif
