/*
 * stallwatch-symbolize: function, file and line of addresses, for the preload library and for
 * people.
 *
 *     stallwatch-symbolize FILE ADDRESS...
 *     stallwatch-symbolize --serve           as the library starts it (serve.c)
 *
 * By hand it prints what the library would be told: "function file:line" for each address, a line
 * of its own for each inlined function, innermost first. Addresses are the file's own (what nm(1)
 * shows), those of the reports' "offset".
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/symbolize_protocol.h"
#include "common/text.h"
#include "common/version.h"
#include "symbolize/lines.h"
#include "symbolize/serve.h"

static const char help[] =
    "usage: stallwatch-symbolize FILE ADDRESS...\n"
    "Prints function, file and line of addresses in a program or library, innermost inlined\n"
    "function first. It is what libstallwatch.so asks for the lines of its reports.\n"
    "\n"
    "  FILE        an ELF file; separate debug files are found by build id and .gnu_debuglink\n"
    "  ADDRESS     hexadecimal, with or without 0x, as nm prints it and reports give as offset\n"
    "      --help     this text\n"
    "      --version  the version\n"
    "\n"
    "STALLWATCH_DEBUGINFOD=1  ask the servers in DEBUGINFOD_URLS too (they learn what you debug)\n"
    "DEBUGINFO_PATH           where else to look for separate debug files, as elfutils has it\n";

static int bad_usage(const char *what, const char *which)
{
    static char line[512];
    struct sw_text text;
    sw_text_init(&text, line, sizeof(line));
    sw_text_string(&text, "stallwatch-symbolize: ");
    sw_text_string(&text, what);
    if (which != NULL)
        sw_text_escaped(&text, which, strlen(which), 200);
    sw_text_string(&text, " (see stallwatch-symbolize --help)\n");
    fputs(line, stderr);
    return 2;
}

static bool parse_address(const char *from, uint64_t *address)
{
    char *end;
    const char *digits = from[0] == '0' && (from[1] == 'x' || from[1] == 'X') ? from + 2 : from;
    if (strspn(digits, "0123456789abcdefABCDEF") == 0)
        return false;
    errno = 0;
    *address = strtoull(digits, &end, 16);
    return errno == 0 && *end == '\0';
}

static void print_line(const struct sw_symbolize_line *line)
{
    static char shown[8 * (SW_SYMBOLIZE_FUNCTION + SW_SYMBOLIZE_FILE)];
    struct sw_text text;
    sw_text_init(&text, shown, sizeof(shown));
    if (line->function[0] != '\0')
        sw_text_escaped(&text, line->function, strlen(line->function), SW_SYMBOLIZE_FUNCTION);
    else
        sw_text_string(&text, "??");
    sw_text_char(&text, ' ');
    if (line->file[0] != '\0')
        sw_text_escaped(&text, line->file, strlen(line->file), SW_SYMBOLIZE_FILE);
    else
        sw_text_string(&text, "??");
    sw_text_char(&text, ':');
    sw_text_unsigned(&text, line->line);
    puts(shown);
}

static int print_addresses(const char *file, int count, char **addresses)
{
    static struct sw_symbolize_question question;
    static struct sw_symbolize_answer answer;
    static const struct sw_symbolize_line unknown;
    char *path = realpath(file, NULL);
    if (path == NULL || strlen(path) > SW_SYMBOLIZE_PATH) {
        fprintf(stderr, "stallwatch-symbolize: %s: %s\n", file,
                strerror(path == NULL ? errno : ENAMETOOLONG));
        free(path);
        return 1;
    }
    strcpy(question.path, path); /* checked above */
    free(path);
    for (int i = 0; i < count; i++) {
        parse_address(addresses[i], &question.address); /* checked by main */
        int error = sw_lines_find(&question, &answer);
        if (error != 0) {
            fprintf(stderr, "stallwatch-symbolize: %s: %s\n", file,
                    error == -ENOEXEC ? "not an ELF file" : strerror(-error));
            return 1;
        }
        if (answer.count == 0)
            print_line(&unknown);
        for (uint32_t k = 0; k < answer.count; k++)
            print_line(&answer.lines[k]);
    }
    return 0;
}

static int finish(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "stallwatch-symbolize: standard output: %s\n", strerror(errno));
    return 1;
}

int main(int argc, char **argv)
{
    uint64_t address;
    const char *debuginfod = getenv("STALLWATCH_DEBUGINFOD");
    if (debuginfod == NULL || strcmp(debuginfod, "1") != 0)
        unsetenv("DEBUGINFOD_URLS"); /* no build id leaves the machine unasked */
    bool resumed = argc >= 4 && strcmp(argv[1], "--resume") == 0;
    if (resumed || (argc == 2 && strcmp(argv[1], "--serve") == 0)) {
        int status = sw_serve(resumed, resumed ? argc - 2 : 0, argv + 2);
        return status == 2 ? bad_usage("only libstallwatch.so can use ", argv[1]) : status;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return fputs(help, stdout), finish(0);
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return puts("stallwatch-symbolize " SW_VERSION), finish(0);
    if (argc > 1 && argv[1][0] == '-')
        return bad_usage("unknown option, or one that stands alone: ", argv[1]);
    if (argc < 3)
        return bad_usage(argc < 2 ? "a file and addresses are missing" : "no address given", NULL);
    for (int i = 2; i < argc; i++)
        if (!parse_address(argv[i], &address))
            return bad_usage("not a hexadecimal address: ", argv[i]);
    return finish(print_addresses(argv[1], argc - 2, argv + 2));
}
