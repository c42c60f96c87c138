/* Names as the linker knows them, turned into what their author wrote. Helper process only. */
#ifndef SW_SYMBOLIZE_DEMANGLE_H
#define SW_SYMBOLIZE_DEMANGLE_H

#include <stddef.h>

/* Writes `name` into `to` of `size` bytes: demangled where it is a C++ or Rust name (legacy or v0,
 * without the hash), else as it is; cut to what fits, at a character's boundary, with "..." at its
 * end. */
void sw_demangle(const char *name, char *to, size_t size);
/* Copies with the same way of cutting. NULL counts as "". */
void sw_demangle_copy(const char *name, char *to, size_t size);

#endif
