/*
 * Writes the last ongoing record and the summary of a program that was killed.
 *
 * Called by symbolize/serve.c when the program is gone. Files are opened as the library opens its
 * own: O_APPEND, so that many processes share one; O_NOFOLLOW, so that a link put in its place
 * leads nowhere; 0600 for a new one. Each record goes out in one write. A pipe takes at most
 * PIPE_BUF bytes whole (pipe(7)), so there it is pieces that end at line ends, each after a bounded
 * wait: nobody may be reading, and this process is not to stay.
 */
#include "symbolize/due.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIPE_WAIT_MS 1000

const struct sw_symbolize_shared *sw_due_map(int fd)
{
    struct stat status;
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || fstat(fd, &status) != 0 ||
        status.st_size < (off_t)sizeof(struct sw_symbolize_shared))
        return NULL;
    void *memory = mmap(NULL, sizeof(struct sw_symbolize_shared), PROT_READ, MAP_SHARED, fd, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

/* How much of `bytes` goes into one piece: whole lines as far as PIPE_BUF goes. */
static size_t piece_of(const char *bytes, size_t length)
{
    if (length <= PIPE_BUF)
        return length;
    const char *end = memrchr(bytes, '\n', PIPE_BUF);
    return end != NULL ? (size_t)(end - bytes) + 1 : PIPE_BUF;
}

static void write_pieces(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        if (poll(&ready, 1, PIPE_WAIT_MS) != 1 || (ready.revents & POLLOUT) == 0)
            return;
        ssize_t done = write(fd, bytes, piece_of(bytes, length));
        if (done <= 0)
            return;
        bytes += done;
        length -= (size_t)done;
    }
}

static void write_record(int fd, const char *bytes, size_t length)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return;
    if (!S_ISREG(status.st_mode)) {
        write_pieces(fd, bytes, length);
        return;
    }
    ssize_t done = write(fd, bytes, length);
    /* Nothing to be done where it failed: a full disk, a file at its limit. */
    (void)done;
}

static void write_path(const char *path, const char *bytes, size_t length)
{
    /* O_NONBLOCK: a FIFO without a reader fails with ENXIO, where it would wait. */
    int fd = open(
        path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (fd < 0)
        return;
    write_record(fd, bytes, length);
    close(fd);
}

void sw_due_write(const struct sw_symbolize_shared *shared,
                  const struct sw_symbolize_outputs *outputs, int text_fd)
{
    size_t text_length, json_length;
    if (shared == NULL || __atomic_load_n(&shared->farewell, __ATOMIC_ACQUIRE) != 0)
        return;
    const struct sw_symbolize_slot *slot =
        sw_symbolize_due_load(shared, &text_length, &json_length);
    if (slot == NULL)
        return;
    if (json_length > 0 && outputs->json_path[0] == '/')
        write_path(outputs->json_path, slot->json, json_length);
    if (text_length == 0)
        return;
    if (outputs->text_path[0] == '/')
        write_path(outputs->text_path, slot->text, text_length);
    else if (text_fd >= 0)
        write_record(text_fd, slot->text, text_length);
}
