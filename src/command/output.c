/* See output.h. Called by report.c and formats/. */
#include "command/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* For the handler; the path that is to be removed, or NULL. */
static const char *volatile unfinished;

static void forget_temporary(struct sw_output *output)
{
    unfinished = NULL;
    if (output->temporary[0] != '\0')
        unlink(output->temporary);
    output->temporary[0] = '\0';
}

/* Ends the command by the signal that it got, with nothing half-written left behind. */
static void on_signal(int number)
{
    const char *path = unfinished;
    if (path != NULL)
        unlink(path); /* is on signal-safety(7)'s list, as raise and signal are */
    signal(number, SIG_DFL);
    raise(number);
}

/* Before the temporary file is there, so that no moment is missed. What is ignored stays so. */
static void watch_signals(void)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT};
    struct sigaction action = {.sa_handler = on_signal}, before;
    for (unsigned i = 0; i < sizeof ending / sizeof ending[0]; i++)
        if (sigaction(ending[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            sigaction(ending[i], &action, NULL);
    signal(SIGXFSZ, SIG_IGN); /* the write fails with EFBIG then, and that is said */
}

/* The file that is to be replaced: of a symbolic link what it points to. */
static int resolve(const char *path, char real[PATH_MAX])
{
    if (realpath(path, real) != NULL)
        return 0;
    if (errno != ENOENT)
        return -errno;
    return (size_t)snprintf(real, PATH_MAX, "%s", path) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int folder_is_writable(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        snprintf(folder, sizeof folder, ".");
    else
        snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return access(folder, W_OK | X_OK) == 0 ? 0 : -errno;
}

int sw_output_check(const char *path)
{
    struct stat about;
    char real[PATH_MAX];
    int error = resolve(path, real);
    if (error != 0)
        return error;
    if (stat(real, &about) == 0) {
        if (S_ISDIR(about.st_mode))
            return -EISDIR;
        if (access(real, W_OK) != 0)
            return -errno;
        if (!S_ISREG(about.st_mode))
            return 0;
    }
    return real[strlen(real) - 1] == '/' ? -EISDIR : folder_is_writable(real);
}

/* As the file that it replaces: its mode, and its owner where that is allowed. */
static void dress(int fd, const struct stat *before)
{
    mode_t mask = umask(0);
    umask(mask);
    if (before != NULL && fchown(fd, before->st_uid, before->st_gid) != 0 &&
        fchown(fd, (uid_t)-1, before->st_gid) != 0)
        fchmod(fd, before->st_mode & 0700 & ~mask); /* another group is to see no more of it */
    else
        fchmod(fd, before != NULL ? before->st_mode & 0777 : 0666 & ~mask);
}

/* A new file beside the old one; what is no regular file (/dev/full, a FIFO) is written to as it
 * is. */
static int open_path(struct sw_output *output, const char *path)
{
    struct stat about;
    int error = resolve(path, output->path);
    if (error != 0)
        return error;
    bool exists = stat(output->path, &about) == 0;
    if (exists && !S_ISREG(about.st_mode)) {
        output->fd = open(output->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        return output->fd < 0 ? -errno : 0;
    }
    if ((size_t)snprintf(output->temporary, sizeof output->temporary, "%s.XXXXXX", output->path) >=
        sizeof output->temporary) {
        output->temporary[0] = '\0';
        return -ENAMETOOLONG;
    }
    watch_signals();
    output->fd = mkostemp(output->temporary, O_CLOEXEC);
    if (output->fd < 0) {
        output->temporary[0] = '\0';
        return -errno;
    }
    unfinished = output->temporary;
    dress(output->fd, exists ? &about : NULL);
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
        if (output->error == 0)
            output->temporary[0] = '\0'; /* it has its name */
        forget_temporary(output);
    }
    /* A network's file system may say only now that it could not write (close(2)). */
    if (close(output->fd) != 0 && output->error == 0 && errno != EINTR)
        output->error = errno;
    return -output->error;
}
