/*
 * The path in a linked name: `boost::asio::detail::scheduler::run` of `_ZN5boost4asio…`, as far as
 * globs over names need it. No demangler: parameters, template arguments and types are left out.
 * Pure; any thread.
 */
#ifndef SW_COMMON_LINKED_PATH_H
#define SW_COMMON_LINKED_PATH_H

#include "common/text.h"

/* Appends the path of `linked`, a name as linked: of C++ (Itanium), of Rust (both of its manglings,
 * without the hash); any other name as it is. */
void sw_linked_path(struct sw_text *text, const char *linked);

#endif
