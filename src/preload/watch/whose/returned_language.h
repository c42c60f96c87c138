/*
 * Has the loop's function returned, as its language tells it? An interpreter's native frames are
 * the same whatever function it runs; the frames of its language, of the loop's wait and of a
 * sample of the iteration in question, are held against each other by the rules of returned.h.
 * Watchdog thread; called by ownership.c at the moment of suspicion.
 */
#ifndef SW_WATCH_RETURNED_LANGUAGE_H
#define SW_WATCH_RETURNED_LANGUAGE_H

#include "preload/languages/language.h"

/* False also where that cannot be told. */
bool sw_returned_in_language(const struct sw_language_stack *stack,
                             const struct sw_language_stack *base);
/* Is what the thread is in called by the very function of the language that waits for the loop, or
 * calls what does, from elsewhere in it? */
bool sw_returned_waits_beside(const struct sw_language_stack *stack,
                              const struct sw_language_stack *base);
/* Where what the wait ran has not been seen: may it be asyncio's loop, which is not running in
 * `stack`? The program has imported it then. */
bool sw_returned_maybe_asyncios(const struct sw_language_stack *stack);
/* Does no function in `stack` go in a circle, as far as their code can be followed? Then no loop of
 * the language's own is in there. */
bool sw_returned_turns_nowhere(const struct sw_language_stack *stack);

#endif
