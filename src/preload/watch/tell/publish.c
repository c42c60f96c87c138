/* See publish.h. */
#include "preload/watch/tell/publish.h"

#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/utsname.h>

#include "common/kernel.h"
#include "preload/notes/clock.h"
#include "preload/notes/loop.h"
#include "preload/notes/process.h"
#include "preload/report/descriptors.h"
#include "preload/report/helper.h"
#include "preload/report/report.h"
#include "preload/report/sink.h"
#include "preload/stack/memory.h"
#include "preload/watch/kept/say.h"
#include "preload/watch/tell/annotations.h"
#include "preload/watch/tell/groups.h"
#include "preload/watch/tell/loops.h"
#include "preload/watch/tell/metrics.h"
#include "preload/watch/tell/pool_totals.h"
#include "preload/watch/tell/suppress.h"

#define BUFFER_SIZE (4u << 20)
#define DUE_SIZE    (96u << 10) /* a stall and the summary; the helper's memory is small */
#define WORST_SHOWN 10
#define ARGUMENTS   64
#define MINUTE_NS   UINT64_C(60000000000)

static struct {
    struct sw_process_info info;
    struct utsname system;
    char exe[4096], comm[17], cmdline[8192];
    const char *argv[ARGUMENTS];
    uint64_t started_ns;
    uint64_t next_id;
    uint64_t total, counted, suppressed, unreported;
    uint64_t minute_began_ns;
    unsigned full_this_minute, left_out_this_minute;
    bool said; /* the process record, and what goes before it */
    bool helper_has_outputs, helper_problem_said;
    char *buffer, *due;
} out;

static char *map_buffer(size_t size)
{
    long address = sw_kernel6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return address < 0 && address > -4096 ? NULL : (char *)address;
}

static void read_exe(void)
{
    long length = sw_kernel6(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe", (long)out.exe,
                             sizeof out.exe - 1, 0, 0);
    if (length <= 0) /* the main thread is gone: pthread_exit(3) */
        length = sw_kernel6(SYS_readlinkat, AT_FDCWD, (long)"/proc/thread-self/exe", (long)out.exe,
                            sizeof out.exe - 1, 0, 0);
    if (length <= 0) /* no /proc, as in a chroot(2): by what name it was executed */
        length = (long)sw_memory_copy(getauxval(AT_EXECFN), out.exe, sizeof out.exe - 1);
    out.exe[length > 0 ? length : 0] = '\0';
    const char *slash = strrchr(out.exe, '/');
    out.info.exe = out.exe;
    out.info.program = slash != NULL ? slash + 1 : out.exe;
}

/* A program that writes a title over its arguments (setproctitle(3)) leaves zeros behind it, which
 * look like many empty ones. One at the end may well be meant. */
static unsigned without_title_padding(unsigned count)
{
    unsigned kept = count;
    while (kept > 1 && out.argv[kept - 1][0] == '\0')
        kept--;
    return count - kept > 1 ? kept : count;
}

static void read_arguments(void)
{
    long length = sw_kernel_slurp("/proc/self/cmdline", out.cmdline, sizeof out.cmdline);
    for (long at = 0; at < length && out.info.argc < ARGUMENTS;) {
        out.argv[out.info.argc++] = out.cmdline + at;
        at += (long)strlen(out.cmdline + at) + 1;
    }
    out.info.argc = without_title_padding(out.info.argc);
    out.info.argv = out.argv;
}

void sw_publish_start(void)
{
    memset(&out, 0, sizeof out);
    sw_groups_start();
    sw_pool_totals_start();
    sw_annotations_start();
    out.started_ns = sw_process->started_monotonic_ns;
    out.buffer = map_buffer(BUFFER_SIZE);
    out.due = map_buffer(2 * DUE_SIZE);
    sw_kernel3(SYS_uname, (long)&out.system, 0, 0);
    out.info.host = out.system.nodename;
    out.info.pid = sw_process->pid;
    out.info.threshold_ns = sw_process_settings.threshold_ns;
    long length = sw_kernel_slurp("/proc/self/comm", out.comm, sizeof out.comm);
    if (length <= 0)
        sw_kernel3(SYS_prctl, PR_GET_NAME, (long)out.comm, 0);
    if (length > 0 && out.comm[length - 1] == '\n')
        out.comm[length - 1] = '\0';
    out.info.comm = out.comm;
    read_exe();
    read_arguments();
    sw_sink_start(&sw_process_settings, &out.info, sw_clock_realtime_ns());
    sw_metrics_start(&sw_process_settings, &out.info);
}

const struct sw_process_info *sw_publish_process_info(void)
{
    return &out.info;
}

static struct sw_text begin_text(void)
{
    struct sw_text text;
    sw_text_init(&text, out.buffer, BUFFER_SIZE);
    return text;
}

void sw_publish_process(void)
{
    if (out.buffer == NULL || out.said)
        return;
    out.said = true;
    sw_say_process(out.info.exe);
    sw_say_settings();
    sw_say_sink();
    sw_suppress_start();
    if (!sw_sink_wants_json())
        return;
    struct sw_text text = begin_text();
    sw_report_process_json(&text, &out.info, sw_clock_realtime_ns());
    sw_sink_json(text.data, text.length);
}

static bool counts(const struct sw_stall *stall)
{
    if ((stall->state == SW_STALL_EXITING && stall->pool == NULL) || stall->suppressed != NULL)
        return false;
    uint32_t wanted = sw_process_settings.count;
    if (stall->pool != NULL)
        return wanted & SW_COUNT_POOL;
    if (stall->startup && !(wanted & SW_COUNT_STARTUP))
        return false;
    return (wanted >> stall->cause) & 1;
}

static void say_left_out(void)
{
    if (out.left_out_this_minute == 0)
        return;
    char message[SW_SAY_MOST];
    struct sw_text text;
    sw_text_init(&text, message, sizeof message);
    sw_text_unsigned(&text, out.left_out_this_minute);
    sw_text_string(&text, out.left_out_this_minute == 1 ? " report" : " reports");
    sw_text_string(&text, " left out in the last minute (STALLWATCH_MAX_REPORTS=");
    sw_text_unsigned(&text, sw_process_settings.max_reports);
    sw_text_string(&text,
                   out.left_out_this_minute == 1 ? "); it is counted" : "); they are counted");
    out.left_out_this_minute = 0;
    sw_say_report(message);
}

/* May this report be a full one? At most so many a minute. */
static bool within_limit(void)
{
    uint64_t now = sw_clock_monotonic_ns();
    if (out.minute_began_ns == 0 || now - out.minute_began_ns >= MINUTE_NS) {
        say_left_out();
        out.minute_began_ns = now;
        out.full_this_minute = 0;
    }
    if (out.full_this_minute < sw_process_settings.max_reports) {
        out.full_this_minute++;
        return true;
    }
    return false;
}

static void count_ended(const struct sw_stall *stall, const char *top)
{
    out.total++;
    if (stall->suppressed != NULL)
        out.suppressed++;
    if (stall->counted) {
        out.counted++;
        atomic_fetch_add(&sw_process->counted, 1);
    }
    sw_groups_add(stall, top);
}

/* Why there are no lines, once, with the first report that lacks them. */
static void say_helper_problem(void)
{
    const char *problem = out.helper_problem_said ? NULL : sw_helper_problem();
    if (problem == NULL)
        return;
    out.helper_problem_said = true;
    sw_say(problem, true);
}

static void write_stall(const struct sw_stall *stall, bool full)
{
    struct sw_text text;
    bool brief = stall->pool == NULL && stall->state != SW_STALL_ONGOING &&
                 sw_groups_reported(stall->signature);
    if (full) {
        text = begin_text();
        sw_report_stall_text(&text, &out.info, stall, brief);
        sw_sink_text(text.data, text.length);
    }
    if (!sw_sink_wants_json())
        return;
    text = begin_text();
    sw_report_stall_json(&text, &out.info, stall, full);
    sw_sink_json(text.data, text.length);
}

void sw_publish_number(struct sw_stall *stall)
{
    if (stall->id == 0)
        stall->id = ++out.next_id;
    if (stall->occurrence == 0 && stall->pool == NULL)
        stall->occurrence = sw_groups_occurrence(stall->signature);
}

void sw_publish_stall(struct sw_stall *stall, const char *top)
{
    if (out.buffer == NULL)
        return;
    sw_publish_process();
    sw_suppress_stall(stall);
    stall->counted = counts(stall);
    if (stall->pool == NULL)
        sw_metrics_stall(stall);
    if (stall->state != SW_STALL_ONGOING && stall->pool != NULL)
        sw_pool_totals_add(stall);
    else if (stall->state != SW_STALL_ONGOING)
        count_ended(stall, top);
    bool full = within_limit();
    if (!full) {
        out.left_out_this_minute++;
        /* Of a stall that was told of several times, one. */
        out.unreported += stall->state != SW_STALL_ONGOING && stall->pool == NULL;
    }
    say_helper_problem();
    write_stall(stall, full);
    struct sw_text annotation = begin_text();
    if (stall->pool == NULL)
        sw_annotations_stall(&annotation, stall);
}

static void fill_summary(struct sw_summary *summary, struct sw_stall_group groups[WORST_SHOWN])
{
    memset(summary, 0, sizeof *summary);
    summary->uptime_ns = sw_clock_monotonic_ns() - out.started_ns;
    summary->total = out.total;
    summary->counted = out.counted;
    summary->suppressed = out.suppressed;
    summary->unreported = out.unreported;
    summary->notes = out.total - out.counted - out.suppressed;
    summary->lines_lost = sw_sink_lost();
    summary->loop_count = sw_loops_summarize(&summary->loops);
    summary->group_count = sw_groups_worst(groups, WORST_SHOWN);
    summary->groups = groups;
    summary->pool_count = sw_pool_totals(&summary->pools);
}

static bool wants_summary_text(const struct sw_summary *summary)
{
    switch (sw_process_settings.summary) {
    case SW_SUMMARY_ALWAYS:
        return true;
    case SW_SUMMARY_NEVER:
        return false;
    default:
        return out.total > 0 || summary->pool_count > 0;
    }
}

/* The helper learns where to write when it has been started, which the first question does. */
static void tell_outputs(void)
{
    if (out.helper_has_outputs || sw_helper_start() != 0)
        return;
    int fd = sw_sink_text_is_stderr() ? sw_sink_borrow_stderr() : -1;
    sw_helper_outputs(sw_sink_text_path(), sw_sink_json_path(), fd >= 0 ? fd : -1);
    sw_descriptors_return(fd);
    /* The copy keeps a pipeline open: it has to go when the program's own does
     * (interpose/closes.c). */
    if (fd >= 0)
        SW_CLOSES_MATTER(2) = 1;
    out.helper_has_outputs = true;
}

/* One stall of what is due; what does not fit is left out, the ones before it stay. */
static void write_due(struct sw_text *text, struct sw_text *json, struct sw_stall *stall)
{
    size_t before_text = text->length, before_json = json->length;
    if (stall->id == 0)
        stall->id = ++out.next_id;
    if (stall->occurrence == 0 && stall->pool == NULL)
        stall->occurrence = sw_groups_next_occurrence(stall->signature);
    sw_suppress_stall(stall);
    stall->counted = counts(stall);
    sw_report_stall_text(text, &out.info, stall, false);
    sw_report_stall_json(json, &out.info, stall, true);
    if (text->truncated)
        sw_text_rewind(text, before_text);
    if (json->truncated)
        sw_text_rewind(json, before_json);
}

void sw_publish_due(struct sw_stall *const *stalls, unsigned count)
{
    if (out.due == NULL)
        return;
    struct sw_summary summary;
    struct sw_stall_group groups[WORST_SHOWN];
    struct sw_text text, json;
    sw_text_init(&text, out.due, DUE_SIZE);
    sw_text_init(&json, out.due + DUE_SIZE, DUE_SIZE);
    fill_summary(&summary, groups);
    for (unsigned i = 0; i < count; i++) {
        write_due(&text, &json, stalls[i]);
        if (stalls[i]->state == SW_STALL_ONGOING || stalls[i]->pool != NULL)
            continue;
        summary.total++;
        summary.counted += stalls[i]->counted;
        summary.suppressed += stalls[i]->suppressed != NULL;
        summary.notes += !stalls[i]->counted && stalls[i]->suppressed == NULL;
    }
    size_t before_text = text.length, before_json = json.length;
    if (wants_summary_text(&summary) || count > 0)
        sw_report_summary_text(&text, &out.info, &summary);
    if (text.truncated)
        sw_text_rewind(&text, before_text);
    sw_report_summary_json(&json, &out.info, &summary, sw_clock_realtime_ns());
    if (json.truncated)
        sw_text_rewind(&json, before_json);
    tell_outputs();
    sw_helper_due(text.data, text.length, sw_sink_wants_json() ? json.data : NULL,
                  sw_sink_wants_json() ? json.length : 0);
}

uint64_t sw_publish_tend(void)
{
    if (atomic_exchange(&sw_process->stderr_gone, 0))
        sw_helper_drop_text();
    if (out.buffer == NULL || !out.said)
        return UINT64_MAX;
    struct sw_text text = begin_text();
    return sw_metrics_tend(&text, out.unreported);
}

void sw_publish_lost(uint64_t count)
{
    out.total += count;
    out.unreported += count;
    sw_metrics_lost(count);
}

void sw_publish_end(void)
{
    if (out.buffer == NULL || !out.said)
        return;
    struct sw_summary summary;
    struct sw_stall_group groups[WORST_SHOWN];
    say_left_out();
    fill_summary(&summary, groups);
    if (wants_summary_text(&summary)) {
        struct sw_text text = begin_text();
        sw_report_summary_text(&text, &out.info, &summary);
        sw_sink_text(text.data, text.length);
    }
    sw_suppress_say_unused();
    struct sw_text metrics = begin_text();
    sw_metrics_end(&metrics, out.unreported);
    if (sw_sink_wants_json()) {
        struct sw_text text = begin_text();
        sw_report_summary_json(&text, &out.info, &summary, sw_clock_realtime_ns());
        sw_sink_json(text.data, text.length);
    }
    sw_helper_farewell();
}
