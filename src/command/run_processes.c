/* See run_processes.h. Called by run_log.c. */
#include "command/run_processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command/complain.h"
#include "command/lines.h"
#include "command/record.h"
#include "common/hash.h"

#define STEP_MS        20
#define PATIENCE_MS    400  /* a process that never had a stall has no helper, and nothing comes */
#define HELPER_WAIT_MS 3000 /* where some helper is at work, on a busy machine */
#define TYPE_WITHIN    64   /* bytes of a line that have its "type" */

struct offset {
    const char *path;
    uint64_t offset;
};

void sw_run_processes_start(struct sw_run_processes *processes)
{
    memset(processes, 0, sizeof *processes);
}

void sw_run_processes_end(struct sw_run_processes *processes)
{
    free(processes->list);
}

static void note(struct sw_run_processes *processes, const struct sw_record *record)
{
    if (record->type == SW_RECORD_SUMMARY) {
        for (unsigned i = processes->count; i-- > 0;) {
            if (processes->list[i].pid == record->pid) {
                processes->list[i].summed_up = true;
                return;
            }
        }
        return;
    }
    if (processes->count == processes->room) {
        processes->room = processes->room == 0 ? 16 : processes->room * 2;
        processes->list =
            sw_need_memory(realloc(processes->list, processes->room * sizeof *processes->list));
    }
    processes->list[processes->count++] = (struct sw_run_process){record->pid, false};
}

static bool same_path(const void *value, const void *key)
{
    return strcmp(((const struct offset *)value)->path, key) == 0;
}

void sw_run_processes_read(struct sw_run_processes *processes, const char *path, uint64_t from)
{
    uint64_t hash = sw_hash_finish(sw_hash_string(SW_HASH_START, path));
    struct offset *kept = sw_table_find(&processes->offsets, hash, same_path, path);
    struct sw_lines lines;
    struct sw_record record;
    char *line;
    size_t length;
    bool whole;
    if (kept == NULL) {
        kept = sw_need_memory(malloc(sizeof *kept));
        kept->path = sw_string(path);
        kept->offset = from;
        sw_table_add(&processes->offsets, hash, kept);
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || lseek(fd, (off_t)kept->offset, SEEK_SET) < 0) {
        if (fd >= 0)
            close(fd);
        return;
    }
    sw_lines_start(&lines, fd);
    enum sw_lines_kind kind;
    while ((kind = sw_lines_next(&lines, &line, &length, &whole)) != SW_LINES_END) {
        size_t start = length < TYPE_WITHIN ? length : TYPE_WITHIN;
        if (kind == SW_LINES_LINE && !whole) /* being written just now: read again next time */
            break;
        if (kind != SW_LINES_LINE)
            continue;
        if (memmem(line, start, "\"stall\"", 7) != NULL ||
            sw_record_read(line, length, &record) != SW_RECORD_OK)
            continue;
        if (record.type == SW_RECORD_PROCESS || record.type == SW_RECORD_SUMMARY)
            note(processes, &record);
        sw_record_release(&record);
    }
    kept->offset = kind == SW_LINES_END ? kept->offset + lines.consumed
                                        : kept->offset + lines.consumed - length;
    sw_lines_end(&lines);
    close(fd);
}

/* A zombie that its parent has not waited for yet is dead. */
static bool is_alive(int64_t pid)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return kill((pid_t)pid, 0) == 0 || errno == EPERM;
    bool alive = true;
    if (fgets(line, sizeof line, file) != NULL) {
        const char *state = strrchr(line, ')'); /* a name may have anything else in it */
        alive = state == NULL || (state[2] != 'Z' && state[2] != 'X');
    }
    fclose(file);
    return alive;
}

/* Is any helper alive? Which program's it was cannot be seen once that one is gone. */
static bool helper_at_work(void)
{
    DIR *all = opendir("/proc");
    const struct dirent *entry;
    bool found = false;
    while (all != NULL && !found && (entry = readdir(all)) != NULL) {
        char path[300], name[32] = "";
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && read(fd, name, sizeof name - 1) > 0)
            found = strncmp(name, "stallwatch-sym", 14) == 0;
        if (fd >= 0)
            close(fd);
    }
    if (all != NULL)
        closedir(all);
    return found;
}

bool sw_run_processes_wait(struct sw_run_processes *processes)
{
    unsigned due = 0;
    processes->running = 0;
    for (unsigned i = 0; i < processes->count; i++) {
        if (processes->list[i].summed_up)
            continue;
        if (is_alive(processes->list[i].pid))
            processes->running++;
        else
            due++;
    }
    if (due == 0 || processes->waited_ms >= HELPER_WAIT_MS ||
        (processes->waited_ms >= PATIENCE_MS && !helper_at_work()))
        return false;
    struct timespec step = {0, STEP_MS * 1000000};
    nanosleep(&step, NULL);
    processes->waited_ms += STEP_MS;
    return true;
}
