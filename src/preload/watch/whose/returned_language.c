/* See returned_language.h. */
#include "preload/watch/whose/returned_language.h"

#include <string.h>

#include "preload/languages/languages.h"
#include "preload/stack/maps.h"

/* The innermost frame that both have, counted from the outermost: those around it are at the same
 * call. False: they begin differently. */
static bool find_common(const struct sw_language_stack *stack, const struct sw_language_stack *base,
                        unsigned *in_stack, unsigned *in_base)
{
    bool found = false;
    for (unsigned i = 1; i <= stack->count && i <= base->count; i++) {
        const struct sw_language_frame *one = &stack->frame[stack->count - i];
        const struct sw_language_frame *other = &base->frame[base->count - i];
        if (one->code == 0 || one->code != other->code)
            break;
        *in_stack = stack->count - i;
        *in_base = base->count - i;
        found = true;
        if (one->at != other->at)
            break;
    }
    return found;
}

/* Is the runtime's own loop, in which the wait was, not running any more? Nobody's callbacks are
 * due then, however often the program runs it again (asyncio's run_until_complete). `common`: how
 * many of the outermost frames both have. */
static bool runtimes_loop_is_over(const struct sw_language_stack *stack,
                                  const struct sw_language_stack *base, unsigned common)
{
    return sw_languages_loop_frames(base) > common && sw_languages_loop_frames(stack) == 0;
}

bool sw_returned_in_language(const struct sw_language_stack *stack,
                             const struct sw_language_stack *base)
{
    unsigned i = 0, j = 0;
    if (stack->count == 0 || stack->lang != base->lang || !stack->complete || !base->complete ||
        !find_common(stack, base, &i, &j))
        return false;
    const struct sw_language_frame *shared = &stack->frame[i], *waits = &base->frame[j];
    /* Where both are at the same call, and the wait is not by a function that it called: it is in
     * that wait, or was called back from it. */
    if (j == 0 && shared->at == waits->at)
        return false;
    if (runtimes_loop_is_over(stack, base, stack->count - i))
        return true;
    if (sw_languages_flow(stack->lang, shared, waits) != SW_FLOW_NO)
        return false;
    for (unsigned inner = 0; inner <= j; inner++)
        if (sw_languages_flow(base->lang, &base->frame[inner], &base->frame[inner]) == SW_FLOW_YES)
            return true;
    return false;
}

bool sw_returned_waits_beside(const struct sw_language_stack *stack,
                              const struct sw_language_stack *base)
{
    unsigned i = 0, j = 0;
    return stack->count > 0 && stack->lang == base->lang && stack->complete && base->complete &&
           find_common(stack, base, &i, &j) && i == 0 && stack->frame[i].at != base->frame[j].at;
}

/* It has a part in C. */
static bool has_asyncio(void)
{
    static struct sw_maps maps;
    struct sw_maps_line line;
    bool found = false;
    if (sw_maps_open(&maps) < 0)
        return false;
    while (!found && sw_maps_next(&maps, &line))
        found = strstr(line.path, "/_asyncio.") != NULL;
    sw_maps_close(&maps);
    return found;
}

bool sw_returned_maybe_asyncios(const struct sw_language_stack *stack)
{
    return stack->count > 0 && stack->complete && stack->lang == SW_LANG_PYTHON &&
           sw_languages_loop_frames(stack) == 0 && has_asyncio();
}

bool sw_returned_turns_nowhere(const struct sw_language_stack *stack)
{
    if (stack->count == 0 || !stack->complete || stack->lang != SW_LANG_PYTHON)
        return false;
    for (unsigned i = 0; i < stack->count; i++)
        if (sw_languages_flow(stack->lang, &stack->frame[i], &stack->frame[i]) != SW_FLOW_NO)
            return false;
    return true;
}
