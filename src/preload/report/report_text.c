/*
 * A stall as people read it; see report.h. Every line begins "==PID== ", the first one is made to
 * be grepped for, and lines that are only sometimes of use (label, note, hint, other calls) are
 * there only then.
 *
 * Called on the watchdog thread. Where the buffer is too small for all frames fewer are shown;
 * whatever else is missing, what is there are whole lines.
 */
#include "preload/report/report.h"

#include <string.h>

#include "preload/report/report_parts.h"

#define CALL_SHOWN 200  /* a call that took less than this part of the stall is left out */
#define TEXT_SHOWN 1000 /* bytes of a sentence: label, hint, a message's line */

static void write_count(struct sw_text *text, uint64_t count, const char *one, const char *many)
{
    sw_text_unsigned(text, count);
    sw_text_char(text, ' ');
    sw_text_string(text, count == 1 ? one : many);
}

/* Why a stall is a note and no failure. */
static void write_not_counted(struct sw_text *text, const struct sw_stall *stall)
{
    sw_text_string(text, "not counted: ");
    if (stall->suppressed != NULL) {
        sw_text_string(text, "suppressed by ");
        sw_report_name(text, stall->suppressed);
    } else if (stall->state == SW_STALL_EXITING) {
        sw_text_string(text, "the program is exiting, or the loop was closed");
    } else if (stall->startup) {
        sw_text_string(text, "start-up");
    } else {
        sw_text_string(text, "cause ");
        sw_text_string(text, sw_settings_cause_name(stall->cause));
    }
}

static void begin_detail(struct sw_text *text, int pid, const char *heading)
{
    sw_report_prefix(text, pid);
    sw_text_string(text, heading);
}

static void write_sentence(struct sw_text *text, int pid, const char *heading, const char *sentence)
{
    if (sentence == NULL)
        return;
    begin_detail(text, pid, heading);
    sw_text_escaped(text, sentence, strlen(sentence), TEXT_SHOWN);
    sw_text_char(text, '\n');
}

static void write_loop(struct sw_text *text, int pid, const struct sw_stall *stall)
{
    begin_detail(text, pid, "  loop:  thread ");
    sw_text_signed(text, stall->tid);
    sw_text_string(text, " \"");
    sw_report_name(text, stall->thread_name);
    sw_text_string(text, stall->main_thread ? "\" (main), " : "\", ");
    sw_report_name(text, stall->wait);
    if (stall->fd >= 0) {
        sw_text_string(text, " on fd ");
        sw_text_signed(text, stall->fd);
    }
    sw_text_string(text, ", iteration ");
    sw_text_unsigned(text, stall->iteration);
    sw_text_string(text, ", ");
    write_count(text, stall->events, "event", "events");
    sw_text_char(text, '\n');
}

static void write_times(struct sw_text *text, int pid, const struct sw_stall *stall)
{
    begin_detail(text, pid, "  time:  on CPU ");
    sw_report_ms(text, stall->cpu_ns);
    sw_text_string(text, ", waiting for a CPU ");
    if (stall->runqueue_known)
        sw_report_ms(text, stall->runqueue_ns);
    else
        sw_text_string(text, "not known");
    sw_text_string(text, ", blocked ");
    sw_report_ms(text, stall->blocked_ns);
    if (stall->accounted_ns < stall->duration_ns &&
        stall->duration_ns - stall->accounted_ns > stall->duration_ns / 5) {
        sw_text_string(text, ", not watched ");
        sw_report_ms(text, stall->duration_ns - stall->accounted_ns);
    }
    if (stall->major_faults != 0) {
        sw_text_string(text, ", ");
        write_count(text, stall->major_faults, "major fault", "major faults");
    }
    sw_text_char(text, '\n');
}

/* Only where there is more than the one that the cause's line names, and what is worth a word. */
static void write_calls(struct sw_text *text, int pid, const struct sw_stall *stall)
{
    unsigned count = 0;
    while (count < stall->call_count && count < 5 &&
           stall->calls[count].total_ns * CALL_SHOWN >= stall->duration_ns)
        count++;
    if (count < 2)
        return;
    begin_detail(text, pid, "  calls: ");
    for (unsigned i = 0; i < count; i++) {
        sw_text_string(text, i == 0 ? "" : ", ");
        sw_report_call(text, &stall->calls[i]);
        sw_text_char(text, ' ');
        sw_report_ms(text, stall->calls[i].total_ns);
    }
    sw_text_char(text, '\n');
}

static void write_head(struct sw_text *text, int pid, const struct sw_stall *stall)
{
    begin_detail(text, pid,
                 stall->pool != NULL ? "stallwatch: thread pool full for "
                                     : "stallwatch: event loop stalled for ");
    sw_report_ms(text, stall->duration_ns);
    if (stall->state == SW_STALL_ONGOING ||
        (stall->state == SW_STALL_EXITING && stall->pool != NULL))
        sw_text_string(text, " so far");
}

void sw_report_program(struct sw_text *text, const struct sw_process_info *process)
{
    static const char thread[] = "MainThread";
    size_t length = process->comm != NULL ? strlen(process->comm) : 0, tail = sizeof thread - 1;
    bool named_after_thread = length >= tail && strcmp(process->comm + length - tail, thread) == 0;
    sw_report_name(text, named_after_thread ? process->program : process->comm);
}

/* The first line, in full. */
static void write_first(struct sw_text *text, const struct sw_process_info *process,
                        const struct sw_stall *stall)
{
    write_head(text, process->pid, stall);
    sw_text_string(text, " (threshold ");
    sw_text_duration(text, stall->threshold_ns);
    sw_text_string(text, ") in ");
    sw_report_program(text, process);
    sw_text_string(text, " at ");
    sw_text_time(text, stall->began_realtime_ns);
    sw_text_char(text, '\n');
}

static void write_pool(struct sw_text *text, const struct sw_process_info *process,
                       const struct sw_stall *stall, unsigned frames)
{
    int pid = process->pid;
    write_first(text, process, stall);
    begin_detail(text, pid, "  pool:  ");
    sw_report_name(text, stall->pool->name);
    sw_text_string(text, ", ");
    write_count(text, stall->pool->threads, "thread", "threads");
    sw_text_string(text, ", each busy with the same work all the while; other work waits\n");
    if (!stall->counted)
        write_sentence(text, pid,
                       "  note:  ", "not counted: STALLWATCH_COUNT has to name pool for that");
    sw_report_stacks_text(text, pid, stall, frames);
    write_sentence(text, pid, "  hint:  ", stall->hint);
}

static void write_full(struct sw_text *text, const struct sw_process_info *process,
                       const struct sw_stall *stall, unsigned frames)
{
    int pid = process->pid;
    if (stall->pool != NULL) {
        write_pool(text, process, stall, frames);
        return;
    }
    write_first(text, process, stall);
    begin_detail(text, pid, "  cause: ");
    sw_text_string(text, sw_settings_cause_name(stall->cause));
    sw_text_string(text, ": ");
    sw_report_cause_text(text, stall);
    sw_text_char(text, '\n');
    if (!stall->counted) {
        begin_detail(text, pid, "  note:  ");
        write_not_counted(text, stall);
        sw_text_char(text, '\n');
    }
    write_sentence(text, pid, "  ", stall->deadlock);
    write_loop(text, pid, stall);
    write_sentence(text, pid, "  label: ", stall->label);
    write_times(text, pid, stall);
    write_calls(text, pid, stall);
    sw_report_stacks_text(text, pid, stall, frames);
    sw_report_holder_text(text, pid, stall->holder, frames);
    write_sentence(text, pid, "  hint:  ", stall->hint);
    begin_detail(text, pid, "  seen ");
    write_count(text, stall->occurrence, "time", "times");
    sw_text_string(text, " (signature ");
    sw_text_hex(text, stall->signature, 16);
    sw_text_string(text, ")\n");
}

static void write_brief(struct sw_text *text, int pid, const struct sw_stall *stall)
{
    write_head(text, pid, stall);
    sw_text_string(text, ": ");
    sw_text_string(text, sw_settings_cause_name(stall->cause));
    if (stall->call_named && stall->call_count != 0) {
        sw_text_string(text, ", ");
        sw_report_call(text, &stall->calls[0]);
    }
    sw_text_string(text, "; seen ");
    write_count(text, stall->occurrence, "time", "times");
    sw_text_string(text, " (signature ");
    sw_text_hex(text, stall->signature, 16);
    sw_text_char(text, ')');
    if (!stall->counted) {
        sw_text_string(text, "; ");
        write_not_counted(text, stall);
    }
    sw_text_char(text, '\n');
}

void sw_report_stall_text(struct sw_text *text, const struct sw_process_info *process,
                          const struct sw_stall *stall, bool brief)
{
    size_t start = text->length;
    if (text->truncated)
        return;
    if (brief) {
        write_brief(text, process->pid, stall);
        sw_report_whole_lines(text, start);
        return;
    }
    for (unsigned frames = SW_REPORT_TEXT_FRAMES;; frames /= 2) {
        write_full(text, process, stall, frames);
        if (!text->truncated || frames == 0)
            break;
        sw_text_rewind(text, start);
    }
    sw_report_whole_lines(text, start);
}

void sw_report_message_text(struct sw_text *text, int pid, const char *message)
{
    size_t start = text->length;
    if (text->truncated || message == NULL)
        return;
    do {
        size_t length = strcspn(message, "\n");
        begin_detail(text, pid, "stallwatch: ");
        sw_text_escaped(text, message, length, TEXT_SHOWN);
        sw_text_char(text, '\n');
        message += length;
        message += *message == '\n';
    } while (*message != '\0');
    sw_report_whole_lines(text, start);
}
