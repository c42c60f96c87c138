/* See parks_table.h. */
#include "preload/watch/whose/parks_table.h"

#include <string.h>

#include "common/arena.h"
#include "common/glob.h"
#include "common/linked_path.h"
#include "preload/notes/process.h"
#include "preload/watch/kept/rule_lines.h"
#include "preload/watch/kept/user_file.h"

#define MOST_RULES 512
#define FILES_MOST 8

/* The file itself, ended by a NUL. The Makefile knows that this object needs it. */
__asm__(".pushsection .rodata\n"
        "sw_parks_known:\n"
        ".incbin \"share/parks.conf\"\n"
        ".byte 0\n"
        "sw_parks_known_end:\n"
        ".popsection\n");
extern const char sw_parks_known[] __attribute__((visibility("hidden")));
extern const char sw_parks_known_end[] __attribute__((visibility("hidden")));

static struct {
    enum sw_park_rule rule;
    const char *glob;
} rules[MOST_RULES];
static unsigned count;

static const char *const words[] = {[SW_PARK_IN] = "in",
                                    [SW_PARK_BY] = "by",
                                    [SW_PARK_THROUGH] = "through",
                                    [SW_PARK_NEVER] = "never",
                                    [SW_PARK_BESIDE] = "beside"};

static const char *take_rule(char *line)
{
    size_t length = strcspn(line, " \t");
    char *glob = line + length + strspn(line + length, " \t");
    unsigned rule = 0, known = sizeof words / sizeof words[0];
    while (rule < known &&
           (strlen(words[rule]) != length || strncmp(line, words[rule], length) != 0))
        rule++;
    if (rule == known || *glob == '\0' || strpbrk(glob, " \t") != NULL)
        return "expected \"in\", \"by\", \"through\", \"never\" or \"beside\" and a GLOB";
    if (count == MOST_RULES)
        return "there are too many rules";
    rules[count].rule = (enum sw_park_rule)rule;
    rules[count++].glob = glob;
    return NULL;
}

int sw_parks_table_add(const char *path, char *bytes, size_t length, struct sw_text *problems)
{
    sw_rule_lines_take(path, bytes, length, problems, take_rule);
    return 0;
}

void sw_parks_table_start(void)
{
    static struct sw_arena arena;
    char problem_text[256];
    struct sw_text problems;
    size_t size = (size_t)(sw_parks_known_end - sw_parks_known);
    count = 0;
    sw_arena_init(&arena, (FILES_MOST + 1) * SW_USER_FILE_MOST);
    char *known = sw_arena_copy(&arena, sw_parks_known, size - 1);
    sw_text_init(&problems, problem_text, sizeof problem_text);
    if (known != NULL)
        sw_parks_table_add("parks.conf", known, size - 1, &problems);
    sw_user_file_take_all("STALLWATCH_PARKS", sw_process_settings.parks, &arena,
                          sw_parks_table_add);
}

bool sw_parks_table_has(enum sw_park_rule rule, const char *linked)
{
    char buffer[1024];
    struct sw_text path;
    if (linked == NULL)
        return false;
    sw_text_init(&path, buffer, sizeof buffer);
    sw_linked_path(&path, linked);
    for (unsigned i = 0; i < count; i++)
        if (rules[i].rule == rule && sw_glob_match(rules[i].glob, buffer))
            return true;
    return false;
}
