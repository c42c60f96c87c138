/* `stallwatch doctor`; see doctor.h. What is wrong with a program, a process or this machine, and
 * what to do. */
#include "command/doctor.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "command/complain.h"
#include "command/doctor_process.h"
#include "command/examine.h"
#include "command/options.h"
#include "command/place.h"
#include "common/own_machine.h"
#include "common/text.h"

enum { PID, HELP };

static const struct sw_option table[] = {
    {"pid", "PID", "look at a running process", NULL},
    {"help", NULL, "print this and exit", NULL},
};
#define TABLE           (sizeof table / sizeof table[0])
#define PLAIN_IN_SHELLS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./+-@%:,"

const struct sw_option *sw_doctor_option_table(unsigned *count)
{
    *count = TABLE;
    return table;
}

static const char usage[] = "Usage: stallwatch doctor PROGRAM | --pid PID\n"
                            "Says whether a program (a path, or a name from PATH) can be watched,\n"
                            "why not, and what to do.\n";
static const char more[] =
    "Exit status: 0 where it can be watched, 1 where it cannot, 2 for bad usage.\n";

static const char *shown(const char *name)
{
    static char buffer[2048];
    struct sw_text text;
    sw_text_init(&text, buffer, sizeof buffer);
    sw_text_escaped(&text, name, strlen(name), 400);
    return buffer;
}

static void check_machine(struct sw_examination *examination)
{
    char path[4096], word = 1, copy = 0;
    struct iovec local = {&copy, 1}, remote = {&word, 1};
    if (sw_place_library(path, sizeof path) != 0)
        sw_findings_add(examination, SW_FINDING_FATAL, "libstallwatch.so is not where %s is",
                        "stallwatch", "make, or make install");
    if (sw_place_helper(path, sizeof path) != 0)
        sw_findings_add(examination, SW_FINDING_WARNING,
                        "stallwatch-symbolize is missing%s: reports will have no lines", "",
                        "make, or make install");
    void *unwind = dlopen("libunwind-" SW_MACHINE_NAME ".so.8", RTLD_NOW | RTLD_LOCAL);
    if (unwind == NULL)
        sw_findings_add(examination, SW_FINDING_WARNING,
                        "libunwind8 is not installed%s: stacks are followed by frame pointers only",
                        "", "apt install libunwind8");
    else
        dlclose(unwind);
    if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) != 1)
        sw_findings_add(examination, SW_FINDING_NOTE,
                        "process_vm_readv(2) is forbidden here%s: memory is read by /proc/self/mem",
                        "", "");
    int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    int copied = pidfd >= 0 ? (int)syscall(SYS_pidfd_getfd, pidfd, STDERR_FILENO, 0) : -1;
    if (copied < 0)
        sw_findings_add(examination, SW_FINDING_NOTE,
                        "pidfd_getfd(2) does not work here%s: the library's files will be in the "
                        "program's descriptor table, from 500 up",
                        "", "");
    if (copied >= 0)
        close(copied);
    if (pidfd >= 0)
        close(pidfd);
}

/* The command that comes next, where nothing was found that it would have to take care of, and the
 * name is one that every shell takes as it is. */
static void print_start(const struct sw_examination *examination, const char *name)
{
    for (unsigned i = 0; i < examination->count; i++)
        if (examination->findings[i].kind != SW_FINDING_NOTE)
            return;
    if (name[strspn(name, PLAIN_IN_SHELLS)] == '\0' && name[0] != '-')
        printf("  start:   stallwatch run -- %s\n", name);
}

/* `start`: what to say how to start, or NULL. The exit code. */
static int print(const struct sw_examination *examination, const char *name, bool watched,
                 const char *start)
{
    static const char *const words[] = {"no:     ", "warning:", "note:   "};
    bool fatal = sw_findings_are_fatal(examination);
    printf("%s: %s\n", shown(name),
           watched ? "is being watched"
           : fatal ? "cannot be watched"
                   : "can be watched");
    if (strcmp(name, examination->path) != 0)
        printf("  program: %s\n", shown(examination->path));
    for (unsigned kind = 0; kind < 3; kind++) {
        for (unsigned i = 0; i < examination->count; i++) {
            const struct sw_finding *finding = &examination->findings[i];
            if ((unsigned)finding->kind != kind)
                continue;
            printf("  %s %s\n", words[kind], finding->text);
            if (finding->advice[0] != '\0')
                printf("           -> %s\n", finding->advice);
        }
    }
    if (start != NULL)
        print_start(examination, start);
    int code = sw_flush_output();
    return code != 0 ? code : fatal && !watched ? SW_EXIT_FAILURE : 0;
}

static int look_at_program(const char *name)
{
    static struct sw_examination examination;
    char path[4096];
    int error = sw_examine_find(name, path, sizeof path);
    if (error == 0)
        error = sw_examine_program(&examination, path);
    if (error != 0)
        return sw_complain_usage("%s: %s", *name != '\0' ? name : "\"\"",
                                 error == -ENOENT && strchr(name, '/') == NULL ? "not found in PATH"
                                 : error == -EACCES ? "not a file that can be executed"
                                                    : strerror(-error));
    check_machine(&examination);
    return print(&examination, strchr(name, '/') != NULL ? name : path, false, name);
}

static int look_at_process(const char *word)
{
    static struct sw_examination examination;
    char *end, link[64], name[64];
    errno = 0;
    long pid = strtol(word, &end, 10);
    if (*word < '0' || *word > '9' || *end != '\0' || errno != 0 || pid < 1 || pid > 1 << 22)
        return sw_complain_usage("--pid %s: expected the number of a process", word);
    if (kill((pid_t)pid, 0) != 0 && errno == ESRCH)
        return sw_complain_usage("--pid %s: there is no such process", word);
    snprintf(link, sizeof link, "/proc/%ld/exe", pid);
    snprintf(name, sizeof name, "process %ld", pid);
    int error = sw_examine_program(&examination, link);
    if (error != 0)
        return sw_complain_usage("--pid %s: cannot read its program: %s%s", word, strerror(-error),
                                 error == -EACCES ? " (run this as its user, or as root)" : "");
    ssize_t length = readlink(link, examination.path, sizeof examination.path - 1);
    if (length > 0)
        examination.path[length] = '\0';
    bool watched = sw_doctor_process(&examination, (int)pid);
    check_machine(&examination);
    return print(&examination, name, watched, NULL);
}

int sw_doctor_main(char **arguments)
{
    struct sw_options options = {table, TABLE, arguments, false, false};
    const char *program = NULL, *pid = NULL, *value;
    enum sw_options_kind kind;
    unsigned index, given = 0;
    while ((kind = sw_options_next(&options, &index, &value)) != SW_OPTIONS_END) {
        if (kind == SW_OPTIONS_BAD)
            return SW_EXIT_USAGE;
        if (kind == SW_OPTIONS_OPTION && index == HELP)
            return sw_options_help(usage, table, TABLE, more);
        given++;
        if (kind == SW_OPTIONS_OPERAND)
            program = value;
        else
            pid = value;
    }
    if (given != 1)
        return sw_complain_usage("expected one PROGRAM, or --pid PID (--help says more)");
    return program != NULL ? look_at_program(program) : look_at_process(pid != NULL ? pid : "");
}
