/* See output.h. Called by report.c and formats/. */
#include "command/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void forget_temporary(struct sw_output *output)
{
    if (output->temporary[0] != '\0')
        unlink(output->temporary);
    output->temporary[0] = '\0';
}

/* A new file beside the old one; what is no regular file (/dev/full, a FIFO) is written to as it
 * is. */
static int open_path(struct sw_output *output, const char *path)
{
    struct stat about;
    bool exists = stat(path, &about) == 0;
    if (exists && !S_ISREG(about.st_mode)) {
        output->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        return output->fd < 0 ? -errno : 0;
    }
    if ((size_t)snprintf(output->temporary, sizeof output->temporary, "%s.XXXXXX", path) >=
        sizeof output->temporary) {
        output->temporary[0] = '\0';
        return -ENAMETOOLONG;
    }
    output->fd = mkostemp(output->temporary, O_CLOEXEC);
    if (output->fd < 0) {
        output->temporary[0] = '\0';
        return -errno;
    }
    mode_t mask = umask(0);
    umask(mask);
    fchmod(output->fd, exists ? about.st_mode & 0777 : 0666 & ~mask);
    return 0;
}

bool sw_output_wants_colour(int fd)
{
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(fd) && (no_colour == NULL || *no_colour == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

int sw_output_open(struct sw_output *output, const char *path)
{
    memset(output, 0, offsetof(struct sw_output, buffer));
    sw_text_init(&output->text, output->buffer, sizeof output->buffer);
    sw_json_init(&output->json, &output->text);
    output->path = path;
    output->fd = STDOUT_FILENO;
    output->colour = path == NULL && sw_output_wants_colour(STDOUT_FILENO);
    return path == NULL ? 0 : open_path(output, path);
}

static void write_out(struct sw_output *output)
{
    size_t done = 0;
    if (output->text.truncated && output->error == 0)
        output->error = EOVERFLOW; /* a piece larger than any is */
    while (done < output->text.length && output->error == 0) {
        ssize_t wrote = write(output->fd, output->buffer + done, output->text.length - done);
        if (wrote >= 0)
            done += (size_t)wrote;
        else if (errno != EINTR)
            output->error = errno;
    }
    sw_text_reset(&output->text);
}

void sw_output_flush(struct sw_output *output)
{
    if (output->text.truncated || output->text.length > sizeof output->buffer / 2)
        write_out(output);
}

int sw_output_close(struct sw_output *output)
{
    write_out(output);
    if (output->temporary[0] != '\0') {
        if (output->error == 0 && fsync(output->fd) != 0 && errno != EINVAL)
            output->error = errno;
        if (output->error == 0 && rename(output->temporary, output->path) != 0)
            output->error = errno;
        if (output->error != 0)
            forget_temporary(output);
    }
    /* A network's file system may say only now that it could not write (close(2)). */
    if (close(output->fd) != 0 && output->error == 0 && errno != EINTR)
        output->error = errno;
    return -output->error;
}
