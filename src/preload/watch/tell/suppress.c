/* See suppress.h. Rules live in an arena of their own, for the process's life. */
#include "preload/watch/tell/suppress.h"

#include <string.h>

#include "common/suppressions.h"
#include "preload/notes/process.h"
#include "preload/watch/kept/say.h"
#include "preload/watch/kept/user_file.h"

#define MEMORY_MOST (8u << 20)

static struct sw_arena arena;
static struct sw_suppressions rules;

static int take_file(const char *path, char *bytes, size_t length, struct sw_text *problems)
{
    int bad = sw_suppressions_parse(&rules, path, bytes, length, problems);
    return bad < 0 ? bad : 0;
}

void sw_suppress_start(void)
{
    sw_arena_init(&arena, MEMORY_MOST);
    sw_suppressions_start(&rules, &arena);
    sw_user_file_take_all("STALLWATCH_SUPPRESSIONS", sw_process_settings.suppressions, &arena,
                          take_file);
}

static bool frame_at(const void *context, size_t index, struct sw_suppress_frame *frame)
{
    const struct sw_stall *stall = context;
    if (stall->stack_count == 0 || index >= stall->stacks[0].count)
        return false;
    const struct sw_frame *found = &stall->stacks[0].frames[index];
    frame->function = found->function;
    frame->file = found->file;
    frame->module = found->module;
    return true;
}

void sw_suppress_stall(struct sw_stall *stall)
{
    struct sw_suppress_facts facts = {
        .call = stall->call_named && stall->call_count > 0 ? stall->calls[0].name : NULL,
        .cause = stall->pool != NULL ? "pool" : sw_settings_cause_name(stall->cause),
        .thread = stall->pool != NULL ? stall->pool->name : stall->thread_name,
        .signature = stall->signature,
        .duration_ns = stall->duration_ns,
        .frame_at = frame_at,
        .context = stall,
    };
    const struct sw_suppression *rule =
        rules.count > 0 ? sw_suppressions_match(&rules, &facts) : NULL;
    if (rule != NULL)
        stall->suppressed = rule->text;
}

void sw_suppress_say_unused(void)
{
    if (!sw_process_settings.verbose || rules.count == 0)
        return;
    for (const struct sw_suppression *rule = rules.first; rule != NULL; rule = rule->next) {
        char message[SW_SAY_MOST];
        struct sw_text text;
        if (rule->matched != 0)
            continue;
        sw_text_init(&text, message, sizeof message);
        sw_text_string(&text, "suppression matched nothing: ");
        sw_text_escaped(&text, rule->text, strlen(rule->text), 300);
        sw_text_string(&text, " (");
        sw_text_escaped(&text, rule->file, strlen(rule->file), 200);
        sw_text_char(&text, ':');
        sw_text_unsigned(&text, rule->line);
        sw_text_char(&text, ')');
        sw_say(message, false);
    }
}
