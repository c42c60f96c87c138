/*
 * Can a Python function come (back) to one of its calls? Its jumps are followed in the bytecode:
 * what stack/flow.h is for a processor's. Watchdog thread; see language.h.
 */
#ifndef SW_LANGUAGES_PYTHON_FLOW_H
#define SW_LANGUAGES_PYTHON_FLOW_H

#include "preload/languages/python_layout.h"
#include "preload/stack/flow.h"

/* Can the instruction at `to` of the code object at `code` be reached when the one at `from` is
 * done? Offsets in bytes; exceptions are not followed. SW_FLOW_UNKNOWN: no code object, or one of a
 * version whose opcodes are not known. */
enum sw_flow sw_python_flow(const struct sw_python *python, uint64_t code, uint32_t from,
                            uint32_t to);

#endif
