/* See pool_totals.h. Called by publish.c. */
#include "preload/watch/tell/pool_totals.h"

#include <stdatomic.h>
#include <string.h>

#include "preload/notes/process.h"
#include "preload/watch/kept/memory_pool.h"

#define MOST_POOLS 16

static struct sw_pool_summary totals[MOST_POOLS];
static unsigned count;

void sw_pool_totals_start(void)
{
    count = 0;
}

unsigned sw_pool_totals(const struct sw_pool_summary **pools)
{
    *pools = totals;
    return count;
}

/* The one of this name; NULL: there is no room for another. */
static struct sw_pool_summary *total_of(const char *name)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(totals[i].name, name) == 0)
            return &totals[i];
    const char *kept = count < MOST_POOLS ? sw_pool_string(name) : NULL;
    if (kept == NULL)
        return NULL;
    totals[count] = (struct sw_pool_summary){.name = kept};
    return &totals[count++];
}

void sw_pool_totals_add(const struct sw_stall *stall)
{
    struct sw_pool_summary *total = total_of(stall->pool->name);
    if (stall->counted)
        atomic_fetch_add(&sw_process->counted, 1);
    if (total == NULL)
        return;
    total->threads = stall->pool->threads;
    total->count++;
    total->total_ns += stall->duration_ns;
    if (stall->duration_ns > total->max_ns)
        total->max_ns = stall->duration_ns;
}
