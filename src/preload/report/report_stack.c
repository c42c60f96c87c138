/*
 * Stacks in the text report: the main one frame by frame in aligned columns, the others in a line
 * each. See report.h.
 *
 * Called by report_text.c on the watchdog thread. Names come from the program, so they are escaped,
 * and cut where they would hide the rest (a C++ name can have thousands of characters).
 */
#include "preload/report/report_parts.h"

#include <string.h>

#define FUNCTION_WIDTH_MOST 48
#define COMMAND_SHOWN       200
#define OTHER_STACKS_SHOWN  7
#define KERNEL_SHOWN        3
#define MOST_TELLING        512

/* "function", or "function (inlined)". */
static void write_function(struct sw_text *text, const struct sw_frame *frame)
{
    sw_report_name(text, frame->function);
    if (frame->inlined)
        sw_text_string(text, " (inlined)");
}

/* Columns on a terminal, as far as one for each character holds: UTF-8's continuation bytes take
 * none. */
static size_t columns_of(const char *bytes, size_t length)
{
    size_t columns = 0;
    for (size_t i = 0; i < length; i++)
        columns += ((unsigned char)bytes[i] & 0xc0) != 0x80;
    return columns;
}

static size_t function_width(const struct sw_stack *stack, unsigned shown)
{
    char scratch[512];
    struct sw_text text;
    size_t widest = 0;
    for (unsigned i = 0; i < shown; i++) {
        sw_text_init(&text, scratch, sizeof scratch);
        write_function(&text, &stack->frames[i]);
        size_t width = columns_of(scratch, text.length);
        if (width > widest)
            widest = width;
    }
    return widest < FUNCTION_WIDTH_MOST ? widest : FUNCTION_WIDTH_MOST;
}

static bool has_place(const struct sw_frame *frame)
{
    return frame->file != NULL || frame->module != NULL || frame->lang == SW_LANG_KERNEL ||
           frame->lang == SW_LANG_JIT;
}

/* "file:line"; the module where that is not known, with the offset in it where nothing else is. */
static void write_place(struct sw_text *text, const struct sw_frame *frame)
{
    if (frame->file != NULL) {
        sw_report_name(text, frame->file);
        if (frame->line != 0) {
            sw_text_char(text, ':');
            sw_text_unsigned(text, frame->line);
        }
    } else if (frame->module != NULL) {
        sw_report_name(text, frame->module);
        if (frame->function == NULL && frame->has_offset) {
            sw_text_string(text, "+0x");
            sw_text_hex(text, frame->offset, 1);
        }
    } else if (has_place(frame)) {
        sw_text_string(text, frame->lang == SW_LANG_KERNEL ? "(kernel)" : "(jit)");
    }
}

static void write_frame(struct sw_text *text, int pid, unsigned number,
                        const struct sw_frame *frame, const char *indent, size_t width)
{
    sw_report_prefix(text, pid);
    sw_text_string(text, indent);
    sw_text_char(text, '#');
    size_t from = text->length;
    sw_text_unsigned(text, number);
    sw_text_pad(text, from, 3);
    from = text->length;
    write_function(text, frame);
    if (has_place(frame)) {
        size_t bytes = text->length - from;
        size_t columns = columns_of(text->data + from, bytes);
        sw_text_pad(text, from + (bytes - columns), width + 2);
        write_place(text, frame);
    }
    sw_text_char(text, '\n');
}

/* The frames that a reader wants to see: without a runtime's own between those of its language.
 * They stay valid until the next call. */
static struct sw_stack telling(const struct sw_stack *stack)
{
    static struct sw_frame room[MOST_TELLING];
    struct sw_stack result = *stack;
    result.count = 0;
    for (unsigned i = 0; i < stack->count && result.count < MOST_TELLING; i++)
        if (!stack->frames[i].machinery)
            room[result.count++] = stack->frames[i];
    result.frames = room;
    return result;
}

/* How many frames are the kernel's: the innermost ones. */
static unsigned kernel_frames(const struct sw_stack *stack)
{
    unsigned count = 0;
    while (count < stack->count && stack->frames[count].lang == SW_LANG_KERNEL)
        count++;
    return count;
}

/* In one line: what counts is what the program called. */
static void write_kernel(struct sw_text *text, int pid, const struct sw_stack *stack,
                         const char *indent)
{
    unsigned count = kernel_frames(stack);
    if (count == 0)
        return;
    sw_report_prefix(text, pid);
    sw_text_string(text, indent);
    sw_text_string(text, "in the kernel: ");
    for (unsigned i = 0; i < count && i < KERNEL_SHOWN; i++) {
        sw_text_string(text, i == 0 ? "" : " ← ");
        sw_report_name(text, stack->frames[i].function);
    }
    sw_text_string(text, count > KERNEL_SHOWN ? " ← …\n" : "\n");
}

/* The frames that are the program's own, numbered, under the kernel's. Returns how many were left
 * out. */
static unsigned write_frames(struct sw_text *text, int pid, const struct sw_stack *all,
                             const char *indent, unsigned most)
{
    struct sw_stack told = telling(all), *stack = &told;
    unsigned kernel = kernel_frames(stack);
    struct sw_stack own = {.count = stack->count - kernel, .frames = stack->frames + kernel};
    unsigned shown = own.count < most ? own.count : most;
    if (most > 0)
        write_kernel(text, pid, stack, indent);
    size_t width = function_width(&own, shown);
    for (unsigned i = 0; i < shown && !text->truncated; i++)
        write_frame(text, pid, i, &own.frames[i], indent, width);
    return own.count - shown;
}

/* "35% of samples"; of a pool "3 of 8 threads". */
static void write_share(struct sw_text *text, unsigned samples, unsigned all, bool threads)
{
    if (threads) {
        sw_text_unsigned(text, samples);
        sw_text_string(text, " of ");
        sw_text_unsigned(text, all);
        sw_text_string(text, all == 1 ? " thread" : " threads");
        return;
    }
    sw_text_unsigned(text, (samples * 100 + all / 2) / all);
    sw_text_string(text, "% of samples");
}

static void write_called(struct sw_text *text, const struct sw_frame *frame)
{
    write_function(text, frame);
    if (has_place(frame))
        sw_text_char(text, ' ');
    write_place(text, frame);
}

/* The next frame from `from` on that has a line of source; else the count. */
static unsigned next_source(const struct sw_stack *stack, unsigned from)
{
    while (from < stack->count && stack->frames[from].file == NULL)
        from++;
    return from;
}

/* A stack in a line: the innermost frame, the first one with a line of source behind it, and who
 * called that. */
static void write_other(struct sw_text *text, int pid, const struct sw_stack *whole, unsigned all,
                        bool threads)
{
    struct sw_stack told = telling(whole), *stack = &told;
    sw_report_prefix(text, pid);
    sw_text_string(text, "    ");
    write_share(text, stack->samples, all, threads);
    sw_text_string(text, ": ");
    if (stack->count == 0) {
        sw_text_string(text, "?\n");
        return;
    }
    unsigned first = kernel_frames(stack) % stack->count;
    write_called(text, &stack->frames[first]);
    unsigned source = next_source(stack, first + 1);
    for (unsigned i = source; i < stack->count && i < source + 2; i++) {
        if (stack->frames[i].file == NULL)
            break;
        sw_text_string(text, " ← ");
        write_called(text, &stack->frames[i]);
    }
    sw_text_char(text, '\n');
}

static void write_more(struct sw_text *text, int pid, unsigned count, const char *what)
{
    sw_report_prefix(text, pid);
    sw_text_string(text, "    ... and ");
    sw_text_unsigned(text, count);
    sw_text_string(text, what);
    sw_text_char(text, '\n');
}

void sw_report_stacks_text(struct sw_text *text, int pid, const struct sw_stall *stall,
                           unsigned most)
{
    unsigned all = 0;
    if (stall->stack_count == 0)
        return;
    for (unsigned i = 0; i < stall->stack_count; i++)
        all += stall->stacks[i].samples;
    const struct sw_stack *stack = &stall->stacks[0];
    bool threads = stall->pool != NULL;
    if (threads) {
        sw_report_prefix(text, pid);
        sw_text_string(text, "  stack: ");
        write_share(text, stack->samples, all, true);
        sw_text_char(text, '\n');
    } else if (stall->stack_count > 1) {
        sw_report_prefix(text, pid);
        sw_text_string(text, "  stack: ");
        write_share(text, stack->samples, all, false);
        sw_text_string(text, " (");
        sw_text_unsigned(text, stack->samples);
        sw_text_string(text, " of ");
        sw_text_unsigned(text, all);
        sw_text_string(text, "), the first after ");
        sw_report_ms(text, stack->at_ns);
        sw_text_char(text, '\n');
    }
    unsigned left_out = write_frames(text, pid, stack, "    ", most);
    if (left_out > 0)
        write_more(text, pid, left_out, " more");
    for (unsigned i = 1; i < stall->stack_count && i <= OTHER_STACKS_SHOWN; i++)
        write_other(text, pid, &stall->stacks[i], all, threads);
    if (stall->stack_count > OTHER_STACKS_SHOWN + 1)
        write_more(text, pid, stall->stack_count - OTHER_STACKS_SHOWN - 1, " more of the stacks");
}

void sw_report_holder_text(struct sw_text *text, int pid, const struct sw_holder *holder,
                           unsigned most)
{
    static const char *const what[] = {[SW_HOLDER_MUTEX] = "held by: thread ",
                                       [SW_HOLDER_RWLOCK] = "held by: thread ",
                                       [SW_HOLDER_GIL] = "held by: thread ",
                                       [SW_HOLDER_THREAD] = "waits for: thread ",
                                       [SW_HOLDER_PROCESS] = "waits for: process "};
    if (holder == NULL)
        return;
    struct sw_stack stack = {.count = holder->count, .frames = holder->frames};
    sw_report_prefix(text, pid);
    sw_text_string(text, "  ");
    sw_text_string(text, what[holder->what]);
    sw_text_signed(text, holder->tid);
    sw_text_string(text, " \"");
    sw_report_name(text, holder->name);
    sw_text_char(text, '"');
    if (holder->command != NULL) {
        sw_text_string(text, ": ");
        sw_text_escaped(text, holder->command, strlen(holder->command), COMMAND_SHOWN);
    }
    sw_text_string(text, most > 0 && stack.count > 0 ? ", at:\n" : "\n");
    unsigned left_out = write_frames(text, pid, &stack, "      ", most);
    if (most > 0 && left_out > 0)
        write_more(text, pid, left_out, " more");
}
