/*
 * What V8 knows of a function: its name, its script, where it begins. From its SharedFunctionInfo,
 * which is the same whatever tier of code runs. Watchdog thread only.
 */
#ifndef SW_LANGUAGES_V8_FUNCTION_H
#define SW_LANGUAGES_V8_FUNCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/languages/v8_layout.h"

struct sw_v8_function {
    uint64_t shared;
    uint64_t script; /* 0: a builtin, written in no script */
    int64_t start;   /* characters from the script's beginning; -1: not known */
};

/* Is `object` a JSFunction? Then what belongs to it is found. */
bool sw_v8_function_of(const struct sw_v8_layout *layout, uint64_t object,
                       struct sw_v8_function *function);
/* The same of a SharedFunctionInfo. */
bool sw_v8_function_of_shared(const struct sw_v8_layout *layout, uint64_t shared,
                              struct sw_v8_function *function);
/* Its bytecode; false: it has none (any more). */
bool sw_v8_function_bytecode(const struct sw_v8_layout *layout,
                             const struct sw_v8_function *function, uint64_t *bytecode);
/* Its name, or the one that V8 inferred from what it was assigned to; "(anonymous)". Returns bytes
 * written, without the end. */
size_t sw_v8_function_name(const struct sw_v8_layout *layout, const struct sw_v8_function *function,
                           char *to, size_t size);
/* The script's file; of modules, whose names are URLs, the path. Returns bytes written; 0: it has
 * no name. */
size_t sw_v8_function_file(const struct sw_v8_layout *layout, const struct sw_v8_function *function,
                           char *to, size_t size);
/* The line of a position in its script, counted from 1; 0: not known. */
uint32_t sw_v8_function_line(const struct sw_v8_layout *layout,
                             const struct sw_v8_function *function, int64_t position);

#endif
