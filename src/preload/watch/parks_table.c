/* See parks_table.h. */
#include "preload/watch/parks_table.h"

#include <string.h>

#include "common/arena.h"
#include "common/glob.h"
#include "common/linked_path.h"
#include "preload/notes/process.h"
#include "preload/watch/user_file.h"

#define MOST_RULES 512
#define FILE_MOST  (1u << 20)
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

static void complain(struct sw_text *problems, const char *path, unsigned number, const char *line,
                     const char *expected)
{
    sw_text_escaped(problems, path, strlen(path), 300);
    sw_text_char(problems, ':');
    sw_text_unsigned(problems, number);
    sw_text_string(problems, ": \"");
    sw_text_escaped(problems, line, strlen(line), 100);
    sw_text_string(problems, "\": ");
    sw_text_string(problems, expected);
    sw_text_char(problems, '\n');
}

static char *trimmed(char *line)
{
    line += strspn(line, " \t");
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r", line[length - 1]) != NULL)
        line[--length] = '\0';
    return line;
}

static void add_line(const char *path, unsigned number, char *line, struct sw_text *problems)
{
    line = trimmed(line);
    if (*line == '\0' || *line == '#')
        return;
    bool in = strncmp(line, "in", 2) == 0;
    char *glob = line + 2 + strspn(line + 2, " \t");
    if ((!in && strncmp(line, "by", 2) != 0) || glob == line + 2 || *glob == '\0' ||
        strpbrk(glob, " \t") != NULL) {
        complain(problems, path, number, line, "expected \"in GLOB\" or \"by GLOB\"; left out");
        return;
    }
    if (count == MOST_RULES) {
        complain(problems, path, number, line, "there are too many rules; left out");
        return;
    }
    rules[count].rule = in ? SW_PARK_IN : SW_PARK_BY;
    rules[count++].glob = glob;
}

void sw_parks_table_add(const char *path, char *bytes, struct sw_text *problems)
{
    unsigned number = 1;
    for (char *line = bytes; *line != '\0'; number++) {
        size_t length = strcspn(line, "\n");
        bool last = line[length] == '\0';
        line[length] = '\0';
        add_line(path, number, line, problems);
        line += length + !last;
    }
}

static void add_file(struct sw_arena *arena, const char *path)
{
    char problem_text[4096];
    struct sw_text problems;
    char *bytes = sw_arena_alloc(arena, FILE_MOST);
    long length = bytes != NULL ? sw_user_file_read(path, bytes, FILE_MOST) : -12;
    if (length < 0) {
        sw_user_file_complain("STALLWATCH_PARKS", path, (int)-length);
        return;
    }
    bytes[length] = '\0';
    sw_text_init(&problems, problem_text, sizeof problem_text);
    sw_parks_table_add(path, bytes, &problems);
    sw_user_file_say_problems("STALLWATCH_PARKS", &problems);
}

void sw_parks_table_start(void)
{
    static struct sw_arena arena;
    char path[4096], problem_text[256];
    struct sw_text problems;
    size_t size = (size_t)(sw_parks_known_end - sw_parks_known);
    count = 0;
    sw_arena_init(&arena, (FILES_MOST + 1) * FILE_MOST);
    char *known = sw_arena_copy(&arena, sw_parks_known, size - 1);
    sw_text_init(&problems, problem_text, sizeof problem_text);
    if (known != NULL)
        sw_parks_table_add("parks.conf", known, &problems);
    const char *list = sw_process_settings.parks;
    while (sw_user_file_next(&list, path, sizeof path) != NULL)
        add_file(&arena, path);
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
