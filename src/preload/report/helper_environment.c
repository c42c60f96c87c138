/*
 * Picks the helper's environment out of /proc/self/environ.
 *
 * Called by report/helper.c on the watchdog thread. Not by getenv or environ: the program may be
 * moving its environment about (setenv(3)) at this moment, and what the kernel shows stays in its
 * place. Programs that write a title over it lose these variables, which costs separate debug files
 * in unusual places, no more.
 */
#include "preload/report/helper_environment.h"

#include <stdbool.h>
#include <string.h>

#include "common/kernel.h"

#define KEPT_SIZE 8192

/* Those of debuginfod do nothing unless STALLWATCH_DEBUGINFOD is 1: the helper sees to that. */
static const char *const names[] = {
    "PATH=",
    "DEBUGINFO_PATH=",
    "STALLWATCH_DEBUGINFOD=",
    "DEBUGINFOD_URLS=",
    "DEBUGINFOD_CACHE_PATH=",
    "DEBUGINFOD_TIMEOUT=",
    "HOME=",
    "XDG_CACHE_HOME=",
};
#define NAMES (sizeof(names) / sizeof(names[0]))

static char kept[KEPT_SIZE];
static size_t kept_length;
static char *variables[NAMES + 1];

static bool is_wanted(const char *variable)
{
    for (size_t i = 0; i < NAMES; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* One byte more of the environment, into `kept` behind what is there; a variable that is not wanted
 * or does not fit is taken back at its end. */
static void take_byte(char byte, size_t *start, bool *fits, unsigned *count)
{
    if (kept_length < sizeof(kept))
        kept[kept_length++] = byte;
    else
        *fits = false;
    if (byte != '\0')
        return;
    if (*fits && *count < NAMES && is_wanted(kept + *start))
        variables[(*count)++] = kept + *start;
    else
        kept_length = *start;
    *start = kept_length;
    *fits = true;
}

char *const *sw_helper_environment(void)
{
    char block[1024];
    long got;
    size_t start = 0;
    bool fits = true;
    unsigned count = 0;
    int fd = sw_kernel_open("/proc/self/environ", O_RDONLY | O_CLOEXEC, 0);
    kept_length = 0;
    while (fd >= 0 && (got = sw_kernel_read(fd, block, sizeof(block))) > 0)
        for (long i = 0; i < got; i++)
            take_byte(block[i], &start, &fits, &count);
    if (fd >= 0)
        sw_kernel_close(fd);
    variables[count] = (char *)0;
    return variables;
}
