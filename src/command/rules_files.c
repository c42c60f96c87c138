/* See rules_files.h. Called by report.c and run.c. */
#include "command/rules_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/complain.h"

#define FILE_MOST (4u << 20)

static ssize_t read_whole(int fd, char *bytes, size_t most)
{
    size_t length = 0;
    while (length < most) {
        ssize_t got = read(fd, bytes + length, most - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

static void say_lines(const char *lines)
{
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n");
        sw_complain_line(lines, length);
        lines += length + (lines[length] == '\n');
    }
}

int sw_rules_file_read(struct sw_suppressions *rules, const char *path)
{
    char problem_text[16384];
    struct sw_text problems;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return sw_complain_usage("cannot read suppressions from %s: %s", path, strerror(errno));
    char *bytes = sw_need_memory(malloc(FILE_MOST));
    ssize_t length = read_whole(fd, bytes, FILE_MOST);
    int error = errno;
    close(fd);
    if (length < 0 || length == FILE_MOST) {
        free(bytes);
        return sw_complain_usage("cannot read suppressions from %s: %s", path,
                                 length < 0 ? strerror(error) : "more than 4 MiB");
    }
    sw_text_init(&problems, problem_text, sizeof problem_text);
    int bad = sw_suppressions_parse(rules, path, bytes, (size_t)length, &problems);
    free(bytes);
    say_lines(problem_text);
    if (problems.truncated)
        sw_complain("%s: and more lines like these", path);
    if (bad == -ENOMEM)
        sw_need_memory(NULL);
    return 0;
}

void sw_rules_say_unused(const struct sw_suppressions *rules)
{
    for (const struct sw_suppression *rule = rules->first; rule != NULL; rule = rule->next) {
        char number[24];
        if (rule->matched != 0)
            continue;
        snprintf(number, sizeof number, "%u", rule->line);
        sw_complain("suppression matched nothing: %s (%s:%s)", rule->text, rule->file, number);
    }
}
