/* See user_file.h. */
#include "preload/watch/kept/user_file.h"

#include <errno.h>
#include <string.h>

#include "common/error_text.h"
#include "common/kernel.h"
#include "common/text.h"
#include "preload/watch/kept/say.h"

#define PATH_MOST 4096

/* The length of what is in `to` now, or a negative errno: EFBIG where it has `size` bytes or more.
 * Not sw_kernel_slurp: a user's file may well be a symbolic link. O_NONBLOCK: nor may a FIFO hold
 * the watchdog. */
static long read_file(const char *path, char *to, size_t size)
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

/* The next path of a list, copied; NULL: no more. Empty ones and longer ones are left out. */
static const char *next_path(const char **list, char *path, size_t size)
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

static void complain(const char *variable, const char *path, int error)
{
    char message[SW_SAY_MOST];
    struct sw_text text;
    sw_text_init(&text, message, sizeof message);
    sw_text_string(&text, variable);
    sw_text_string(&text, ": cannot read \"");
    sw_text_escaped(&text, path, strlen(path), 300);
    sw_text_string(&text, "\": ");
    sw_text_string(&text, error == EFBIG ? "more than 1 MiB" : sw_error_text(error));
    sw_say(message, true);
}

static void say_problems(const char *variable, const struct sw_text *problems)
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

void sw_user_file_take_all(const char *variable, const char *list, struct sw_arena *arena,
                           sw_user_file_take take)
{
    char path[PATH_MOST], problem_text[4096];
    struct sw_text problems;
    while (next_path(&list, path, sizeof path) != NULL) {
        char *bytes = sw_arena_alloc(arena, SW_USER_FILE_MOST);
        long got = bytes != NULL ? read_file(path, bytes, SW_USER_FILE_MOST) : -ENOMEM;
        sw_text_init(&problems, problem_text, sizeof problem_text);
        if (got >= 0)
            bytes[got] = '\0';
        if (got >= 0)
            got = take(path, bytes, (size_t)got, &problems);
        if (got < 0)
            complain(variable, path, (int)-got);
        say_problems(variable, &problems);
    }
}
