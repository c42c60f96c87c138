/* See watches.h. */
#include "preload/watch/kept/watches.h"

#include <string.h>

#include "preload/watch/kept/memory_pool.h"

static struct sw_watch *watches[SW_MOST_WATCHES];
static unsigned used; /* of them, from the front: the rest has never been written to */

void sw_watches_start(void)
{
    memset(watches, 0, used * sizeof watches[0]);
    used = 0;
}

struct sw_watch *sw_watches_known(unsigned index, const struct sw_thread *thread)
{
    struct sw_watch *watch = index < SW_MOST_WATCHES ? watches[index] : NULL;
    return watch != NULL && watch->tid == thread->tid ? watch : NULL;
}

struct sw_watch *sw_watches_of(unsigned index, const struct sw_thread *thread)
{
    if (index >= used)
        used = index + 1;
    if (watches[index] == NULL)
        watches[index] = sw_pool_alloc(sizeof *watches[index]);
    struct sw_watch *watch = watches[index];
    if (watch != NULL && watch->tid != thread->tid) {
        struct sw_sample *samples = watch->samples;
        struct sw_held *held = watch->held;
        memset(watch, 0, sizeof *watch);
        watch->samples = samples;
        watch->held = held;
        watch->tid = thread->tid;
    }
    return watch;
}
