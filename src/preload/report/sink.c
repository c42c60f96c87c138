/*
 * See sink.h.
 *
 * Files are opened for appending, never through a symbolic link, and are created for their owner
 * only. A JSON line that a full disk cut is taken back with ftruncate(2), so that every line in the
 * file is whole; where it cannot be, in a pipe, the next one begins a line of its own.
 */
#include "preload/report/sink.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/error_text.h"
#include "common/kernel.h"
#include "common/pattern.h"
#include "preload/notes/process.h"
#include "preload/report/descriptors.h"

#define PATH_MOST     4096
#define PATIENCE_MS   1000
#define WRITES_OF_ONE 64

struct outlet {
    char path[PATH_MOST]; /* "": none */
    const char *variable;
    int fd;
    int error;
    bool said;
    bool is_stderr;
    bool stuck; /* its reader has been waited for in vain */
    bool torn;  /* what is written there ends within a line */
};

static struct outlet text_outlet, json_outlet;
static uint64_t lost;

static void set_path(struct outlet *outlet, const char *variable, const char *pattern,
                     const struct sw_pattern_values *values)
{
    struct sw_text text;
    memset(outlet, 0, sizeof *outlet);
    outlet->fd = -1;
    outlet->variable = variable;
    if (pattern == NULL)
        return;
    sw_text_init(&text, outlet->path, sizeof outlet->path);
    if (sw_pattern_expand(&text, pattern, values) != 0) {
        outlet->path[0] = '\0';
        outlet->error = ENAMETOOLONG;
    }
}

void sw_sink_start(const struct sw_settings *settings, const struct sw_process_info *process,
                   uint64_t now_realtime_ns)
{
    struct sw_pattern_values values = {(uint64_t)process->pid, process->program,
                                       now_realtime_ns / UINT64_C(1000000000), process->host};
    bool file = strcmp(settings->log, "stderr") != 0 && strcmp(settings->log, "none") != 0;
    set_path(&text_outlet, "STALLWATCH_LOG", file ? settings->log : NULL, &values);
    text_outlet.is_stderr = strcmp(settings->log, "stderr") == 0;
    set_path(&json_outlet, "STALLWATCH_JSON", settings->json, &values);
    lost = 0;
}

static int outlet_open(struct outlet *outlet)
{
    if (outlet->fd >= 0 || outlet->path[0] == '\0')
        return outlet->fd;
    /* O_NONBLOCK: a FIFO without a reader must not stop us (open(2): ENXIO). */
    int fd = sw_kernel_open(
        outlet->path,
        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
    if (fd < 0) {
        outlet->error = -fd;
        return -1;
    }
    outlet->error = 0;
    outlet->torn = outlet->stuck = false;
    outlet->fd = sw_descriptors_keep(fd);
    return outlet->fd;
}

/* In a table shared with the program, somebody may have closed our descriptor, or put another file
 * in its place. */
static bool still_ours(struct outlet *outlet)
{
    if (sw_descriptors_private())
        return true;
    struct stat path_now, fd_now;
    if (sw_kernel3(SYS_fstat, outlet->fd, (long)&fd_now, 0) == 0 &&
        sw_kernel6(SYS_newfstatat, AT_FDCWD, (long)outlet->path, (long)&path_now,
                   AT_SYMLINK_NOFOLLOW, 0, 0) == 0 &&
        fd_now.st_dev == path_now.st_dev && fd_now.st_ino == path_now.st_ino)
        return true;
    outlet->fd = -1;
    return false;
}

int sw_sink_borrow_stderr(void)
{
    uint64_t device, inode;
    if (!sw_process_stderr(&device, &inode))
        return -EBADF;
    int fd = sw_descriptors_borrow(2);
    struct stat now;
    if (fd >= 0 && sw_kernel3(SYS_fstat, fd, (long)&now, 0) == 0 && now.st_dev == device &&
        now.st_ino == inode)
        return fd;
    sw_descriptors_return(fd);
    return -EBADF;
}

/* Is there somebody who takes what is written? A reader that is slow is waited for, one that does
 * not read at all only once: nobody else watches meanwhile, and the program's exit waits for us. */
static bool is_taken(struct outlet *outlet, int fd)
{
    struct pollfd ready = {fd, POLLOUT, 0};
    long ms = outlet->stuck ? 0 : PATIENCE_MS;
    struct timespec patience = {ms / 1000, ms % 1000 * 1000000};
    outlet->stuck = sw_kernel6(SYS_ppoll, (long)&ready, 1, (long)&patience, 0, 0, 0) == 0;
    return !outlet->stuck;
}

/* Writes all of it, or as much as is taken. Returns how much was written. Asks first: a pipe of the
 * program's need not be O_NONBLOCK, and one that is ready takes PIPE_BUF bytes (pipe(7)). */
static size_t write_patiently(struct outlet *outlet, int fd, const char *bytes, size_t length)
{
    size_t done = 0;
    for (int tries = 0; done < length && tries < WRITES_OF_ONE && is_taken(outlet, fd); tries++) {
        long wrote = sw_kernel_write(fd, bytes + done, length - done);
        if (wrote > 0)
            done += (size_t)wrote;
        else if (wrote != -EAGAIN && wrote != -EINTR)
            break;
    }
    return done;
}

/* A pipe takes PIPE_BUF bytes at once or not at all (pipe(7)): so that others' lines come between
 * ours, not within. */
static bool write_lines(struct outlet *outlet, int fd, const char *bytes, size_t length)
{
    struct stat about;
    bool whole = sw_kernel3(SYS_fstat, fd, (long)&about, 0) != 0 || S_ISREG(about.st_mode);
    while (length > 0) {
        size_t piece = length;
        if (!whole && piece > PIPE_BUF) {
            piece = PIPE_BUF;
            while (piece > 0 && bytes[piece - 1] != '\n')
                piece--;
            if (piece == 0)
                piece = PIPE_BUF;
        }
        if (write_patiently(outlet, fd, bytes, piece) < piece)
            return false;
        bytes += piece;
        length -= piece;
    }
    return true;
}

void sw_sink_text(const char *bytes, size_t length)
{
    if (length == 0 || (!text_outlet.is_stderr && text_outlet.path[0] == '\0'))
        return;
    int fd;
    if (text_outlet.is_stderr) {
        fd = sw_sink_borrow_stderr();
    } else {
        if (text_outlet.fd >= 0)
            still_ours(&text_outlet);
        fd = outlet_open(&text_outlet);
    }
    if (fd < 0 || !write_lines(&text_outlet, fd, bytes, length))
        lost++;
    if (text_outlet.is_stderr)
        sw_descriptors_return(fd);
}

void sw_sink_complain(const char *bytes, size_t length)
{
    static struct outlet complaints;
    int fd = sw_sink_borrow_stderr();
    if (fd >= 0)
        write_lines(&complaints, fd, bytes, length);
    sw_descriptors_return(fd);
}

void sw_sink_json(const char *bytes, size_t length)
{
    if (json_outlet.path[0] == '\0' || length == 0)
        return;
    if (json_outlet.fd >= 0)
        still_ours(&json_outlet);
    int fd = outlet_open(&json_outlet);
    if (fd < 0) {
        lost++;
        return;
    }
    if (json_outlet.torn && write_patiently(&json_outlet, fd, "\n", 1) == 1)
        json_outlet.torn = false;
    size_t done = json_outlet.torn ? 0 : write_patiently(&json_outlet, fd, bytes, length);
    if (done == length)
        return;
    lost++;
    if (done == 0)
        return;
    json_outlet.torn = true;
    /* After our partial line the offset is the file's end, unless somebody has appended since: then
     * it has to stay. */
    struct stat about;
    long end = sw_kernel3(SYS_lseek, fd, 0, SEEK_CUR);
    if (sw_kernel3(SYS_fstat, fd, (long)&about, 0) == 0 && S_ISREG(about.st_mode) &&
        about.st_size == end && sw_kernel3(SYS_ftruncate, fd, end - (long)done, 0) == 0)
        json_outlet.torn = false;
}

bool sw_sink_wants_json(void)
{
    return json_outlet.path[0] != '\0';
}

uint64_t sw_sink_lost(void)
{
    return lost;
}

bool sw_sink_problem(struct sw_text *text)
{
    struct outlet *outlets[] = {&text_outlet, &json_outlet};
    for (unsigned i = 0; i < 2; i++) {
        struct outlet *outlet = outlets[i];
        if (outlet->path[0] != '\0')
            outlet_open(outlet);
        if (outlet->error == 0 || outlet->said)
            continue;
        outlet->said = true;
        sw_text_string(text, outlet->variable);
        sw_text_string(text, ": cannot write to \"");
        sw_text_escaped(text, outlet->path, strlen(outlet->path), 300);
        sw_text_string(text, "\": ");
        sw_text_string(text, sw_error_text(outlet->error));
        sw_text_string(text, "; nothing is written there");
        return true;
    }
    return false;
}

const char *sw_sink_text_path(void)
{
    return text_outlet.path;
}

const char *sw_sink_json_path(void)
{
    return json_outlet.path;
}

bool sw_sink_text_is_stderr(void)
{
    return text_outlet.is_stderr;
}
