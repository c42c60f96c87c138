/* See load.h. Called by report.c and by run.c at a run's end. */
#include "command/load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/complain.h"
#include "command/lines.h"
#include "common/hash.h"

int sw_load_descriptor(int fd, sw_load_taker take, void *context, struct sw_load *load,
                       uint64_t skipped[SW_RECORD_PROBLEMS], uint64_t *first_skipped)
{
    struct sw_lines lines;
    struct sw_record record;
    enum sw_lines_kind kind;
    char *line;
    size_t length;
    bool whole;
    sw_lines_start(&lines, fd);
    while ((kind = sw_lines_next(&lines, &line, &length, &whole)) != SW_LINES_END) {
        enum sw_record_problem problem = SW_RECORD_LONG;
        load->lines++;
        if (kind == SW_LINES_LINE) {
            if (length == 0)
                continue;
            problem = sw_record_read(line, length, &record);
        }
        if (problem == SW_RECORD_OK) {
            take(context, &record);
        } else {
            skipped[problem]++;
            load->skipped++;
            if (*first_skipped == 0)
                *first_skipped = lines.number;
        }
        if ((load->lines & 63) == 0)
            sw_progress_show(&load->progress, load->before + lines.consumed, load->lines);
    }
    load->before += lines.consumed;
    sw_lines_end(&lines);
    return -lines.error;
}

/* "FILE: 3 lines skipped, the first is line 17: 2 not whole JSON, 1 nested too deep" */
static void say_skipped(const char *path, const uint64_t skipped[SW_RECORD_PROBLEMS],
                        uint64_t first)
{
    static const char *const words[SW_RECORD_PROBLEMS] = {
        [SW_RECORD_BINARY] = " with bytes that are no text",
        [SW_RECORD_CUT] = " cut or no JSON",
        [SW_RECORD_DEEP] = " nested too deep",
        [SW_RECORD_LATER] = " of a later version",
        [SW_RECORD_FOREIGN] = " JSON but no record of stallwatch",
        [SW_RECORD_LONG] = " too long",
    };
    char buffer[1024];
    struct sw_text text;
    uint64_t all = 0;
    const char *between = ": ";
    for (unsigned i = 0; i < SW_RECORD_PROBLEMS; i++)
        all += skipped[i];
    if (all == 0)
        return;
    sw_text_init(&text, buffer, sizeof buffer);
    sw_text_escaped(&text, path, strlen(path), 300);
    sw_text_string(&text, ": ");
    sw_text_unsigned(&text, all);
    sw_text_string(&text, all == 1 ? " line skipped" : " lines skipped");
    sw_text_string(&text, all == 1 ? ", line " : ", the first is line ");
    sw_text_unsigned(&text, first);
    for (unsigned i = 0; i < SW_RECORD_PROBLEMS; i++) {
        if (skipped[i] == 0)
            continue;
        sw_text_string(&text, between);
        sw_text_unsigned(&text, skipped[i]);
        sw_text_string(&text, words[i]);
        between = ", ";
    }
    sw_complain_line(text.data, text.length);
}

static void into_merge(void *context, struct sw_record *record)
{
    sw_merge_record(context, record);
}

static int open_log(const char *path)
{
    struct stat about;
    if (strcmp(path, "-") == 0)
        return STDIN_FILENO;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &about) == 0 && S_ISDIR(about.st_mode)) {
        close(fd);
        return -EISDIR;
    }
    return fd;
}

int sw_load_file(struct sw_load *load, const char *path, uint64_t from)
{
    uint64_t skipped[SW_RECORD_PROBLEMS] = {0}, first = 0;
    int fd = open_log(path);
    if (fd < 0)
        return fd;
    if (from != 0)
        (void)lseek(fd, (off_t)from, SEEK_SET); /* where that cannot be, all of it is read */
    int result = sw_load_descriptor(fd, into_merge, load->merge, load, skipped, &first);
    sw_progress_end(&load->progress);
    if (fd != STDIN_FILENO)
        close(fd);
    load->files++;
    say_skipped(strcmp(path, "-") == 0 ? "standard input" : path, skipped, first);
    return result;
}

/* What a stall of the same program and call has for a signature where a busy machine let it pass
 * without a sample, as the library's sw_signature_of makes it. */
static uint64_t signature_without_stack(const struct sw_record *record)
{
    const char *slash = strrchr(record->exe, '/');
    bool call = record->call.name != NULL && record->call.total_ns >= record->cpu_ns;
    uint64_t hash = sw_hash_string(SW_HASH_START, slash != NULL ? slash + 1 : record->exe);
    return sw_hash_finish(sw_hash_string(hash, call ? record->call.name : "cpu"));
}

static void into_baseline(void *context, struct sw_record *record)
{
    if (record->type == SW_RECORD_STALL || record->type == SW_RECORD_POOL)
        sw_baseline_add(context, record->signature);
    if (record->type == SW_RECORD_STALL)
        sw_baseline_add(context, signature_without_stack(record));
    sw_record_release(record);
}

int sw_load_baseline(const char *path, struct sw_table *baseline)
{
    uint64_t skipped[SW_RECORD_PROBLEMS] = {0}, first = 0;
    struct sw_load load = {0};
    int fd = open_log(path);
    if (fd < 0)
        return fd;
    int result = sw_load_descriptor(fd, into_baseline, baseline, &load, skipped, &first);
    if (fd != STDIN_FILENO)
        close(fd);
    /* Somebody took the wrong file: every stall would be a new one. */
    if (result == 0 && load.skipped > 0 && load.skipped == load.lines)
        return -EBADMSG;
    say_skipped(path, skipped, first);
    return result;
}
