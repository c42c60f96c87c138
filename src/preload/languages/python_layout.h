/*
 * Where CPython keeps what a walk needs: offsets by version, from 3.13 on as the interpreter itself
 * tells them (_Py_DebugOffsets at the beginning of _PyRuntime). Watchdog thread only.
 */
#ifndef SW_LANGUAGES_PYTHON_LAYOUT_H
#define SW_LANGUAGES_PYTHON_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/stack/modules.h"

enum sw_python_frames {
    SW_PYTHON_OBJECTS, /* up to 3.10: frame objects, one for each call of the evaluating function */
    SW_PYTHON_CFRAMES, /* 3.11: struct _PyCFrame on the C stack, one for each such call */
    SW_PYTHON_SHIMS /* 3.12 on: a frame on the C stack that runs nothing, one for each such call */
};

enum sw_python_lines {
    SW_PYTHON_LNOTAB,   /* up to 3.9 */
    SW_PYTHON_RANGES,   /* 3.10 */
    SW_PYTHON_LOCATIONS /* 3.11 on */
};

/* Offsets in bytes. */
struct sw_python_layout {
    unsigned minor; /* of 3.x */
    enum sw_python_frames frames;
    enum sw_python_lines lines;
    /* PyThreadState */
    uint16_t thread_next, thread_interp, thread_top, thread_id;
    bool through_cframe; /* thread_top is of a _PyCFrame */
    uint16_t cframe_top, cframe_previous;
    /* The frame: `position` is f_lasti up to 3.10, else a pointer to an instruction. */
    uint16_t previous, code, position, owner;
    uint16_t locals, stack_top; /* its variables, and how far it reaches (python_objects.c) */
    uint16_t generator; /* of a generator or coroutine: its frame; up to 3.10 a pointer to that */
    /* PyCodeObject */
    uint16_t filename, name, qualname, first_line, table, instructions;
    uint16_t code_bytes; /* up to 3.10: the instructions, a bytes object */
    /* Objects */
    uint16_t type;                                            /* of any */
    uint16_t text_length, text_state, text_ascii, text_other; /* str: where its characters begin */
    uint16_t bytes_size, bytes_data;
    /* Who holds the lock: from 3.12 on in the interpreter's state, reached by a pointer in it. */
    uint32_t interp_gil; /* 0: elsewhere */
    uint16_t gil_locked, gil_holder;
};

/* A CPython in this process. */
struct sw_python {
    const struct sw_module *module;
    struct sw_python_layout layout;
    uint64_t eval, eval_size;                  /* _PyEval_EvalFrameDefault */
    uint64_t current_thread;                   /* _PyThreadState_UncheckedGet, up to 3.11 */
    uint64_t code_type, text_type, bytes_type; /* PyCode_Type, PyUnicode_Type, PyBytes_Type */
};

/* Is `module` a CPython 3.6 or later, of a version whose layout is known? Fills in `python`. */
bool sw_python_recognise(const struct sw_module *module, struct sw_python *python);

#endif
