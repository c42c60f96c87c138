/* See run_log.h. Called by run.c. */
#include "command/run_log.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "command/complain.h"
#include "command/run_processes.h"
#include "common/text.h"

static void append_literal(struct sw_text *text, const char *bytes)
{
    for (; *bytes != '\0'; bytes++) {
        if (strchr("*?[\\", *bytes) != NULL)
            sw_text_char(text, '\\');
        sw_text_char(text, *bytes);
    }
}

/* The pattern as a glob: %h is this host's name, other codes may be anything. */
static bool as_glob(const char *pattern, char *buffer, size_t size)
{
    struct sw_text text;
    struct utsname system;
    uname(&system);
    sw_text_init(&text, buffer, size);
    for (; *pattern != '\0'; pattern++) {
        char one[2] = {*pattern, '\0'};
        if (*pattern == '%' && pattern[1] != '\0' && strchr("pet", pattern[1]) != NULL) {
            sw_text_char(&text, '*');
            pattern++;
        } else if (*pattern == '%' && pattern[1] == 'h') {
            append_literal(&text, system.nodename);
            pattern++;
        } else {
            append_literal(&text, one);
            pattern += *pattern == '%' && pattern[1] == '%';
        }
    }
    return !text.truncated;
}

static uint64_t size_of(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode) ? (uint64_t)about.st_size : 0;
}

static unsigned list_files(const char *pattern, struct sw_run_file **files)
{
    char globbed[16384];
    glob_t found;
    unsigned count = 0;
    *files = NULL;
    if (!as_glob(pattern, globbed, sizeof globbed) || glob(globbed, 0, NULL, &found) != 0)
        return 0;
    *files = sw_need_memory(calloc(found.gl_pathc, sizeof **files));
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct stat about;
        if (stat(found.gl_pathv[i], &about) != 0 || !S_ISREG(about.st_mode))
            continue;
        (*files)[count].path = sw_need_memory(strdup(found.gl_pathv[i]));
        (*files)[count++].size = (uint64_t)about.st_size;
    }
    globfree(&found);
    return count;
}

/* One file for all: can it be written, as the library will? */
static int try_file(const char *pattern)
{
    char path[8192];
    struct sw_text text;
    struct stat about;
    sw_text_init(&text, path, sizeof path);
    for (const char *at = pattern; *at != '\0'; at++) {
        if (*at == '%' && at[1] != '%' && at[1] != '\0' && strchr("peth", at[1]) != NULL)
            return 0; /* a file for each process */
        sw_text_char(&text, *at);
        at += *at == '%' && at[1] == '%';
    }
    int fd = open(
        path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
    if (fd < 0)
        return sw_complain_usage("cannot write JSON lines to %s: %s", path,
                                 errno == ELOOP ? "a symbolic link" : strerror(errno));
    bool regular = fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
    close(fd);
    return regular
               ? 0
               : sw_complain_usage("cannot write JSON lines to %s: expected a regular file", path);
}

/* A program that root starts may become another user before its first line: then the file has to be
 * one that it can open by name, and nobody can list. */
static int start_private(struct sw_run_log *log)
{
    const char *base = getenv("TMPDIR");
    bool root = geteuid() == 0;
    if (base == NULL || base[0] != '/' || access(base, W_OK | X_OK) != 0)
        base = "/tmp";
    snprintf(log->folder, sizeof log->folder, "%s/stallwatch-XXXXXX", base);
    if (mkdtemp(log->folder) == NULL) {
        sw_complain("cannot make a folder in %s: %s", base, strerror(errno));
        log->folder[0] = '\0';
        return SW_EXIT_FAILURE;
    }
    char path[8192];
    snprintf(path, sizeof path, "%s/records.jsonl", log->folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || (root && (fchmod(fd, 0622) != 0 || chmod(log->folder, 0711) != 0))) {
        sw_complain("cannot write to %s: %s", path, strerror(errno));
        sw_run_log_remove(log);
        return SW_EXIT_FAILURE;
    }
    close(fd);
    struct sw_text text;
    sw_text_init(&text, log->pattern, sizeof log->pattern);
    for (const char *at = path; *at != '\0'; at++) {
        sw_text_char(&text, *at);
        if (*at == '%')
            sw_text_char(&text, '%');
    }
    return 0;
}

int sw_run_log_start(struct sw_run_log *log, const char *pattern)
{
    memset(log, 0, sizeof *log);
    if (pattern == NULL)
        return start_private(log);
    if ((size_t)snprintf(log->pattern, sizeof log->pattern, "%s", pattern) >= sizeof log->pattern)
        return sw_complain_usage("--json is too long");
    int code = try_file(pattern);
    log->file_count = code == 0 ? list_files(pattern, &log->files) : 0;
    return code;
}

/* Where the run's part of a file begins. One that is shorter than it was has been made anew. */
static uint64_t beginning_of(const struct sw_run_log *log, const char *path)
{
    for (unsigned i = 0; i < log->file_count; i++)
        if (strcmp(log->files[i].path, path) == 0)
            return size_of(path) >= log->files[i].size ? log->files[i].size : 0;
    return 0;
}

void sw_run_log_settle(struct sw_run_log *log)
{
    struct sw_run_processes processes;
    sw_run_processes_start(&processes);
    do {
        struct sw_run_file *files;
        unsigned count = list_files(log->pattern, &files);
        for (unsigned i = 0; i < count; i++) {
            uint64_t from = beginning_of(log, files[i].path);
            if (files[i].size > from)
                sw_run_processes_read(&processes, files[i].path, from);
            free(files[i].path);
        }
        free(files);
    } while (sw_run_processes_wait(&processes));
    log->running = processes.running;
    sw_run_processes_end(&processes);
}

void sw_run_log_load(struct sw_run_log *log, struct sw_load *load)
{
    struct sw_run_file *files;
    unsigned count = list_files(log->pattern, &files);
    for (unsigned i = 0; i < count; i++) {
        uint64_t from = beginning_of(log, files[i].path);
        int error = files[i].size > from ? sw_load_file(load, files[i].path, from) : 0;
        if (error != 0)
            sw_complain("cannot read %s: %s", files[i].path, strerror(-error));
        free(files[i].path);
    }
    free(files);
}

void sw_run_log_remove(struct sw_run_log *log)
{
    char path[8192];
    if (log->folder[0] == '\0')
        return;
    snprintf(path, sizeof path, "%s/records.jsonl", log->folder);
    unlink(path);
    rmdir(log->folder);
    log->folder[0] = '\0';
}
