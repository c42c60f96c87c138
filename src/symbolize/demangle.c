/*
 * Demangling, by libiberty, and the cutting of names that are too long.
 *
 * Called by symbolize/lines.c in the helper process, on its only thread. libiberty tries Rust's two
 * schemes before that of C++, since legacy Rust names are valid C++ ones too; without DMGL_VERBOSE
 * it leaves Rust's hash out. Return types are dropped: only template functions would have one, and
 * it pushes the name out of sight.
 */
#include "symbolize/demangle.h"

#include <stdlib.h>
#include <string.h>

#if __has_include(<libiberty/demangle.h>)
#include <libiberty/demangle.h>
#else
/* Fedora's binutils-devel lacks this header; as in binutils' include/demangle.h. */
#define DMGL_PARAMS   (1 << 0)
#define DMGL_ANSI     (1 << 1)
#define DMGL_RET_DROP (1 << 6)
#define DMGL_AUTO     (1 << 8)
char *cplus_demangle(const char *mangled, int options);
#endif

/* A longer name costs the demangler more than it tells the reader. */
#define LONGEST_MANGLED 4096

void sw_demangle_copy(const char *name, char *to, size_t size)
{
    size_t length = name != NULL ? strlen(name) : 0;
    if (length < size) {
        if (length > 0)
            memcpy(to, name, length);
        to[length] = '\0';
        return;
    }
    if (size < 4) {
        to[0] = '\0';
        return;
    }
    length = size - 4;
    while (length > 0 && ((unsigned char)name[length] & 0xc0) == 0x80)
        length--; /* not between the bytes of one UTF-8 character */
    memcpy(to, name, length);
    memcpy(to + length, "...", 4);
}

void sw_demangle(const char *name, char *to, size_t size)
{
    char *plain = NULL;
    if (name != NULL && name[0] == '_' && (name[1] == 'Z' || name[1] == 'R') &&
        strnlen(name, LONGEST_MANGLED) < LONGEST_MANGLED)
        plain = cplus_demangle(name, DMGL_PARAMS | DMGL_ANSI | DMGL_RET_DROP | DMGL_AUTO);
    sw_demangle_copy(plain != NULL ? plain : name, to, size);
    free(plain);
}
