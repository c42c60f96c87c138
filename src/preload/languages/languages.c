/* See languages.h. */
#include "preload/languages/languages.h"

#include <string.h>

#include "preload/stack/memory.h"

static const struct sw_language *const languages[] = {&sw_language_python, &sw_language_v8};
#define LANGUAGES (sizeof languages / sizeof languages[0])

static bool present[LANGUAGES];

bool sw_languages_recognise(const struct sw_unwind_stack *native)
{
    bool found = false;
    for (unsigned i = 0; i < native->count; i++) {
        struct sw_module *module = sw_modules_find(native->frame[i].ip);
        if (module == NULL || module->judged)
            continue;
        module->judged = true;
        for (unsigned j = 0; j < LANGUAGES; j++)
            if (languages[j]->recognise(module))
                found = module->runtime = present[j] = true;
    }
    return found;
}

bool sw_languages_present(void)
{
    for (unsigned i = 0; i < LANGUAGES; i++)
        if (present[i])
            return true;
    return false;
}

bool sw_languages_by_native(void)
{
    for (unsigned i = 0; i < LANGUAGES; i++)
        if (present[i] && languages[i]->by_native)
            return true;
    return false;
}

void sw_languages_capture(int tid, const struct sw_unwind_input *input,
                          const struct sw_unwind_stack *native, struct sw_language_stack *stack)
{
    stack->count = 0;
    for (unsigned i = 0; i < LANGUAGES && stack->count == 0; i++) {
        stack->lang = languages[i]->lang;
        stack->complete = stack->anchored = stack->torn = false;
        memset(stack->coroutine, 0, sizeof stack->coroutine);
        if (present[i])
            languages[i]->capture(tid, input, native, stack);
    }
}

static bool is_same_frame(const struct sw_language_frame *one,
                          const struct sw_language_frame *other)
{
    return one->function == other->function && one->file == other->file && one->line == other->line;
}

void sw_languages_capture_moving(int tid, struct sw_language_stack *stack)
{
    static struct sw_language_stack other;
    static const struct sw_unwind_stack empty = {.count = 0};
    struct sw_unwind_input nothing = {.stack_size = 0};
    sw_languages_capture(tid, &nothing, &empty, stack);
    sw_memory_forget();
    sw_languages_capture(tid, &nothing, &empty, &other);
    unsigned most = stack->count < other.count ? stack->count : other.count, same = 0;
    while (same < most && is_same_frame(&stack->frame[stack->count - 1 - same],
                                        &other.frame[other.count - 1 - same]))
        same++;
    /* Cut stacks have no outermost frame to begin with. */
    if (!stack->complete || !other.complete)
        same = 0;
    for (unsigned i = 0; i < same; i++) {
        stack->frame[i] = stack->frame[stack->count - same + i];
        stack->frame[i].native = SW_LANGUAGE_ALONE;
    }
    stack->count = (uint16_t)same;
}

bool sw_languages_is_lock(uint64_t address)
{
    for (unsigned i = 0; i < LANGUAGES; i++)
        if (present[i] && languages[i]->is_lock != NULL && languages[i]->is_lock(address))
            return true;
    return false;
}

int sw_languages_lock_holder(int tid)
{
    int holder = 0;
    for (unsigned i = 0; i < LANGUAGES && holder == 0; i++)
        if (present[i] && languages[i]->holder != NULL)
            holder = languages[i]->holder(tid);
    return holder;
}

enum sw_flow sw_languages_flow(enum sw_lang lang, const struct sw_language_frame *from,
                               const struct sw_language_frame *to)
{
    for (unsigned i = 0; i < LANGUAGES; i++)
        if (present[i] && languages[i]->lang == lang && languages[i]->flow != NULL)
            return languages[i]->flow(from, to);
    return SW_FLOW_UNKNOWN;
}

/* The native frame whose part of the stack holds `anchor`: from the end of the one that it called
 * to its own. */
static bool find_anchor(const struct sw_unwind_stack *native, uint64_t anchor, uint16_t *index)
{
    for (unsigned i = *index; i < native->count && native->frame[i].cfa != 0; i++) {
        if (anchor >= native->frame[i].cfa)
            continue;
        *index = (uint16_t)i;
        return true;
    }
    return false;
}

bool sw_languages_place_by_anchors(const struct sw_unwind_stack *native,
                                   struct sw_language_stack *stack)
{
    uint16_t index = 0;
    bool any = false;
    for (unsigned i = 0; i < stack->count; i++) {
        struct sw_language_frame *frame = &stack->frame[i];
        bool found = frame->anchor != 0 && find_anchor(native, frame->anchor, &index);
        frame->native = found ? index : (uint16_t)native->count;
        any = any || found;
    }
    return any;
}

void sw_languages_place(const struct sw_unwind_stack *native, struct sw_language_stack *stack)
{
    bool (*place)(const struct sw_unwind_stack *, struct sw_language_stack *) =
        sw_languages_place_by_anchors;
    for (unsigned i = 0; i < LANGUAGES; i++)
        if (languages[i]->lang == stack->lang && languages[i]->place != NULL)
            place = languages[i]->place;
    if (stack->count == 0 || place(native, stack))
        return;
    for (unsigned i = 0; i < stack->count; i++)
        stack->frame[i].native = SW_LANGUAGE_ALONE;
}

bool sw_languages_machinery(enum sw_lang lang, const struct sw_module *module, const char *symbol)
{
    if (module != NULL && !module->runtime)
        return false;
    for (unsigned i = 0; i < LANGUAGES; i++)
        if (present[i] && (module != NULL || languages[i]->lang == lang) &&
            languages[i]->is_machinery(module, symbol))
            return true;
    return false;
}

unsigned sw_languages_loop_frames(const struct sw_language_stack *stack)
{
    for (unsigned i = 0; i < LANGUAGES; i++)
        if (stack->count > 0 && languages[i]->lang == stack->lang &&
            languages[i]->loop_frames != NULL)
            return languages[i]->loop_frames(stack);
    return 0;
}

void sw_languages_label(const struct sw_unwind_input *input, const struct sw_language_stack *stack,
                        char *label, size_t size)
{
    label[0] = '\0';
    for (unsigned i = 0; i < LANGUAGES; i++)
        if (stack->count > 0 && present[i] && languages[i]->lang == stack->lang &&
            languages[i]->label != NULL && !languages[i]->label(input, stack, label, size))
            label[0] = '\0';
}

unsigned sw_languages_pools(struct sw_pool_view *views, unsigned most)
{
    unsigned count = 0;
    for (unsigned i = 0; i < LANGUAGES; i++)
        if (present[i] && languages[i]->pools != NULL)
            count = languages[i]->pools(views, count, most);
    return count;
}

bool sw_languages_have_pools(void)
{
    for (unsigned i = 0; i < LANGUAGES; i++)
        if (present[i] && languages[i]->pools != NULL)
            return true;
    return false;
}
