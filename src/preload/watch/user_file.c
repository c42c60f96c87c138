/* See user_file.h. */
#include "preload/watch/user_file.h"

#include <errno.h>
#include <string.h>

#include "common/kernel.h"
#include "common/text.h"
#include "preload/watch/say.h"

/* Not sw_kernel_slurp: a user's file may well be a symbolic link. O_NONBLOCK: nor may a FIFO hold
 * the watchdog. */
long sw_user_file_read(const char *path, char *to, size_t size)
{
    int fd = sw_kernel_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
    long got = fd;
    size_t length = 0;
    while (fd >= 0 && length < size && (got = sw_kernel_read(fd, to + length, size - length)) > 0)
        length += (size_t)got;
    if (fd >= 0)
        sw_kernel_close(fd);
    return got < 0 ? got : length == size ? -EFBIG : (long)length;
}

const char *sw_user_file_next(const char **list, char *path, size_t size)
{
    while (*list != NULL && **list != '\0') {
        const char *from = *list;
        size_t length = strcspn(from, ":");
        *list += length + (from[length] == ':');
        if (length == 0 || length >= size)
            continue;
        memcpy(path, from, length);
        path[length] = '\0';
        return path;
    }
    return NULL;
}

void sw_user_file_complain(const char *variable, const char *path, int error)
{
    char message[SW_SAY_MOST];
    struct sw_text text;
    sw_text_init(&text, message, sizeof message);
    sw_text_string(&text, variable);
    sw_text_string(&text, ": cannot read \"");
    sw_text_escaped(&text, path, strlen(path), 300);
    sw_text_string(&text, "\": ");
    const char *name = error == EFBIG ? "more than 1 MiB" : strerrordesc_np(error);
    sw_text_string(&text, name != NULL ? name : "unknown error");
    sw_say(message, true);
}

void sw_user_file_say_problems(const char *variable, const struct sw_text *problems)
{
    char message[SW_SAY_MOST];
    struct sw_text text;
    for (const char *line = problems->data; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        sw_text_init(&text, message, sizeof message);
        sw_text_string(&text, variable);
        sw_text_string(&text, ": ");
        sw_text_bytes(&text, line, length);
        sw_say(message, true);
        line += length + (line[length] == '\n');
    }
    if (!problems->truncated)
        return;
    sw_text_init(&text, message, sizeof message);
    sw_text_string(&text, variable);
    sw_text_string(&text, ": and more bad lines");
    sw_say(message, true);
}
