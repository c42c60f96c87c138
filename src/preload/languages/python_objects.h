/*
 * Objects of Python other than frames and code: what they are, and what they refer to. As far as
 * pools of threads and tasks have to be known by it (python_pools.c, python_tasks.c).
 *
 * Watchdog thread; the program may be changing all of it: what is found is true only as far as it
 * is found again.
 */
#ifndef SW_LANGUAGES_PYTHON_OBJECTS_H
#define SW_LANGUAGES_PYTHON_OBJECTS_H

#include <stdbool.h>

#include "preload/languages/python_layout.h"

#define SW_PYTHON_VALUES 64 /* that anything here returns at the most */

/* Is the object at `object` of the type with this name, as its C name (tp_name) has it? */
bool sw_python_is(const struct sw_python *python, uint64_t object, const char *type);
/* The first of `values` that is; 0: none. */
uint64_t sw_python_first(const struct sw_python *python, const uint64_t *values, unsigned count,
                         const char *type);
/* The words of the object itself that may be references: behind its head, `words` of them. */
unsigned sw_python_fields(const struct sw_python *python, uint64_t object, unsigned words,
                          uint64_t values[SW_PYTHON_VALUES]);
/* The values of its attributes (of its __dict__), in no order that means anything. */
unsigned sw_python_attributes(const struct sw_python *python, uint64_t object,
                              uint64_t values[SW_PYTHON_VALUES]);
/* The local variables of a frame, arguments first; what is not set is left out. */
unsigned sw_python_locals(const struct sw_python *python, uint64_t frame, uint64_t code,
                          uint64_t values[SW_PYTHON_VALUES]);
/* What the frame of a suspended coroutine refers to: its local variables, then its stack, whose top
 * is the last. */
unsigned sw_python_suspended(const struct sw_python *python, uint64_t coroutine,
                             uint64_t values[SW_PYTHON_VALUES]);
/* The frame of a coroutine; 0: none. */
uint64_t sw_python_frame_of(const struct sw_python *python, uint64_t coroutine);
/* The value in a dict under this key, a str; 0: none. */
uint64_t sw_python_item(const struct sw_python *python, uint64_t dict, const char *key);

#endif
