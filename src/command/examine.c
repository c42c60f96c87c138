/* See examine.h: finding the program, scripts, and what the file's mode says. */
#include "command/examine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "command/examine_elf.h"

#define INTERPRETERS 5   /* of interpreters; the kernel follows as many (execve(2)) */
#define LINE_MOST    512 /* of "#!", more than the kernel reads */

static bool is_program(const char *path, int *error)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return false;
    if (!S_ISREG(about.st_mode) || access(path, X_OK) != 0) {
        *error = -EACCES;
        return false;
    }
    return true;
}

int sw_examine_find(const char *name, char *path, size_t size)
{
    const char *list = getenv("PATH");
    int error = -ENOENT;
    if (strchr(name, '/') != NULL) {
        if ((size_t)snprintf(path, size, "%s", name) >= size)
            return -ENAMETOOLONG;
        return is_program(path, &error) ? 0 : error;
    }
    if (*name == '\0')
        return -ENOENT;
    if (list == NULL)
        list = "/bin:/usr/bin"; /* as execvp(3) */
    for (;;) {
        size_t length = strcspn(list, ":");
        int wrote =
            snprintf(path, size, "%.*s%s%s", (int)length, list, length > 0 ? "/" : "./", name);
        if (wrote > 0 && (size_t)wrote < size && is_program(path, &error))
            return 0;
        if (list[length] == '\0')
            return error;
        list += length + 1;
    }
}

/* AT_SECURE: the loader ignores LD_PRELOAD (ld.so(8)) where the program gains something: which is
 * for whoever starts it, and not only for who asks. */
static void look_at_privileges(struct sw_examination *examination, int fd, const struct stat *about)
{
    bool to_user = (about->st_mode & S_ISUID) != 0;
    bool to_group = (about->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
    /* The kernel gives nothing away then (prctl(2)): containers, units, setpriv. */
    bool gains_nothing = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
    unsigned before = examination->count;
    if (to_user || to_group)
        sw_findings_add(examination, SW_FINDING_FATAL,
                        "it is %s: the loader ignores LD_PRELOAD for programs that gain privileges",
                        to_user ? "setuid" : "setgid",
                        "start it as the user that it changes to, or a copy without the mode bit");
    if (before < examination->count)
        examination->findings[before].not_for_us =
            gains_nothing ||
            ((!to_user || about->st_uid == geteuid()) && (!to_group || about->st_gid == getegid()));
    before = examination->count;
    if (fgetxattr(fd, "security.capability", NULL, 0) > 0)
        sw_findings_add(examination, SW_FINDING_FATAL,
                        "it has file capabilities%s: the loader ignores LD_PRELOAD for programs "
                        "that gain privileges",
                        "", "start it as root, or a copy without them (setcap -r)");
    if (before < examination->count)
        examination->findings[before].not_for_us = gains_nothing || geteuid() == 0;
}

/* What env(1) runs: its argument, or with -S the first word of it that is no option and sets no
 * variable. */
static bool program_of_env(char *argument, char *next, size_t size)
{
    char *rest = NULL;
    if (strncmp(argument, "-S", 2) != 0)
        return sw_examine_find(argument, next, size) == 0;
    for (char *word = strtok_r(argument + 2, " \t\r", &rest); word != NULL;
         word = strtok_r(NULL, " \t\r", &rest))
        if (word[0] != '-' && strchr(word, '=') == NULL)
            return sw_examine_find(word, next, size) == 0;
    return false;
}

/* The interpreter in a "#!" line; behind env the program that it looks for. Only blanks end a word
 * there, not the CR of a file from Windows, and what follows is one argument (execve(2)). */
static bool interpreter_of(const char *line, char *next, size_t size)
{
    char argument[LINE_MOST];
    const char *at = line + 2 + strspn(line + 2, " \t");
    size_t length = strcspn(at, " \t");
    if (length == 0 || (size_t)snprintf(next, size, "%.*s", (int)length, at) >= size)
        return false;
    at += length + strspn(at + length, " \t");
    snprintf(argument, sizeof argument, "%s", at);
    for (length = strlen(argument); length > 0 && strchr(" \t", argument[length - 1]) != NULL;)
        argument[--length] = '\0';
    const char *base = strrchr(next, '/');
    if (base == NULL || strcmp(base, "/env") != 0 || length == 0)
        return true;
    return program_of_env(argument, next, size);
}

static int examine(struct sw_examination *examination, const char *path, unsigned depth)
{
    struct stat about;
    char start[LINE_MOST] = "", next[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        close(fd);
        return S_ISDIR(about.st_mode) ? -EISDIR : -EINVAL;
    }
    snprintf(examination->path, sizeof examination->path, "%s", path);
    ssize_t got = pread(fd, start, sizeof start - 1, 0);
    start[got > 0 ? got : 0] = '\0';
    start[strcspn(start, "\n")] = '\0';
    if (strncmp(start, "#!", 2) == 0) { /* mode bits of a script are not heeded (execve(2)) */
        close(fd);
        if (depth == INTERPRETERS || !interpreter_of(start, next, sizeof next)) {
            sw_findings_add(examination, SW_FINDING_FATAL,
                            "it is a script whose interpreter cannot be found: %s", start, "");
            examination->findings[examination->count - 1].not_for_us = true;
            return 0;
        }
        int error = examine(examination, next, depth + 1);
        if (error != 0) {
            sw_findings_add(examination, SW_FINDING_FATAL,
                            "it is a script whose interpreter cannot be read: %s", next, "");
            examination->findings[examination->count - 1].not_for_us = true;
        }
        return 0;
    }
    look_at_privileges(examination, fd, &about);
    sw_examine_elf(examination, fd);
    close(fd);
    return 0;
}

int sw_examine_program(struct sw_examination *examination, const char *path)
{
    memset(examination, 0, sizeof *examination);
    return examine(examination, path, 0);
}
