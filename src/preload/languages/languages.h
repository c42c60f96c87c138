/*
 * Frames of languages: what the interpreter or the JIT compiler was running, merged into the native
 * stack. Called by watch/ for each sample, in this order: capture while the thread stands still,
 * place once its native stack is unwound. Watchdog thread only.
 */
#ifndef SW_LANGUAGES_LANGUAGES_H
#define SW_LANGUAGES_LANGUAGES_H

#include "preload/languages/language.h"

/* Looks for runtimes among the modules of a stack that have not been judged yet. True: there is a
 * new one, whose frames could not be captured yet. */
bool sw_languages_recognise(const struct sw_unwind_stack *native);
/* Has a runtime been recognised? Then a running thread has to stand still to be read. */
bool sw_languages_present(void);
/* Must the native stack be unwound before the frames can be had? */
bool sw_languages_by_native(void);
/* The frames of thread `tid`, by the first language that has any for it. */
void sw_languages_capture(int tid, const struct sw_unwind_input *input,
                          const struct sw_unwind_stack *native, struct sw_language_stack *stack);
/* Says of each frame which native frame runs it. Where that cannot be told all are
 * SW_LANGUAGE_ALONE: they stand before the native ones. */
void sw_languages_place(const struct sw_unwind_stack *native, struct sw_language_stack *stack);
/* The same of a thread that may be running and cannot be made to stand still: what two looks have
 * in common, from the outermost frame inwards, all of it SW_LANGUAGE_ALONE. */
void sw_languages_capture_moving(int tid, struct sw_language_stack *stack);
/* Is the condition variable at `address` a lock that threads of a language take turns by (Python's
 * GIL)? Any capture. */
bool sw_languages_is_lock(uint64_t address);
/* Who has that lock while thread `tid` waits for it; 0: nobody that is known. */
int sw_languages_lock_holder(int tid);
/* Can a function of `lang` come from one of its calls to another (or back to the same), both in
 * `code`? */
enum sw_flow sw_languages_flow(enum sw_lang lang, const struct sw_language_frame *from,
                               const struct sw_language_frame *to);
/* Is a native frame only a runtime at work, in a stack that has frames of `lang`? */
bool sw_languages_machinery(enum sw_lang lang, const struct sw_module *module, const char *symbol);
/* How many of the outermost frames of `stack` are a runtime's own event loop's, by their names: for
 * where its wait has not been seen yet. */
unsigned sw_languages_loop_frames(const struct sw_language_stack *stack);
/* What a runtime calls what the thread works on whose frames are in `stack`: a task's name. Empty:
 * nothing is known. The thread may be going on. */
void sw_languages_label(const struct sw_unwind_input *input, const struct sw_language_stack *stack,
                        char *label, size_t size);
/* The pools of threads that the languages know of themselves, up to `most`. Returns how many. */
unsigned sw_languages_pools(struct sw_pool_view *views, unsigned most);
/* Is there a language that may have some? */
bool sw_languages_have_pools(void);

#endif
