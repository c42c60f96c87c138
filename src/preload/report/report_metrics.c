/*
 * See report_metrics.h. Called by watch/tell/metrics.c on the watchdog thread.
 *
 * Each series carries comm and pid: the files of many processes lie in one folder, and the
 * collector refuses two series that are the same. All causes are there from the beginning, with 0:
 * Prometheus does not see the first increase of a counter that appears with it.
 */
#include "preload/report/report_metrics.h"

#include <stddef.h>
#include <string.h>

#include "common/version.h"

#define LABEL_MOST 400 /* bytes of a value, before escaping */

/* Bounds that stay the same from version to version and process to process, since only such
 * histograms can be added up: 1, 2.5, 5 in each decade around the thresholds that people set. */
const uint64_t sw_metrics_bounds_ns[SW_METRICS_BUCKETS] = {
    100000,     250000,     500000,     1000000,     2500000,    5000000,
    10000000,   25000000,   50000000,   100000000,   250000000,  500000000,
    1000000000, 2500000000, 5000000000, 10000000000, 30000000000};
static const char *const bounds_text[SW_METRICS_BUCKETS] = {
    "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05",
    "0.1",    "0.25",    "0.5",    "1",     "2.5",    "5",     "10",   "30"};

struct writer {
    struct sw_text *text;
    const struct sw_process_info *process;
    const char *name; /* of the family */
};

static void family(struct writer *writer, const char *name, const char *type, const char *help)
{
    struct sw_text *text = writer->text;
    writer->name = name;
    sw_text_string(text, "# HELP stallwatch_");
    sw_text_string(text, name);
    sw_text_char(text, ' ');
    sw_text_string(text, help);
    sw_text_string(text, "\n# TYPE stallwatch_");
    sw_text_string(text, name);
    sw_text_char(text, ' ');
    sw_text_string(text, type);
    sw_text_char(text, '\n');
}

/* A label's value may be any UTF-8; backslash, quote and line feed are escaped (the format's own
 * rule), after what a terminal would act on. */
static void label(struct sw_text *text, const char *name, const char *value)
{
    char buffer[LABEL_MOST * 4 + 8];
    struct sw_text shown;
    sw_text_init(&shown, buffer, sizeof buffer);
    sw_text_escaped(&shown, value, value == NULL ? 0 : strlen(value), LABEL_MOST);
    sw_text_char(text, ',');
    sw_text_string(text, name);
    sw_text_string(text, "=\"");
    for (const char *at = buffer; *at != '\0'; at++) {
        if (*at == '\\' || *at == '"')
            sw_text_char(text, '\\');
        sw_text_char(text, *at);
    }
    sw_text_char(text, '"');
}

/* Opens a series of the family: its name with `suffix`, and the labels that all have. */
static void series(const struct writer *writer, const char *suffix)
{
    struct sw_text *text = writer->text;
    sw_text_string(text, "stallwatch_");
    sw_text_string(text, writer->name);
    sw_text_string(text, suffix);
    sw_text_string(text, "{pid=\"");
    sw_text_signed(text, writer->process->pid);
    sw_text_char(text, '"');
    label(text, "comm", writer->process->comm);
}

static void loop_series(const struct writer *writer, const char *suffix,
                        const struct sw_metrics_loop *loop)
{
    series(writer, suffix);
    sw_text_string(writer->text, ",loop=\"");
    sw_text_unsigned(writer->text, loop->number);
    sw_text_char(writer->text, '"');
    label(writer->text, "thread", loop->thread);
    label(writer->text, "wait", loop->wait);
}

static void number(struct sw_text *text, uint64_t value)
{
    sw_text_string(text, "} ");
    sw_text_unsigned(text, value);
    sw_text_char(text, '\n');
}

static void seconds(struct sw_text *text, uint64_t ns)
{
    uint64_t us = ns / 1000 % 1000000;
    sw_text_string(text, "} ");
    sw_text_unsigned(text, ns / UINT64_C(1000000000));
    sw_text_char(text, '.');
    for (uint64_t digit = 100000; digit > 0; digit /= 10)
        sw_text_char(text, (char)('0' + us / digit % 10));
    sw_text_char(text, '\n');
}

static void write_process(struct writer *writer, const struct sw_metrics *metrics)
{
    family(writer, "build_info", "gauge", "The version of stallwatch in the process; always 1.");
    series(writer, "");
    label(writer->text, "version", SW_VERSION);
    number(writer->text, 1);
    family(writer, "process_info", "gauge", "The program's file; always 1.");
    series(writer, "");
    label(writer->text, "exe", writer->process->exe);
    number(writer->text, 1);
    family(writer, "process_start_time_seconds", "gauge",
           "When the process was started, since 1970.");
    series(writer, "");
    seconds(writer->text, metrics->started_realtime_ns);
    family(writer, "metrics_timestamp_seconds", "gauge",
           "When this was written, since 1970: a process that is gone leaves its last file.");
    series(writer, "");
    seconds(writer->text, metrics->written_realtime_ns);
    family(writer, "threshold_seconds", "gauge",
           "An iteration of a loop longer than this is a stall.");
    series(writer, "");
    seconds(writer->text, writer->process->threshold_ns);
}

static void write_stalls(struct writer *writer, const struct sw_metrics *metrics)
{
    family(writer, "stalls_total", "counter",
           "Stalls that have ended, by cause, and whether they count as failures.");
    for (unsigned cause = 0; cause < SW_CAUSES; cause++) {
        for (unsigned counted = 0; counted < 2; counted++) {
            series(writer, "");
            label(writer->text, "cause", sw_settings_cause_name((enum sw_cause)cause));
            label(writer->text, "counted", counted ? "true" : "false");
            number(writer->text, metrics->stalls[cause][counted]);
        }
    }
    family(writer, "stall_seconds_total", "counter",
           "How long the stalls lasted that have ended, by cause.");
    for (unsigned cause = 0; cause < SW_CAUSES; cause++) {
        series(writer, "");
        label(writer->text, "cause", sw_settings_cause_name((enum sw_cause)cause));
        seconds(writer->text, metrics->stall_ns[cause]);
    }
}

static void write_own(struct writer *writer, const struct sw_metrics *metrics)
{
    family(writer, "stalls_suppressed_total", "counter", "Stalls that a suppression matched.");
    series(writer, "");
    number(writer->text, metrics->suppressed);
    family(writer, "reports_omitted_total", "counter",
           "Stalls that were counted and not reported in full (STALLWATCH_MAX_REPORTS).");
    series(writer, "");
    number(writer->text, metrics->unreported);
    family(writer, "report_lines_lost_total", "counter", "Lines of reports not written.");
    series(writer, "");
    number(writer->text, metrics->lines_lost);
    family(writer, "watchdog_late_seconds_total", "counter",
           "How much later than asked for the watchdog thread woke: a busy or stopped machine.");
    series(writer, "");
    seconds(writer->text, metrics->late_ns);
    family(writer, "loops", "gauge", "Event loops in the process now.");
    series(writer, "");
    number(writer->text, metrics->live_loops);
}

static uint64_t iterations_of(const struct sw_metrics_loop *loop)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i <= SW_METRICS_BUCKETS; i++)
        sum += loop->buckets[i];
    return sum;
}

static void write_histogram(const struct writer *writer, const struct sw_metrics_loop *loop)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i <= SW_METRICS_BUCKETS; i++) {
        sum += loop->buckets[i];
        loop_series(writer, "_bucket", loop);
        label(writer->text, "le", i < SW_METRICS_BUCKETS ? bounds_text[i] : "+Inf");
        number(writer->text, sum);
    }
    loop_series(writer, "_sum", loop);
    seconds(writer->text, loop->busy_ns);
    loop_series(writer, "_count", loop);
    number(writer->text, sum);
}

/* A family of times: `offset` of the loop's member, in nanoseconds. */
static void write_loop_times(struct writer *writer, const struct sw_metrics *metrics,
                             const char *name, const char *type, const char *help, size_t offset)
{
    family(writer, name, type, help);
    for (unsigned i = 0; i < metrics->loop_count; i++) {
        const struct sw_metrics_loop *loop = &metrics->loops[i];
        loop_series(writer, "", loop);
        seconds(writer->text, *(const uint64_t *)((const char *)loop + offset));
    }
}

static void write_loops(struct writer *writer, const struct sw_metrics *metrics)
{
    if (metrics->loop_count == 0)
        return;
    family(writer, "loop_iteration_seconds", "histogram",
           "Busy time of the loop's iterations: from the return of its wait to its next one.");
    for (unsigned i = 0; i < metrics->loop_count; i++)
        write_histogram(writer, &metrics->loops[i]);
    family(writer, "loop_iterations_total", "counter", "Iterations of the loop.");
    for (unsigned i = 0; i < metrics->loop_count; i++) {
        loop_series(writer, "", &metrics->loops[i]);
        number(writer->text, iterations_of(&metrics->loops[i]));
    }
    write_loop_times(writer, metrics, "loop_busy_seconds_total", "counter",
                     "Time that the loop was busy; its rate is the loop's utilisation.",
                     offsetof(struct sw_metrics_loop, busy_ns));
    write_loop_times(writer, metrics, "loop_wait_seconds_total", "counter",
                     "Time that the loop waited.", offsetof(struct sw_metrics_loop, wait_ns));
    write_loop_times(
        writer, metrics, "loop_stalled_seconds", "gauge",
        "Length so far of a stall that counts and has not ended; 0 where there is none.",
        offsetof(struct sw_metrics_loop, stalled_ns));
}

void sw_report_metrics(struct sw_text *text, const struct sw_process_info *process,
                       const struct sw_metrics *metrics)
{
    struct writer writer = {text, process, NULL};
    write_process(&writer, metrics);
    write_stalls(&writer, metrics);
    write_own(&writer, metrics);
    write_loops(&writer, metrics);
}
