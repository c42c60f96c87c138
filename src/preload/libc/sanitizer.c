/* See sanitizer.h. Their runtimes are in the program's global scope, or in the program itself. */
#include "preload/libc/sanitizer.h"

#include <stddef.h>

#include "preload/libc/loader.h"

bool sw_sanitizer_is_there(void)
{
    static const char *const names[] = {"__asan_init", "__lsan_init", "__msan_init",
                                        "__hwasan_init"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (sw_loader_symbol(RTLD_DEFAULT, names[i]) != NULL)
            return true;
    return sw_sanitizer_of_threads();
}

bool sw_sanitizer_of_threads(void)
{
    return sw_loader_symbol(RTLD_DEFAULT, "__tsan_init") != NULL;
}
