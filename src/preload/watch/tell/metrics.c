/*
 * See metrics.h. Called by publish.c.
 *
 * An idle server is not to be woken for this: where no loop has moved and no stall has come since
 * the file was written there is no next time. Where one has, the file is written once more when its
 * 10 s are over, and shows the state that the idleness leaves. A stall is written within a second:
 * the next thing that happens to its process may be SIGKILL.
 */
#include "preload/watch/tell/metrics.h"

#include <errno.h>
#include <string.h>

#include "common/error_text.h"
#include "common/kernel.h"
#include "common/pattern.h"
#include "preload/notes/clock.h"
#include "preload/notes/process.h"
#include "preload/report/replace.h"
#include "preload/report/report_metrics.h"
#include "preload/report/sink.h"
#include "preload/watch/cause/lateness.h"
#include "preload/watch/kept/say.h"
#include "preload/watch/tell/metrics_loops.h"

#define PATH_MOST         4096
#define INTERVAL_NS       UINT64_C(10000000000)
#define STALL_INTERVAL_NS UINT64_C(1000000000) /* where a stall has come since */

static struct {
    char path[PATH_MOST]; /* "": none */
    const struct sw_process_info *process;
    struct sw_metrics metrics;
    uint64_t stall_count; /* all, to see that one has come */
    uint64_t late_before; /* ticks: a forked child does not begin with its parent's */
    uint64_t written;     /* ticks; 0: never */
    uint64_t loops_then, stalls_then;
    bool stalls_now; /* a stall was in progress when it was written */
    bool too_long, said;
} state;

static void say_problem(int error)
{
    char message[SW_SAY_MOST];
    struct sw_text text;
    if (state.said)
        return;
    state.said = true;
    sw_text_init(&text, message, sizeof message);
    sw_text_string(&text, "STALLWATCH_METRICS: cannot write to \"");
    sw_text_escaped(&text, state.path, strlen(state.path), 300);
    sw_text_string(&text, "\": ");
    sw_text_string(&text, error == EINVAL ? "not a regular file" : sw_error_text(error));
    sw_say(message, true);
}

/* Programs change their directory: a path is taken from where they are when their first loop comes,
 * as those of the logs are. */
static void set_path(const char *pattern)
{
    struct sw_pattern_values values = {(uint64_t)state.process->pid, state.process->program,
                                       sw_clock_realtime_ns() / UINT64_C(1000000000),
                                       state.process->host};
    struct sw_text text;
    sw_text_init(&text, state.path, sizeof state.path);
    if (pattern[0] != '/') {
        char here[PATH_MOST];
        long length = sw_kernel3(SYS_getcwd, (long)here, sizeof here, 0);
        if (length > 1 && here[0] == '/') {
            sw_text_bytes(&text, here, (size_t)length - 1);
            sw_text_char(&text, '/');
        }
    }
    state.too_long = sw_pattern_expand(&text, pattern, &values) != 0;
}

void sw_metrics_start(const struct sw_settings *settings, const struct sw_process_info *process)
{
    memset(&state, 0, sizeof state);
    state.process = process;
    state.metrics.started_realtime_ns =
        sw_clock_realtime_ns() - (sw_clock_monotonic_ns() - sw_process->started_monotonic_ns);
    state.late_before = sw_lateness_total();
    if (settings->metrics != NULL)
        set_path(settings->metrics);
    sw_metrics_loops_start(state.path[0] != '\0');
}

void sw_metrics_stall(const struct sw_stall *stall)
{
    if (state.path[0] == '\0')
        return;
    state.stall_count++;
    if (stall->state == SW_STALL_ONGOING) {
        if (stall->counted)
            sw_metrics_loop_stalls(stall->loop_id, stall->iteration);
        return;
    }
    state.metrics.stalls[stall->cause][stall->counted]++;
    state.metrics.stall_ns[stall->cause] += stall->duration_ns;
    state.metrics.suppressed += stall->suppressed != NULL;
}

void sw_metrics_lost(uint64_t count)
{
    state.stall_count += count;
    state.metrics.stalls[SW_CAUSE_UNKNOWN][0] += count;
}

static void write(struct sw_text *text, uint64_t unreported)
{
    struct sw_metrics *metrics = &state.metrics;
    /* Before the figures are read: what comes in between is written next time. */
    state.loops_then = sw_metrics_loops_moved();
    state.stalls_then = state.stall_count;
    state.written = sw_clock_ticks();
    metrics->written_realtime_ns = sw_clock_realtime_ns();
    metrics->unreported = unreported;
    metrics->lines_lost = sw_sink_lost();
    metrics->late_ns = sw_clock_ticks_to_ns(sw_lateness_total() - state.late_before);
    metrics->live_loops = 0;
    metrics->loop_count = sw_metrics_loops_list(&metrics->loops, &metrics->live_loops);
    state.stalls_now = false;
    for (unsigned i = 0; i < metrics->loop_count; i++)
        state.stalls_now |= metrics->loops[i].stalled_ns != 0;
    sw_report_metrics(text, state.process, metrics);
    int error = text->truncated ? -EFBIG : sw_replace_file(state.path, text->data, text->length);
    if (error != 0)
        say_problem(-error);
}

uint64_t sw_metrics_tend(struct sw_text *text, uint64_t unreported)
{
    if (state.path[0] == '\0')
        return UINT64_MAX;
    bool stalled = state.stall_count != state.stalls_then;
    uint64_t due = state.written + sw_clock_ns_to_ticks(stalled ? STALL_INTERVAL_NS : INTERVAL_NS);
    bool changed = state.written == 0 || stalled || state.stalls_now ||
                   sw_metrics_loops_moved() != state.loops_then;
    if (!changed)
        return UINT64_MAX;
    if (state.written != 0 && sw_clock_ticks() < due)
        return due;
    write(text, unreported);
    return state.stalls_now ? state.written + sw_clock_ns_to_ticks(INTERVAL_NS) : UINT64_MAX;
}

void sw_metrics_end(struct sw_text *text, uint64_t unreported)
{
    if (state.path[0] != '\0')
        write(text, unreported);
}
