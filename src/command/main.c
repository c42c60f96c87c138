/* `stallwatch`: which subcommand is wanted. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/complain.h"
#include "command/subcommands.h"
#include "common/nearest.h"
#include "common/version.h"

static int print_help(void)
{
    for (const struct sw_subcommand *each = sw_subcommands; each->name != NULL; each++)
        printf("%s stallwatch %s %s\n", each == sw_subcommands ? "Usage:" : "      ", each->name,
               each->synopsis);
    puts("Tells when an event loop was held up, by what call, and from which line.\n");
    for (const struct sw_subcommand *each = sw_subcommands; each->name != NULL; each++)
        printf("  %-12s %s\n", each->name, each->meaning);
    puts("\nstallwatch SUBCOMMAND --help says more; --version prints the version.");
    return sw_flush_output();
}

static int print_version(void)
{
    puts("stallwatch " SW_VERSION);
    return sw_flush_output();
}

static bool is_version(const char *argument)
{
    return argument != NULL && (strcmp(argument, "--version") == 0 || strcmp(argument, "-V") == 0);
}

/* The subcommand that was most likely meant; NULL where none is near. */
static const char *nearest(const char *wanted)
{
    const char *best = NULL;
    size_t length = strlen(wanted);
    unsigned least = 3; /* farther is a guess */
    for (const struct sw_subcommand *each = sw_subcommands; each->name != NULL; each++) {
        size_t known = strlen(each->name);
        bool begun = length >= 3 && length < known && memcmp(each->name, wanted, length) == 0;
        unsigned far = begun ? 0 : sw_nearest_distance(wanted, length, each->name, known);
        if (far < least) {
            least = far;
            best = each->name;
        }
    }
    return best;
}

static int refuse(const char *wanted)
{
    if (wanted[0] == '-')
        return sw_complain_usage("unknown option %s (--help lists all)", wanted);
    const char *meant = nearest(wanted);
    if (meant != NULL)
        return sw_complain_usage("no subcommand %s; did you mean %s?", wanted, meant);
    return sw_complain_usage("no subcommand %s: expected run, report or doctor (--help says more)",
                             wanted);
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
    if (strcmp(wanted, "--help") == 0 || strcmp(wanted, "-h") == 0 || strcmp(wanted, "help") == 0)
        return print_help();
    if (is_version(wanted))
        return print_version();
    for (const struct sw_subcommand *each = sw_subcommands; each->name != NULL; each++) {
        if (strcmp(wanted, each->name) == 0) {
            if (is_version(arguments[2]))
                return print_version();
            sw_complain_as(wanted);
            return each->run(arguments + 2);
        }
    }
    return refuse(wanted);
}
