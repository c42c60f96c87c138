/* The report for people: totals, the table of signatures, and the worst of them with their stacks.
 * See formats.h. Colour only where the output says so. */
#include <string.h>

#include "command/formats/formats.h"

#define SHOWN_IN_FULL 20
#define ROWS_SHOWN    100
#define FRAMES_SHOWN  32
#define NAME_SHOWN    200
#define CELL_MOST     256
#define COLUMNS       8
#define NUMBERS       4 /* the first columns, aligned at the right */

static const char *const headings[COLUMNS] = {"count", "counted", "total",     "longest",
                                              "cause", "call",    "signature", "where"};

static void write_cell(struct sw_text *text, const struct sw_signature *row, unsigned column)
{
    switch (column) {
    case 0:
        sw_text_unsigned(text, row->count);
        break;
    case 1:
        sw_text_unsigned(text, row->counted);
        break;
    case 2:
        sw_text_duration(text, row->total_ns);
        break;
    case 3:
        sw_text_duration(text, row->max_ns);
        break;
    case 4:
        sw_text_string(text, sw_format_cause(row));
        break;
    case 5:
        if (row->call.name == NULL)
            sw_text_char(text, '-');
        else
            sw_text_escaped(text, row->call.name, strlen(row->call.name), 60);
        break;
    case 6:
        sw_text_hex(text, row->signature, 16);
        break;
    default:
        sw_format_where(text, row);
        break;
    }
}

/* Columns as wide as their widest cell; characters are counted, not bytes. */
static size_t width_of(const char *cell)
{
    size_t width = 0;
    for (; *cell != '\0'; cell++)
        width += ((unsigned char)*cell & 0xc0) != 0x80;
    return width;
}

static void cell_of(char buffer[CELL_MOST * 4], const struct sw_signature *row, unsigned column)
{
    struct sw_text text;
    sw_text_init(&text, buffer, CELL_MOST * 4);
    if (row != NULL)
        write_cell(&text, row, column);
    else
        sw_text_string(&text, headings[column]);
}

static void write_row(struct sw_output *output, const char *prefix, const struct sw_signature *row,
                      const size_t widths[COLUMNS])
{
    struct sw_text *text = &output->text;
    char cell[CELL_MOST * 4];
    sw_text_string(text, prefix);
    for (unsigned column = 0; column < COLUMNS; column++) {
        cell_of(cell, row, column);
        size_t spaces = widths[column] - width_of(cell);
        sw_text_string(text, column == 0 ? "" : "  ");
        for (size_t i = 0; i < spaces && column < NUMBERS; i++)
            sw_text_char(text, ' ');
        sw_text_string(text, cell);
        for (size_t i = 0; i < spaces && column >= NUMBERS && column + 1 < COLUMNS; i++)
            sw_text_char(text, ' ');
    }
    sw_text_char(text, '\n');
    sw_output_flush(output);
}

void sw_format_table(struct sw_output *output, const struct sw_merge *merge, const char *prefix,
                     size_t most)
{
    size_t widths[COLUMNS] = {0}, rows = merge->signature_count;
    char cell[CELL_MOST * 4];
    if (rows > most)
        rows = most;
    for (size_t row = 0; row <= rows; row++) {
        for (unsigned column = 0; column < COLUMNS; column++) {
            cell_of(cell, row == 0 ? NULL : merge->signatures[row - 1], column);
            size_t width = width_of(cell);
            widths[column] = width > widths[column] ? width : widths[column];
        }
    }
    for (size_t row = 0; row <= rows; row++)
        write_row(output, prefix, row == 0 ? NULL : merge->signatures[row - 1], widths);
    if (rows < merge->signature_count) {
        sw_text_string(&output->text, prefix);
        sw_text_string(&output->text, "and ");
        sw_text_unsigned(&output->text, merge->signature_count - rows);
        sw_text_string(&output->text, " signatures more\n");
    }
}

static void escaped(struct sw_text *text, const char *name)
{
    sw_text_escaped(text, name, name == NULL ? 0 : strlen(name), NAME_SHOWN);
}

/* How often the frame at `i` comes without another between: recursion is told in one row. */
static unsigned repeats(const struct sw_merged_stack *stack, unsigned i)
{
    unsigned times = 1;
    while (i + times < stack->count && stack->frames[i + times] == stack->frames[i])
        times++;
    return times;
}

static void frame_name(char shown[NAME_SHOWN * 4], const struct sw_record_frame *frame)
{
    char buffer[NAME_SHOWN + 8];
    struct sw_text name;
    sw_text_init(&name, shown, NAME_SHOWN * 4);
    escaped(&name, sw_format_frame_name(frame, buffer, sizeof buffer));
}

/* Places begin in one column, unless a name is very long. */
static size_t name_column(const struct sw_merged_stack *stack, unsigned first)
{
    char shown[NAME_SHOWN * 4];
    size_t column = 0;
    for (unsigned i = first, rows = 0; i < stack->count && rows < FRAMES_SHOWN; rows++) {
        frame_name(shown, stack->frames[i]);
        size_t width = width_of(shown);
        if (width <= 48 && width > column)
            column = width;
        i += repeats(stack, i);
    }
    return column;
}

static void write_frames(struct sw_output *output, const struct sw_merged_stack *stack)
{
    struct sw_text *text = &output->text;
    char shown[NAME_SHOWN * 4];
    unsigned kernel = sw_format_kernel(text, "    ", stack, "\n"), i = kernel;
    size_t column = name_column(stack, kernel);
    for (unsigned rows = 0; i < stack->count && rows < FRAMES_SHOWN; rows++) {
        unsigned times = repeats(stack, i);
        frame_name(shown, stack->frames[i]);
        sw_text_string(text, "    #");
        sw_text_unsigned(text, i - kernel);
        sw_text_string(text, i - kernel < 10 ? "  " : " ");
        sw_text_string(text, shown);
        for (size_t width = width_of(shown); width < column; width++)
            sw_text_char(text, ' ');
        sw_text_string(text, "  ");
        sw_format_frame_place(text, stack->frames[i]);
        if (times > 1) {
            sw_text_string(text, "  × ");
            sw_text_unsigned(text, times);
        }
        sw_text_char(text, '\n');
        sw_output_flush(output);
        i += times;
    }
    if (i < stack->count) {
        sw_text_string(text, "    and ");
        sw_format_count(text, stack->count - i, "frame more\n", "frames more\n");
    }
}

static void write_kind(struct sw_text *text, const struct sw_signature *signature)
{
    if (signature->suppressed != 0) {
        sw_text_string(text, "  note:   ");
        sw_text_unsigned(text, signature->suppressed);
        sw_text_string(text, " suppressed by ");
        escaped(text, signature->rule);
        sw_text_char(text, '\n');
    }
    if (signature->known)
        sw_text_string(text, "  note:   in the baseline: not counted\n");
    if (signature->ongoing != 0) {
        sw_text_string(text, "  note:   ");
        sw_text_unsigned(text, signature->ongoing);
        sw_text_string(text, " had not ended when last heard of\n");
    }
}

static void write_holder(struct sw_text *text, const struct sw_merged_holder *holder)
{
    if (holder->what == NULL)
        return;
    bool process = strcmp(holder->what, "process") == 0;
    bool waits = process || strcmp(holder->what, "thread") == 0;
    sw_text_string(text, waits ? "  waits for: " : "  held by: ");
    sw_text_string(text, process ? "process " : "thread ");
    sw_text_signed(text, holder->tid);
    sw_text_string(text, " \"");
    escaped(text, holder->name);
    sw_text_string(text, "\"");
    if (holder->command != NULL) {
        sw_text_string(text, ", ");
        escaped(text, holder->command);
    }
    for (unsigned i = 0; i < holder->count; i++) {
        const struct sw_record_frame *frame = holder->frames[i];
        if (frame->function == NULL || frame->file == NULL || sw_merge_is_system(frame))
            continue;
        sw_text_string(text, ", in ");
        escaped(text, frame->function);
        sw_text_char(text, ' ');
        sw_format_frame_place(text, frame);
        break;
    }
    sw_text_char(text, '\n');
}

static void write_signature(struct sw_output *output, const struct sw_signature *signature)
{
    struct sw_text *text = &output->text;
    sw_text_char(text, '\n');
    sw_text_string(text, !output->colour ? "" : signature->counted > 0 ? "\x1b[1;31m" : "\x1b[1m");
    sw_format_how_often(text, signature, signature->count);
    sw_text_string(text, ", longest ");
    sw_text_duration(text, signature->max_ns);
    sw_text_string(text, ", in all ");
    sw_text_duration(text, signature->total_ns);
    sw_text_string(text, output->colour ? "\x1b[0m" : "");
    sw_text_string(text, " (signature ");
    sw_text_hex(text, signature->signature, 16);
    sw_text_string(text, ")\n  cause:  ");
    sw_format_why(text, signature);
    sw_text_string(text, signature->startup ? " (start-up)" : "");
    sw_text_string(text, "\n  in:     ");
    for (unsigned i = 0; i < signature->program_count; i++) {
        sw_text_string(text, i == 0 ? "" : ", ");
        escaped(text, signature->programs[i]);
    }
    sw_text_string(text, signature->pool ? ", pool \"" : ", thread \"");
    escaped(text, signature->thread);
    sw_text_string(text, signature->pool ? "\"" : "\", ");
    escaped(text, signature->wait);
    sw_text_string(text, signature->first != NULL ? "\n  when:   " : "");
    escaped(text, signature->first);
    if (signature->first != signature->last) {
        sw_text_string(text, " to ");
        escaped(text, signature->last);
    }
    sw_text_char(text, '\n');
    if (signature->label != NULL) {
        sw_text_string(text, "  label:  ");
        escaped(text, signature->label);
        sw_text_char(text, '\n');
    }
    write_kind(text, signature);
    write_holder(text, &signature->holder);
    if (signature->stack_count > 0)
        write_frames(output, signature->stacks[0]);
    if (signature->hint != NULL) {
        sw_text_string(text, "  hint:   ");
        escaped(text, signature->hint);
        sw_text_char(text, '\n');
    }
    sw_output_flush(output);
}

void sw_format_text(struct sw_output *output, const struct sw_merge *merge)
{
    struct sw_text *text = &output->text;
    size_t shown = merge->signature_count < SHOWN_IN_FULL ? merge->signature_count : SHOWN_IN_FULL;
    sw_text_string(text, "stallwatch report: ");
    sw_format_totals(text, merge);
    if (merge->first != NULL) {
        sw_text_string(text, ", ");
        escaped(text, merge->first);
        sw_text_string(text, " to ");
        escaped(text, merge->last);
    }
    sw_text_char(text, '\n');
    if (merge->lines_lost > 0) {
        sw_format_count(text, merge->lines_lost, "report line", "report lines");
        sw_text_string(text, " could not be written by the programs\n");
    }
    if (merge->signature_count == 0)
        return;
    sw_text_char(text, '\n');
    sw_format_table(output, merge, "  ", ROWS_SHOWN);
    for (size_t i = 0; i < shown; i++)
        write_signature(output, merge->signatures[i]);
    if (shown < merge->signature_count)
        sw_text_string(text, "\nStacks of the worst 20 are shown; --format json has all.\n");
}
