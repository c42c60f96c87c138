/* See say.h. */
#include "preload/watch/kept/say.h"

#include <errno.h>
#include <string.h>

#include "common/error_text.h"
#include "common/hash.h"
#include "preload/interpose/signals.h"
#include "preload/notes/process.h"
#include "preload/report/report.h"
#include "preload/report/sink.h"

#define MOST_REASONS 64 /* of stretches that may block, that are said */

static struct sw_text put_together(char *buffer, size_t size, const char *message)
{
    struct sw_text text;
    sw_text_init(&text, buffer, size);
    sw_report_message_text(&text, sw_process->pid, message);
    return text;
}

void sw_say(const char *message, bool always)
{
    char line[SW_SAY_MOST + 64];
    if (!always && !sw_process_settings.verbose)
        return;
    struct sw_text text = put_together(line, sizeof line, message);
    if (always)
        sw_sink_complain(text.data, text.length);
    else
        sw_sink_text(text.data, text.length);
}

void sw_say_report(const char *message)
{
    char line[SW_SAY_MOST + 64];
    struct sw_text text = put_together(line, sizeof line, message);
    sw_sink_text(text.data, text.length);
}

/* The settings' problems come as lines; each is one message. */
static void say_setting_problems(void)
{
    const char *line = sw_process_settings.problem_text;
    while (*line != '\0') {
        size_t length = strcspn(line, "\n");
        char message[SW_SAY_MOST];
        struct sw_text text;
        sw_text_init(&text, message, sizeof message);
        sw_text_bytes(&text, line, length);
        sw_say(message, true);
        line += length + (line[length] == '\n');
    }
}

void sw_say_process(const char *exe)
{
    char message[SW_SAY_MOST];
    struct sw_text text;
    sw_text_init(&text, message, sizeof message);
    sw_text_string(&text, "watching ");
    sw_text_escaped(&text, exe, strlen(exe), 300);
    sw_text_string(&text, ", threshold ");
    sw_text_duration(&text, sw_process_settings.threshold_ns);
    if (sw_signals_ours() != 0) {
        sw_text_string(&text, ", sampling by signal ");
        sw_text_signed(&text, sw_signals_ours());
    }
    sw_say(message, false);
}

void sw_say_settings(void)
{
    say_setting_problems();
}

void sw_say_sink(void)
{
    char message[SW_SAY_MOST];
    struct sw_text text;
    sw_text_init(&text, message, sizeof message);
    while (sw_sink_problem(&text)) {
        sw_say(message, true);
        sw_text_reset(&text);
    }
}

void sw_say_unwatched(int error)
{
    char message[SW_SAY_MOST];
    struct sw_text text;
    sw_text_init(&text, message, sizeof message);
    sw_text_string(&text, "cannot watch, for want of a thread of its own: ");
    sw_text_string(&text, sw_error_text(error));
    if (error == EAGAIN)
        sw_text_string(&text, " (RLIMIT_NPROC, or the cgroup's pids.max)");
    sw_say_report(message);
    sw_say_sink();
}

void sw_say_allowed(const char why[SW_LABEL_TEXT])
{
    static uint64_t said[MOST_REASONS];
    static unsigned count;
    char message[SW_SAY_MOST], copy[SW_LABEL_TEXT];
    if (!sw_process_settings.verbose)
        return;
    memcpy(copy, why, sizeof copy);
    copy[sizeof copy - 1] = '\0';
    uint64_t hash = sw_hash_string(SW_HASH_START, copy);
    for (unsigned i = 0; i < count; i++)
        if (said[i] == hash)
            return;
    if (copy[0] == '\0' || count == MOST_REASONS)
        return;
    said[count++] = hash;
    struct sw_text text;
    sw_text_init(&text, message, sizeof message);
    sw_text_string(&text, "the program says that it may block: ");
    sw_text_escaped(&text, copy, strlen(copy), sizeof copy);
    sw_say(message, false);
}
