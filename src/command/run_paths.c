/*
 * See run_paths.h. Called by run.c.
 *
 * A process of the run says by itself what it cannot write, once for each process; a mistyped path
 * is better said once, before anything has run: records that were never written make a run that
 * passes. Of a name that depends on a code (%p, %e) the folder can be looked at, unless it does
 * too.
 */
#include "command/run_paths.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/complain.h"

#define PATH_MOST 8192

/* 0 or an errno. */
static int unreadable(const char *path)
{
    struct stat about;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return EISDIR;
    return access(path, R_OK) == 0 ? 0 : errno;
}

/* Each file of a list separated by ':'. */
static int check_readable(const char *variable, const char *what)
{
    const char *list = getenv(variable);
    if (list != NULL && strcmp(list, "none") == 0)
        return 0;
    while (list != NULL && *list != '\0') {
        char path[PATH_MOST];
        size_t length = strcspn(list, ":");
        snprintf(path, sizeof path, "%.*s", (int)length, list);
        int error = length > 0 ? unreadable(path) : 0;
        if (error != 0)
            return sw_complain_usage("cannot read %s from %s: %s", what, path, strerror(error));
        list += length + (list[length] == ':');
    }
    return 0;
}

/* The pattern without its %%, up to where another code is in it; returns what is left from there
 * on. */
static const char *fixed_part(const char *pattern, char path[PATH_MOST])
{
    size_t to = 0;
    for (; *pattern != '\0' && to + 1 < PATH_MOST; pattern++) {
        if (pattern[0] == '%' && pattern[1] != '\0' && strchr("peth", pattern[1]) != NULL)
            break;
        path[to++] = *pattern;
        pattern += pattern[0] == '%' && pattern[1] == '%';
    }
    path[to] = '\0';
    return pattern;
}

/* 0 or an errno. `replaced`: a new file takes the place of an old one, which has to be a file. */
static int writable(const char *pattern, bool replaced)
{
    char path[PATH_MOST];
    struct stat about;
    const char *rest = fixed_part(pattern, path);
    if (strchr(rest, '/') != NULL)
        return 0;
    if (*rest == '\0' && lstat(path, &about) == 0) {
        if (S_ISDIR(about.st_mode))
            return EISDIR;
        if (S_ISLNK(about.st_mode))
            return ELOOP;
        if (replaced && !S_ISREG(about.st_mode))
            return EEXIST;
        if (!replaced)
            return access(path, W_OK) == 0 ? 0 : errno;
    }
    char *slash = strrchr(path, '/');
    if (slash != NULL)
        slash[slash == path] = '\0';
    return access(slash != NULL ? path : ".", W_OK | X_OK) == 0 ? 0 : errno;
}

static int check_writable(const char *variable, const char *what, bool replaced)
{
    const char *pattern = getenv(variable);
    if (pattern == NULL || *pattern == '\0' || strcmp(pattern, "none") == 0 ||
        strcmp(pattern, "stderr") == 0)
        return 0;
    int error = writable(pattern, replaced);
    if (error == 0)
        return 0;
    return sw_complain_usage("cannot write %s to %s: %s", what, pattern,
                             error == ELOOP    ? "a symbolic link"
                             : error == EEXIST ? "expected a regular file"
                                               : strerror(error));
}

static int check_helper(void)
{
    const char *path = getenv("STALLWATCH_HELPER");
    if (path == NULL || *path == '\0' || strcmp(path, "auto") == 0 || strcmp(path, "none") == 0)
        return 0;
    if (access(path, X_OK) == 0)
        return 0;
    return sw_complain_usage("cannot run the helper %s: %s", path, strerror(errno));
}

int sw_run_paths_check(void)
{
    int code = check_readable("STALLWATCH_SUPPRESSIONS", "suppressions");
    if (code == 0)
        code = check_readable("STALLWATCH_PARKS", "parks");
    if (code == 0)
        code = check_readable("STALLWATCH_HINTS", "hints");
    if (code == 0)
        code = check_helper();
    if (code == 0)
        code = check_writable("STALLWATCH_JSON", "JSON lines", false);
    if (code == 0)
        code = check_writable("STALLWATCH_LOG", "the log", false);
    if (code == 0)
        code = check_writable("STALLWATCH_METRICS", "metrics", true);
    return code;
}
