/*
 * What the tests of the library's end of the helper share: a real stallwatch-symbolize
 * ($STALLWATCH_BUILD), the fixture that is asked for, and looks at the processes. Included once by
 * each test program.
 */
#ifndef SW_TESTS_HELPER_FIXTURE_H
#define SW_TESTS_HELPER_FIXTURE_H

#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/symbolize_protocol.h"
#include "preload/report/helper.h"
#include "preload/report/helper_state.h"

static struct sw_arena arena;
static char helper_path[PATH_MAX];
static char fixture[PATH_MAX];
static char directory[] = "/tmp/stallwatch-test-XXXXXX";
static int fixture_lines[3];
static uint64_t fixture_address;
static volatile sig_atomic_t child_signals;

static inline void note_signal(int number)
{
    (void)number;
    child_signals++;
}

static inline void find_file(char to[PATH_MAX], const char *name)
{
    const char *build = getenv("STALLWATCH_BUILD");
    char relative[PATH_MAX];
    snprintf(relative, sizeof(relative), "%s/%s", build != NULL ? build : "build", name);
    ck_assert_msg(realpath(relative, to) != NULL, "%s is missing", relative);
}

static inline void set_up(void)
{
    Dl_info info;
    find_file(helper_path, "stallwatch-symbolize");
    find_file(fixture, "fixtures/lines_c.so");
    void *library = dlopen(fixture, RTLD_NOW | RTLD_LOCAL);
    ck_assert_ptr_nonnull(library);
    ((void (*)(void))dlsym(library, "fixture_run"))();
    void *address = *(void **)dlsym(library, "fixture_address");
    ck_assert_int_ne(dladdr(address, &info), 0);
    fixture_address = (uint64_t)address - (uint64_t)info.dli_fbase - 1;
    memcpy(fixture_lines, dlsym(library, "fixture_line"), sizeof(fixture_lines));
    ck_assert_ptr_nonnull(mkdtemp(strcpy(directory, "/tmp/stallwatch-test-XXXXXX")));
    signal(SIGCHLD, note_signal);
    sw_arena_init(&arena, 16u << 20);
    sw_helper_configure(helper_path);
}

static inline void tear_down(void)
{
    char path[PATH_MAX];
    sw_helper_farewell();
    snprintf(path, sizeof(path), "%s/text", directory);
    unlink(path);
    snprintf(path, sizeof(path), "%s/json", directory);
    unlink(path);
    rmdir(directory);
}

static inline double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* One question for the fixture. Returns sw_helper_ask's result; `answer` as given. */
static inline int ask_path(const char *path, const char *symbol, struct sw_helper_answer *answer,
                           unsigned timeout_ms)
{
    struct sw_helper_question question = {path, "", symbol, fixture_address};
    return sw_helper_ask(&question, 1, answer, &arena, timeout_ms);
}

static inline void check_answer(const struct sw_helper_answer *answer)
{
    static const char *const functions[] = {"innermost", "middle", "fixture_run"};
    ck_assert_uint_eq(answer->count, 3);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_str_eq(answer->lines[i].function, functions[i]);
        ck_assert_uint_eq(answer->lines[i].line, (unsigned)fixture_lines[i]);
        ck_assert_str_eq(strrchr(answer->lines[i].file, '/'), "/lines_c.c");
    }
}

static inline void check_works(void)
{
    struct sw_helper_answer answer;
    ck_assert_int_eq(ask_path(fixture, NULL, &answer, 5000), 0);
    check_answer(&answer);
}

static inline pid_t helper_pid(void)
{
    char path[64], text[64] = "";
    for (unsigned tries = 0; tries < 2000; tries++) {
        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", sw_helper.spawn.task,
                 sw_helper.spawn.task);
        FILE *file = fopen(path, "r");
        if (file != NULL) {
            char *line = fgets(text, sizeof(text), file);
            fclose(file);
            if (line != NULL && atoi(line) > 0)
                return atoi(line);
        }
        usleep(1000);
    }
    ck_abort_msg("no helper");
    return -1;
}

static inline bool is_gone(pid_t pid)
{
    for (unsigned tries = 0; tries < 5000; tries++) {
        if (kill(pid, 0) != 0 && errno == ESRCH)
            return true;
        usleep(1000);
    }
    return false;
}

static inline void check_invisible(void)
{
    siginfo_t info;
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
    ck_assert_int_eq(waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
    ck_assert_int_eq(child_signals, 0);
}
static inline void write_paths(char text[PATH_MAX], char json[PATH_MAX])
{
    snprintf(text, PATH_MAX, "%s/text", directory);
    snprintf(json, PATH_MAX, "%s/json", directory);
}

/* Asks for a name so deep that demangling it needs more stack than there is, after little_stack().
 */
static inline void crash_helper(void)
{
    static char deep[3001];
    struct sw_helper_answer answer;
    memset(deep, 'P', sizeof(deep) - 1);
    memcpy(deep, "_Z1f", 4);
    memcpy(deep + 1000, "i", 2); /* deeper ones the demangler refuses by itself */
    double began = now();
    ck_assert_int_eq(ask_path("/x", deep, &answer, 5000), 0);
    ck_assert_uint_eq(answer.count, 0);
    ck_assert(now() - began < 4.0);
}

/* For the helper that is started next; libdw itself needs 200 KiB. */
static inline void little_stack(void)
{
    struct rlimit little = {232u << 10, 232u << 10};
    ck_assert_int_eq(setrlimit(RLIMIT_STACK, &little), 0);
}

#endif
