/* See hints_table.h. */
#include "preload/watch/tell/hints_table.h"

#include <stdbool.h>
#include <string.h>

#include "common/arena.h"
#include "common/glob.h"
#include "common/settings.h"
#include "preload/notes/process.h"
#include "preload/watch/kept/rule_lines.h"
#include "preload/watch/kept/user_file.h"
#include "preload/watch/samples/stacks.h"

#define MOST_RULES 1024
#define FILES_MOST 8

/* The file itself, ended by a NUL. The Makefile knows that this object needs it. */
__asm__(".pushsection .rodata\n"
        "sw_hints_known:\n"
        ".incbin \"share/hints.conf\"\n"
        ".byte 0\n"
        "sw_hints_known_end:\n"
        ".popsection\n");
extern const char sw_hints_known[] __attribute__((visibility("hidden")));
extern const char sw_hints_known_end[] __attribute__((visibility("hidden")));

enum condition { CALL, CAUSE, FUNCTION, FILE_NAME, MODULE, CONDITIONS };
static const char *const condition_names[CONDITIONS] = {"call", "cause", "function", "file",
                                                        "module"};

static struct rule {
    enum sw_lang lang;
    const char *glob[CONDITIONS]; /* NULL: any */
    const char *advice;
} rules[MOST_RULES];
static unsigned count;

/* Cuts the next word off. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");
    char *end = word + strcspn(word, " \t");
    *rest = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return word;
}

static bool set_language(struct rule *rule, const char *word)
{
    static const struct {
        const char *name;
        enum sw_lang lang;
    } known[] = {{"python", SW_LANG_PYTHON}, {"js", SW_LANG_JS}, {"java", SW_LANG_JAVA}};
    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++) {
        rule->lang = known[i].lang;
        if (strcmp(word, known[i].name) == 0)
            return true;
    }
    return false;
}

static bool set_condition(struct rule *rule, char *word)
{
    char *glob = strchr(word, '=');
    if (glob == NULL || glob[1] == '\0')
        return false;
    *glob++ = '\0';
    for (unsigned i = 0; i < CONDITIONS; i++) {
        if (strcmp(word, condition_names[i]) != 0)
            continue;
        rule->glob[i] = glob;
        return true;
    }
    return false;
}

static bool parse(struct rule *rule, char *line)
{
    memset(rule, 0, sizeof *rule);
    char *colon = strstr(line, " : ");
    if (colon == NULL)
        return false;
    *colon = '\0';
    rule->advice = sw_rule_lines_trim(colon + 3);
    char *rest = line;
    if (!set_language(rule, next_word(&rest)) || rule->advice[0] == '\0')
        return false;
    unsigned conditions = 0;
    for (char *word = next_word(&rest); *word != '\0'; word = next_word(&rest), conditions++)
        if (!set_condition(rule, word))
            return false;
    return conditions > 0;
}

static const char *take_rule(char *line)
{
    if (count == MOST_RULES)
        return "there are too many rules";
    if (!parse(&rules[count], line))
        return "expected \"LANGUAGE CONDITION=GLOB… : advice\"";
    count++;
    return NULL;
}

void sw_hints_table_clear(void)
{
    count = 0;
}

int sw_hints_table_add(const char *path, char *bytes, size_t length, struct sw_text *problems)
{
    sw_rule_lines_take(path, bytes, length, problems, take_rule);
    return 0;
}

void sw_hints_table_start(void)
{
    static struct sw_arena arena;
    char problem_text[256];
    struct sw_text problems;
    size_t size = (size_t)(sw_hints_known_end - sw_hints_known);
    sw_hints_table_clear();
    sw_arena_init(&arena, (FILES_MOST + 1) * SW_USER_FILE_MOST);
    sw_user_file_take_all("STALLWATCH_HINTS", sw_process_settings.hints, &arena,
                          sw_hints_table_add);
    char *known = sw_arena_copy(&arena, sw_hints_known, size - 1);
    sw_text_init(&problems, problem_text, sizeof problem_text);
    if (known != NULL)
        sw_hints_table_add("hints.conf", known, size - 1, &problems);
}

static bool fits(const char *glob, const char *text)
{
    return glob == NULL || (text != NULL && sw_glob_match(glob, text));
}

/* Do function, file and module each fit a frame that the program's own code has called? */
static bool fits_frames(const struct rule *rule, const struct sw_stack *stack)
{
    bool function = rule->glob[FUNCTION] == NULL, file = rule->glob[FILE_NAME] == NULL;
    bool module = rule->glob[MODULE] == NULL;
    for (unsigned i = 0; i < stack->inner && !(function && file && module); i++) {
        const struct sw_frame *frame = &stack->frames[i];
        if (frame->lang == rule->lang) {
            function = function || fits(rule->glob[FUNCTION], frame->function);
            file = file || fits(rule->glob[FILE_NAME], frame->file);
            if (!sw_frame_is_librarys(frame))
                break;
        }
        module = module || (frame->module != NULL && fits(rule->glob[MODULE], frame->module));
    }
    return function && file && module;
}

static bool has_language(const struct sw_stack *stack, enum sw_lang lang)
{
    for (unsigned i = 0; i < stack->count; i++)
        if (stack->frames[i].lang == lang)
            return true;
    return false;
}

const char *sw_hints_table_find(const struct sw_stall *stall)
{
    const char *call = stall->call_named && stall->call_count > 0 ? stall->calls[0].name : NULL;
    bool programs = stall->cause != SW_CAUSE_STARVED && stall->cause != SW_CAUSE_PAGING &&
                    stall->cause != SW_CAUSE_STOPPED;
    if (stall->stack_count == 0 || !programs)
        return NULL;
    for (unsigned i = 0; i < count; i++)
        if (fits(rules[i].glob[CALL], call) &&
            fits(rules[i].glob[CAUSE], sw_settings_cause_name(stall->cause)) &&
            has_language(&stall->stacks[0], rules[i].lang) &&
            fits_frames(&rules[i], &stall->stacks[0]))
            return rules[i].advice;
    return NULL;
}
