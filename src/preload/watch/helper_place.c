/*
 * See helper_place.h. The library's path comes from /proc/self/maps, which is absolute even where
 * LD_PRELOAD was not and the program has changed its directory since.
 */
#include "preload/watch/helper_place.h"

#include <string.h>

#include "common/kernel.h"
#include "common/text.h"
#include "preload/report/helper.h"
#include "preload/stack/maps.h"

#define PATH_MOST 1024

/* lib/, lib/x86_64-linux-gnu/ and lib64/ are all one or two steps below the prefix. */
static const char *const places[] = {"stallwatch-symbolize",
                                     "../libexec/stallwatch/stallwatch-symbolize",
                                     "../../libexec/stallwatch/stallwatch-symbolize"};

static bool is_there(const char *path)
{
    return sw_kernel6(SYS_faccessat, AT_FDCWD, (long)path, 1 /* X_OK */, 0, 0, 0) == 0;
}

void sw_helper_place(const char *asked)
{
    char own[PATH_MOST], path[PATH_MOST];
    struct sw_maps_line line;
    if (asked != NULL) {
        sw_helper_configure(asked);
        return;
    }
    if (sw_maps_find((uint64_t)(uintptr_t)sw_helper_place, &line, own, sizeof own) != 0 ||
        strrchr(own, '/') == NULL)
        return;
    strrchr(own, '/')[1] = '\0';
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct sw_text text;
        sw_text_init(&text, path, sizeof path);
        sw_text_string(&text, own);
        sw_text_string(&text, places[i]);
        if (!text.truncated && is_there(path)) {
            sw_helper_configure(path);
            return;
        }
    }
    /* The nearest place, so that the message about what is missing names it. */
    struct sw_text text;
    sw_text_init(&text, path, sizeof path);
    sw_text_string(&text, own);
    sw_text_string(&text, places[0]);
    sw_helper_configure(path);
}
