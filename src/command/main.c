/* `stallwatch`: which subcommand is wanted. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/complain.h"
#include "command/doctor.h"
#include "command/report.h"
#include "command/run.h"
#include "common/version.h"

static const struct subcommand {
    const char *name;
    int (*run)(char **arguments);
    const char *meaning;
} subcommands[] = {
    {"run", sw_run_main, "runs a command with its event loops watched"},
    {"report", sw_report_main, "merges the JSON lines of runs into a report"},
    {"doctor", sw_doctor_main, "says whether a program can be watched, and why not"},
};
#define SUBCOMMANDS (sizeof subcommands / sizeof subcommands[0])

static int print_help(void)
{
    puts("Usage: stallwatch run [OPTION]... [--] COMMAND [ARG]...\n"
         "       stallwatch report [OPTION]... FILE.jsonl...\n"
         "       stallwatch doctor PROGRAM | --pid PID\n"
         "Tells when an event loop was held up, by what call, and from which line.\n");
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        printf("  %-8s %s\n", subcommands[i].name, subcommands[i].meaning);
    puts("\nstallwatch SUBCOMMAND --help says more; --version prints the version.");
    return fflush(stdout) != 0 ? SW_EXIT_FAILURE : 0;
}

/* Who starts us with standard error closed is not to find our lines in the first file that we open.
 * For reading, so that what cannot be written still fails; not for the command that run starts. */
static void occupy_closed_descriptors(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY | O_CLOEXEC) != fd)
            _exit(SW_EXIT_FAILURE);
}

int main(int count, char **arguments)
{
    occupy_closed_descriptors();
    const char *wanted = count > 1 ? arguments[1] : NULL;
    if (wanted == NULL)
        return sw_complain_usage("no subcommand given: run, report or doctor (--help says more)");
    if (strcmp(wanted, "--help") == 0 || strcmp(wanted, "-h") == 0)
        return print_help();
    if (strcmp(wanted, "--version") == 0 || strcmp(wanted, "-V") == 0) {
        puts("stallwatch " SW_VERSION);
        return fflush(stdout) != 0 ? SW_EXIT_FAILURE : 0;
    }
    for (size_t i = 0; i < SUBCOMMANDS; i++) {
        if (strcmp(wanted, subcommands[i].name) == 0) {
            sw_complain_as(wanted);
            return subcommands[i].run(arguments + 2);
        }
    }
    return sw_complain_usage(wanted[0] == '-' ? "unknown option %s (--help lists all)"
                                              : "no subcommand %s: expected run, report or doctor",
                             wanted);
}
