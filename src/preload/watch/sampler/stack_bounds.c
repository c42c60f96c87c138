/* See stack_bounds.h. */
#include "preload/watch/sampler/stack_bounds.h"

#include <errno.h>
#include <string.h>

#include "preload/stack/memory.h"

#define PAGE UINT64_C(4096)
/* As far as the next sample's stack pointer may be from this one's, mostly; beyond it, its bounds
 * are looked for anew. Above it as much more as a sample copies. */
#define PAGES_BELOW 16
#define PAGES_ABOVE 128

int sw_stack_bounds_at(uint64_t sp, struct sw_stack_bounds *bounds)
{
    if (sw_memory_mapping(sp, &bounds->low, &bounds->high, &bounds->grows) != 0)
        return -EFAULT;
    bounds->end = bounds->high;
    if (bounds->grows) /* made by the kernel, without a hole */
        return 0;
    uint64_t page = sp - sp % PAGE;
    uint64_t above = sw_memory_pages(page, false, PAGES_ABOVE);
    uint64_t below = sw_memory_pages(page, true, PAGES_BELOW);
    if (above == 0 || below == 0)
        return -EFAULT;
    if (bounds->high > page + above * PAGE)
        bounds->high = page + above * PAGE;
    if (bounds->low < page - (below - 1) * PAGE)
        bounds->low = page - (below - 1) * PAGE;
    return 0;
}

void sw_stack_bounds_forget(struct sw_stack_bounds *bounds)
{
    memset(bounds, 0, sizeof *bounds);
}
