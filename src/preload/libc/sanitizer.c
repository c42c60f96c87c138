/* See sanitizer.h. Its runtime is in the program's global scope, or in the program itself. */
#include "preload/libc/sanitizer.h"

#include <stddef.h>

#include "preload/libc/loader.h"

bool sw_sanitizer_of_threads(void)
{
    return sw_loader_symbol(RTLD_DEFAULT, "__tsan_init") != NULL;
}
