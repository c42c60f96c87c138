/*
 * What a process has to say at its end: stalls by signature, and how busy each loop was; as tables
 * in the text and as a JSON line. See report.h.
 *
 * Called on the watchdog thread when the program exits, and whenever what is due after a sudden
 * death is renewed. The tables are put together cell by cell, each twice: once for the width of its
 * column.
 */
#include "preload/report/report.h"

#include <string.h>

#include "preload/report/report_parts.h"

#define COLUMNS_MOST     9
#define GROUPS_SHOWN     10
#define LOOPS_SHOWN      32
#define CELL_SIZE        512
#define COLUMN_WIDTH_MAX 48

struct table {
    unsigned rows, columns;
    const char *const *headings;
    unsigned right; /* bit n: column n is aligned to the right */
    void (*cell)(struct sw_text *text, const struct sw_summary *summary, unsigned row,
                 unsigned column);
};

static size_t width_of(const struct sw_text *text)
{
    size_t width = 0;
    for (size_t i = 0; i < text->length; i++)
        width += ((unsigned char)text->data[i] & 0xc0) != 0x80;
    return width;
}

/* Row 0 is the headings. */
static void render_cell(struct sw_text *text, const struct table *table,
                        const struct sw_summary *summary, unsigned row, unsigned column)
{
    sw_text_reset(text);
    if (row == 0)
        sw_text_string(text, table->headings[column]);
    else
        table->cell(text, summary, row - 1, column);
}

static void write_row(struct sw_text *text, int pid, const struct table *table,
                      const struct sw_summary *summary, unsigned row, const size_t *widths)
{
    char scratch[CELL_SIZE];
    struct sw_text cell;
    size_t spaces = 1; /* owed before the next cell: none are left at a line's end */
    sw_text_init(&cell, scratch, sizeof scratch);
    sw_report_prefix(text, pid);
    for (unsigned column = 0; column < table->columns; column++) {
        render_cell(&cell, table, summary, row, column);
        size_t width = width_of(&cell);
        size_t rest = width < widths[column] ? widths[column] - width : 0;
        bool right = (table->right >> column & 1) != 0;
        spaces += right ? rest : 0;
        if (cell.length != 0) {
            sw_text_pad(text, text->length, spaces + 1);
            sw_text_bytes(text, cell.data, cell.length);
            spaces = 1;
        } else {
            spaces += width + 1;
        }
        spaces += right ? 0 : rest;
    }
    sw_text_char(text, '\n');
}

static void write_table(struct sw_text *text, int pid, const struct table *table,
                        const struct sw_summary *summary)
{
    char scratch[CELL_SIZE];
    struct sw_text cell;
    size_t widths[COLUMNS_MOST] = {0};
    sw_text_init(&cell, scratch, sizeof scratch);
    for (unsigned column = 0; column < table->columns; column++) {
        for (unsigned row = 0; row <= table->rows; row++) {
            render_cell(&cell, table, summary, row, column);
            size_t width = width_of(&cell);
            if (width > widths[column])
                widths[column] = width < COLUMN_WIDTH_MAX ? width : COLUMN_WIDTH_MAX;
        }
    }
    for (unsigned row = 0; row <= table->rows && !text->truncated; row++)
        write_row(text, pid, table, summary, row, widths);
}

static void group_cell(struct sw_text *text, const struct sw_summary *summary, unsigned row,
                       unsigned column)
{
    const struct sw_stall_group *group = &summary->groups[row];
    switch (column) {
    case 0:
        sw_text_unsigned(text, group->count);
        break;
    case 1:
        sw_report_ms(text, group->total_ns);
        break;
    case 2:
        sw_report_ms(text, group->max_ns);
        break;
    case 3:
        sw_text_string(text, sw_settings_cause_name(group->cause));
        break;
    case 4:
        sw_report_name(text, group->call == NULL ? "-" : group->call);
        break;
    case 5:
        sw_text_hex(text, group->signature, 16);
        break;
    default:
        sw_report_name(text, group->top);
        break;
    }
}

/* The part of its time that the loop was busy, in thousandths. */
static unsigned busy_permille(const struct sw_loop_summary *loop)
{
    uint64_t busy = loop->busy_ns, all = loop->busy_ns + loop->wait_ns;
    if (all < busy || all == 0)
        return 0;
    while (all > UINT64_MAX / 2000) {
        busy >>= 10;
        all >>= 10;
    }
    return (unsigned)((busy * 1000 + all / 2) / all);
}

static void loop_cell(struct sw_text *text, const struct sw_summary *summary, unsigned row,
                      unsigned column)
{
    const struct sw_loop_summary *loop = &summary->loops[row];
    const uint64_t times[] = {loop->p50_ns, loop->p90_ns, loop->p99_ns, loop->p999_ns,
                              loop->max_ns};
    switch (column) {
    case 0:
        sw_text_string(text, "thread ");
        sw_text_signed(text, loop->tid);
        sw_text_string(text, " \"");
        sw_report_name(text, loop->thread_name);
        sw_text_char(text, '"');
        break;
    case 1:
        sw_report_name(text, loop->wait);
        break;
    case 2:
        sw_text_unsigned(text, loop->iterations);
        break;
    case 3:
        sw_text_unsigned(text, busy_permille(loop) / 10);
        sw_text_char(text, '.');
        sw_text_unsigned(text, busy_permille(loop) % 10);
        sw_text_string(text, "%");
        break;
    default:
        sw_text_duration(text, times[column - 4]);
        break;
    }
}

static void write_part(struct sw_text *text, uint64_t count, const char *what)
{
    if (count == 0)
        return;
    sw_text_string(text, ", ");
    sw_text_unsigned(text, count);
    sw_text_string(text, what);
}

static void write_totals(struct sw_text *text, const struct sw_process_info *process,
                         const struct sw_summary *summary)
{
    sw_report_prefix(text, process->pid);
    sw_text_string(text, "stallwatch: summary of ");
    sw_report_program(text, process);
    sw_text_string(text, " after ");
    sw_text_duration(text, summary->uptime_ns);
    if (summary->total == 0) {
        sw_text_string(text, ": no stalls");
    } else {
        sw_text_string(text, ": ");
        sw_text_unsigned(text, summary->total);
        sw_text_string(text, summary->total == 1 ? " stall, " : " stalls, ");
        sw_text_unsigned(text, summary->counted);
        sw_text_string(text, " counted");
        write_part(text, summary->suppressed, " suppressed");
        write_part(text, summary->notes, summary->notes == 1 ? " note" : " notes");
    }
    sw_text_char(text, '\n');
}

static void pool_cell(struct sw_text *text, const struct sw_summary *summary, unsigned row,
                      unsigned column)
{
    const struct sw_pool_summary *pool = &summary->pools[row];
    switch (column) {
    case 0:
        sw_report_name(text, pool->name);
        break;
    case 1:
        sw_text_unsigned(text, pool->threads);
        break;
    case 2:
        sw_text_unsigned(text, pool->count);
        break;
    case 3:
        sw_report_ms(text, pool->total_ns);
        break;
    default:
        sw_report_ms(text, pool->max_ns);
        break;
    }
}

static void write_number_of(struct sw_text *text, int pid, const char *what, uint64_t count)
{
    if (count == 0)
        return;
    sw_report_prefix(text, pid);
    sw_text_string(text, what);
    sw_text_unsigned(text, count);
    sw_text_char(text, '\n');
}

void sw_report_summary_text(struct sw_text *text, const struct sw_process_info *process,
                            const struct sw_summary *summary)
{
    static const char *const group_headings[] = {"count", "total",     "longest", "cause",
                                                 "call",  "signature", "where"};
    static const char *const loop_headings[] = {"loop", "wait", "iterations", "busy", "p50",
                                                "p90",  "p99",  "p99.9",      "max"};
    struct table groups = {summary->group_count, 7, group_headings, 0x07, group_cell};
    static const char *const pool_headings[] = {"full pool", "threads", "times", "total",
                                                "longest"};
    struct table pools = {summary->pool_count, 5, pool_headings, 0x1e, pool_cell};
    struct table loops = {summary->loop_count, 9, loop_headings, 0x1fc, loop_cell};
    size_t start = text->length;
    int pid = process->pid;
    if (text->truncated)
        return;
    if (groups.rows > GROUPS_SHOWN)
        groups.rows = GROUPS_SHOWN;
    if (loops.rows > LOOPS_SHOWN)
        loops.rows = LOOPS_SHOWN;
    write_totals(text, process, summary);
    write_number_of(text, pid,
                    "  not reported in full (STALLWATCH_MAX_REPORTS): ", summary->unreported);
    write_number_of(text, pid, "  report lines that could not be written: ", summary->lines_lost);
    if (groups.rows != 0)
        write_table(text, pid, &groups, summary);
    if (pools.rows != 0)
        write_table(text, pid, &pools, summary);
    if (loops.rows != 0)
        write_table(text, pid, &loops, summary);
    write_number_of(text, pid, "  loops not shown: ", summary->loop_count - loops.rows);
    sw_report_whole_lines(text, start);
}

static void write_loop_json(struct sw_report_record *record, const struct sw_process_info *process,
                            const struct sw_loop_summary *loop)
{
    struct sw_json *json = &record->json;
    sw_json_object_begin(json, NULL);
    sw_json_unsigned(json, "id", loop->id);
    sw_report_record_thread(record, loop->tid, loop->thread_name, loop->tid == process->pid);
    sw_report_record_string(record, "wait", loop->wait);
    sw_json_unsigned(json, "iterations", loop->iterations);
    sw_json_ms(json, "busy_ms", loop->busy_ns);
    sw_json_ms(json, "wait_ms", loop->wait_ns);
    sw_json_object_begin(json, "busy_us");
    sw_json_us(json, "p50", loop->p50_ns);
    sw_json_us(json, "p90", loop->p90_ns);
    sw_json_us(json, "p99", loop->p99_ns);
    sw_json_us(json, "p999", loop->p999_ns);
    sw_json_us(json, "max", loop->max_ns);
    sw_json_object_end(json);
    sw_json_object_end(json);
}

static void write_group_json(struct sw_report_record *record, const struct sw_stall_group *group)
{
    struct sw_json *json = &record->json;
    char hex[17];
    struct sw_text signature;
    sw_text_init(&signature, hex, sizeof hex);
    sw_text_hex(&signature, group->signature, 16);
    sw_json_object_begin(json, NULL);
    sw_json_string(json, "signature", hex);
    sw_json_unsigned(json, "count", group->count);
    sw_json_ms(json, "total_ms", group->total_ns);
    sw_json_ms(json, "max_ms", group->max_ns);
    sw_json_string(json, "cause", sw_settings_cause_name(group->cause));
    sw_report_record_string(record, "call", group->call);
    sw_report_record_string(record, "top", group->top);
    sw_json_object_end(json);
}

static void write_pool_json(struct sw_report_record *record, const struct sw_pool_summary *pool)
{
    struct sw_json *json = &record->json;
    sw_json_object_begin(json, NULL);
    sw_report_record_string(record, "name", pool->name);
    sw_json_unsigned(json, "threads", pool->threads);
    sw_json_unsigned(json, "count", pool->count);
    sw_json_ms(json, "total_ms", pool->total_ns);
    sw_json_ms(json, "max_ms", pool->max_ns);
    sw_json_object_end(json);
}

static bool write_summary(struct sw_report_record *record, const struct sw_process_info *process,
                          const struct sw_summary *summary, uint64_t now_ns, unsigned rows)
{
    struct sw_json *json = &record->json;
    sw_report_record_begin(record, process, "summary", now_ns);
    sw_json_ms(json, "uptime_ms", summary->uptime_ns);
    sw_json_object_begin(json, "stalls");
    sw_json_unsigned(json, "total", summary->total);
    sw_json_unsigned(json, "counted", summary->counted);
    sw_json_unsigned(json, "suppressed", summary->suppressed);
    sw_json_unsigned(json, "unreported", summary->unreported);
    sw_json_unsigned(json, "notes", summary->notes);
    sw_json_object_end(json);
    sw_json_array_begin(json, "loops");
    for (unsigned i = 0; i < summary->loop_count && i < rows; i++)
        write_loop_json(record, process, &summary->loops[i]);
    sw_json_array_end(json);
    sw_json_array_begin(json, "worst");
    for (unsigned i = 0; i < summary->group_count && i < rows; i++)
        write_group_json(record, &summary->groups[i]);
    sw_json_array_end(json);
    sw_json_array_begin(json, "pools");
    for (unsigned i = 0; i < summary->pool_count && i < rows; i++)
        write_pool_json(record, &summary->pools[i]);
    sw_json_array_end(json);
    sw_json_unsigned(json, "lines_lost", summary->lines_lost);
    return sw_report_record_end(record);
}

void sw_report_summary_json(struct sw_text *text, const struct sw_process_info *process,
                            const struct sw_summary *summary, uint64_t now_ns)
{
    static const struct {
        size_t name_most;
        unsigned rows;
    } tries[] = {{SIZE_MAX, ~0u}, {SIZE_MAX, 10}, {64, 3}, {64, 0}, {16, 0}};
    struct sw_report_record record = {{text, false}, text->length, 0};
    if (text->truncated)
        return;
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        record.name_most = tries[i].name_most;
        if (write_summary(&record, process, summary, now_ns, tries[i].rows))
            return;
    }
    sw_report_record_drop(&record);
}
