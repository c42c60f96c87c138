/* See linkage.h. */
#include "preload/watch/samples/linkage.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "preload/interpose/next.h"
#include "preload/languages/languages.h"
#include "preload/languages/perf_map.h"
#include "preload/stack/symbols.h"
#include "preload/watch/samples/common_frames.h"

static void link_address(struct sw_linked_frame *frame, uint64_t ip, uint64_t function)
{
    frame->module = sw_modules_find(ip);
    if (frame->module == NULL) {
        frame->address = ip;
        frame->start = function;
        frame->symbol = sw_perf_map_name(ip);
        return;
    }
    frame->address = ip - frame->module->bias;
    frame->start = function != 0 ? function - frame->module->bias : 0;
    struct sw_symbols *symbols = sw_symbols_open(frame->module);
    uint64_t start = 0;
    if (symbols != NULL)
        frame->symbol = sw_symbols_find(symbols, frame->address, &start);
    if (frame->symbol != NULL)
        frame->start = start;
}

/* Our wrapper is not what people look for: the real function behind it stands in its place. */
static void link_call(struct sw_linked_frame *frame, uint32_t call_id)
{
    const char *name = sw_call_info(call_id)->name;
    const void *real = sw_next_address(name);
    if (real == NULL)
        real = sw_next_address("syscall");
    frame->call = true;
    link_address(frame, (uint64_t)(uintptr_t)(real != NULL ? real : (void *)getppid), 0);
    /* Made by another of its names (__recv_chk): it is libc's all the same, wherever it stands. */
    if (real == NULL)
        frame->address = frame->start = 0;
    frame->symbol = name;
}

static void add_language_frame(const struct sw_language_stack *language, unsigned i,
                               struct sw_linked_stack *stack)
{
    struct sw_linked_frame *frame = &stack->frame[stack->count++];
    memset(frame, 0, sizeof *frame);
    frame->lang = language->lang;
    frame->symbol = language->frame[i].function;
    frame->file = language->frame[i].file;
    frame->line = language->frame[i].line;
    frame->inlined = language->frame[i].inlined;
}

/* The language's frames that stand before native frame `native`, from the `from`th on. Returns
 * which is the next. */
static unsigned add_language(const struct sw_language_stack *language, unsigned from,
                             unsigned native, struct sw_linked_stack *stack)
{
    unsigned i = from;
    while (i < language->count &&
           (language->frame[i].native <= native || language->frame[i].native == SW_LANGUAGE_ALONE))
        add_language_frame(language, i++, stack);
    return i;
}

/* How many of the language's outermost frames the loop's wait has too. */
static unsigned common_language(const struct sw_language_stack *language,
                                const struct sw_language_stack *base)
{
    unsigned same = 0;
    if (base == NULL || base->lang != language->lang || !base->complete || !language->complete)
        return sw_languages_loop_frames(language);
    while (same < base->count && same < language->count) {
        const struct sw_language_frame *one = &language->frame[language->count - 1 - same];
        const struct sw_language_frame *other = &base->frame[base->count - 1 - same];
        if (one->function != other->function || one->file != other->file)
            break;
        same++;
    }
    return same;
}

/* Those, and what is outside of the innermost of them: an interpreter may run them all in one
 * native frame. */
static void widen_loop(const struct sw_language_stack *language,
                       const struct sw_language_stack *base, struct sw_linked_stack *stack)
{
    unsigned same = common_language(language, base);
    for (unsigned i = stack->count; i > 0 && same > 0; i--) {
        same -= stack->frame[i - 1].lang == language->lang;
        if (same == 0 && stack->count - (i - 1) > stack->loop)
            stack->loop = stack->count - (i - 1);
    }
}

/* Is it only a runtime at work? What has neither a name nor an unwind table was compiled by the
 * runtime itself, as if at run time: V8's builtins in a libnode.so without its symbol table. */
static bool is_machinery(const struct sw_linked_frame *frame, enum sw_lang lang, bool tabled)
{
    bool compiled_ahead =
        frame->module != NULL && frame->module->runtime && frame->symbol == NULL && !tabled;
    return sw_languages_machinery(lang, compiled_ahead ? NULL : frame->module, frame->symbol);
}

int sw_linkage_of(const struct sw_sample *sample, const struct sw_unwind_stack *base,
                  const struct sw_language_stack *base_language, struct sw_arena *arena,
                  struct sw_linked_stack *stack)
{
    const struct sw_unwind_stack *raw = &sample->stack;
    memset(stack, 0, sizeof *stack);
    const struct sw_language_stack *language = &sample->language;
    stack->frame = sw_arena_alloc(arena, (raw->count + language->count + 1) * sizeof *stack->frame);
    if (stack->frame == NULL)
        return -ENOMEM;
    stack->complete = raw->complete;
    if (sample->sequence != 0)
        link_call(&stack->frame[stack->count++], sample->call_id);
    unsigned common = base != NULL ? sw_common_frames_count(raw, base) : 0;
    unsigned inner = 0, next = 0;
    for (unsigned i = 0; i < raw->count; i++) {
        next = add_language(language, next, i, stack);
        if (i == raw->count - common)
            inner = stack->count;
        struct sw_linked_frame *frame = &stack->frame[stack->count];
        memset(frame, 0, sizeof *frame);
        link_address(frame, raw->frame[i].exact ? raw->frame[i].ip : raw->frame[i].ip - 1,
                     raw->frame[i].function);
        if (frame->module != NULL && frame->module->own)
            continue;
        frame->machinery =
            language->count > 0 && is_machinery(frame, language->lang, raw->frame[i].function != 0);
        stack->count++;
    }
    add_language(language, next, raw->count, stack);
    stack->loop = common > 0 ? stack->count - inner : 0;
    widen_loop(language, base_language, stack);
    return 0;
}

bool sw_linkage_same(const struct sw_linked_frame *one, const struct sw_linked_frame *other)
{
    if (one->module != other->module || one->call != other->call || one->lang != other->lang)
        return false;
    if (one->lang != SW_LANG_NATIVE)
        return one->symbol == other->symbol && one->file == other->file;
    if (one->symbol != NULL && other->symbol != NULL)
        return strcmp(one->symbol, other->symbol) == 0;
    if (one->start != 0 || other->start != 0)
        return one->start == other->start;
    return one->address == other->address;
}
