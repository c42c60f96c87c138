/*
 * Where functions stand that V8 has compiled, and which others its compilers have put into them.
 * Watchdog thread only.
 */
#ifndef SW_LANGUAGES_V8_CODE_H
#define SW_LANGUAGES_V8_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/languages/v8_function.h"

#define SW_V8_INLINED 16 /* functions in one frame, itself among them */

struct sw_v8_place {
    struct sw_v8_function function;
    int64_t position; /* characters from its script's beginning */
};

/*
 * What a frame of `function` runs whose code stands at `ip`: a return address where it is
 * `at_call`, else an instruction. Innermost first; the last is `function` itself. Returns how many;
 * 0: the code does not tell. Optimised code tells at the calls that may find it given up, and in
 * its loops.
 */
unsigned sw_v8_code_places(const struct sw_v8_layout *layout, uint64_t ip, bool at_call,
                           const struct sw_v8_function *function,
                           struct sw_v8_place places[SW_V8_INLINED]);

#endif
