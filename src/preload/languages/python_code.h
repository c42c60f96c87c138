/*
 * What a code object says: function, file, line. Watchdog thread; see language.h.
 */
#ifndef SW_LANGUAGES_PYTHON_CODE_H
#define SW_LANGUAGES_PYTHON_CODE_H

#include <stddef.h>

#include "preload/languages/language.h"
#include "preload/languages/python_layout.h"

/* Fills in function, file, line and place of the code object at `code`; `position` as the frame has
 * it. False: there is no code object. */
bool sw_python_read_code(const struct sw_python *python, uint64_t code, uint64_t position,
                         struct sw_language_frame *frame);
/* The text of a str object, as UTF-8, cut to `size` with its NUL. Its length; 0: none. */
size_t sw_python_read_text(const struct sw_python *python, uint64_t object, char *text,
                           size_t size);

#endif
