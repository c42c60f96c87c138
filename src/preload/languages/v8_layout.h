/*
 * Where V8 keeps what: read from the constants that it exports for debuggers (v8dbg_*, made by its
 * tools/gen-postmortem-metadata.py), so that one piece of code serves all versions. What they leave
 * out is in v8_layout.c's table of versions. Watchdog thread only.
 */
#ifndef SW_LANGUAGES_V8_LAYOUT_H
#define SW_LANGUAGES_V8_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/stack/modules.h"

#define SW_V8_NONE UINT32_MAX /* of an offset: this version has none, or does not say where */

#define SW_V8_BYTECODES 256

struct sw_v8_layout {
    /* From a frame's rbp. */
    int32_t context_or_type, function, bytecode_array, bytecode_offset;
    /* Offsets into objects, the tag taken off. */
    uint32_t map_type;
    uint32_t function_shared;
    uint32_t shared_name, shared_script;
    uint32_t script_source, script_name, script_line_offset, script_line_ends;
    uint32_t string_length, string_chars, cons_first, cons_second, sliced_parent, sliced_offset;
    uint32_t thin_actual, external_data;
    uint32_t array_length, array_data;
    uint32_t bytecode_length, bytecode_data, bytecode_positions;
    uint32_t code_header, code_deopts, code_flags, code_size, shared_in_wrapper;
    uint32_t code_kind_mask, code_baseline; /* kinds of code, in its flags */
    /* Words into the table by which code is given up, and of its first entry. */
    uint32_t deopts_literals, deopts_shared, deopts_positions, deopts_first;
    /* Words into a ScopeInfo, behind its map. */
    uint32_t scope_locals, scope_first;
    /* Instance types (those of functions form a range). */
    uint32_t function_first, function_last, type_shared, type_script, type_scope_info;
    uint32_t type_bytecode_array, type_byte_array, type_trusted_byte_array, type_fixed_array;
    uint32_t type_trusted_fixed_array, type_protected_fixed_array, type_interpreter_data;
    uint32_t type_code, type_stream;
    uint32_t not_string;
    /* Frames that are told apart by their type. */
    uint32_t frame_irregexp, frame_wasm, frame_builtin_exit;
    /* Bytes of each bytecode, as it is and behind either prefix that widens it; 0 of them: V8 does
     * not say. */
    uint32_t bytecodes;
    uint8_t bytecode_size[3][SW_V8_BYTECODES];
    uint32_t flagged_positions; /* source positions: 1 where flags stand beside the offset, 0 where
                                   its sign is one */
};

/* The layout of the V8 in this module (a program, libnode.so); NULL where it has none, or one that
 * this code does not know (compressed pointers). Kept for the life of the process. */
const struct sw_v8_layout *sw_v8_layout_of(const struct sw_module *module);

#endif
