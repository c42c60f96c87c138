/* See account.h. Nothing here allocates; the files are small, and each is read whole. */
#include "preload/watch/kernel/account.h"

#include <string.h>
#include <time.h>

#include "common/kernel.h"
#include "common/text.h"
#include "preload/notes/clock.h"

#define PATH_SIZE 64

static void task_path(char path[PATH_SIZE], int tid, const char *file)
{
    struct sw_text text;
    sw_text_init(&text, path, PATH_SIZE);
    sw_text_string(&text, "/proc/self/task/");
    sw_text_unsigned(&text, (uint64_t)tid);
    sw_text_char(&text, '/');
    sw_text_string(&text, file);
}

static long slurp(int tid, const char *file, char *to, size_t size)
{
    char path[PATH_SIZE];
    task_path(path, tid, file);
    return sw_kernel_slurp(path, to, size);
}

/* A number in `base`, past blanks; `*at` is moved behind it. */
static uint64_t number(const char **at, unsigned base)
{
    uint64_t value = 0;
    while (**at == ' ' || **at == '\t')
        (*at)++;
    if (base == 16 && (*at)[0] == '0' && (*at)[1] == 'x')
        *at += 2;
    for (;; (*at)++) {
        char c = **at;
        unsigned digit;
        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if (base == 16 && c >= 'a' && c <= 'f')
            digit = (unsigned)(c - 'a') + 10;
        else
            return value;
        value = value * base + digit;
    }
}

/* The n-th field of /proc/…/stat counted as proc(5) does; behind the name, which may hold anything.
 */
static uint64_t stat_field(const char *stat, unsigned wanted)
{
    const char *at = strrchr(stat, ')');
    for (unsigned field = 2; at != NULL && field < wanted; field++)
        at = strchr(at + 1, ' ');
    if (at == NULL)
        return 0;
    return number(&at, 10);
}

/* The CPU clock of a thread by its id: clock_getcpuclockid(3)'s encoding, per thread,
 * CPUCLOCK_SCHED. */
static clockid_t cpu_clock(int tid)
{
    return (clockid_t)((~(unsigned)tid << 3) | 6);
}

uint64_t sw_account_cpu_ns(int tid)
{
    struct timespec cpu = {0, 0};
    if (sw_kernel3(SYS_clock_gettime, cpu_clock(tid), (long)&cpu, 0) != 0)
        return 0;
    return (uint64_t)cpu.tv_sec * UINT64_C(1000000000) + (uint64_t)cpu.tv_nsec;
}

void sw_account_read(int tid, struct sw_reading *reading)
{
    memset(reading, 0, sizeof *reading);
    struct timespec cpu = {0, 0};
    if (sw_kernel3(SYS_clock_gettime, cpu_clock(tid), (long)&cpu, 0) != 0)
        return;
    reading->valid = true;
    reading->ticks = sw_clock_ticks();
    reading->cpu_ns = (uint64_t)cpu.tv_sec * UINT64_C(1000000000) + (uint64_t)cpu.tv_nsec;
    char buffer[1024];
    if (slurp(tid, "schedstat", buffer, sizeof buffer) > 0) {
        const char *at = buffer;
        uint64_t ran = number(&at, 10);
        reading->runqueue_ns = number(&at, 10);
        reading->runqueue_known = ran > 0;
    }
    if (slurp(tid, "stat", buffer, sizeof buffer) > 0) {
        const char *name_end = strrchr(buffer, ')');
        reading->state = name_end != NULL && name_end[1] == ' ' ? name_end[2] : '?';
        reading->minor_faults = stat_field(buffer, 10);
        reading->major_faults = stat_field(buffer, 12);
        /* In clock ticks (USER_HZ, 100 on all of Linux); 0 unless delay accounting was asked for
         * (sysctl kernel.task_delayacct). */
        reading->disk_ns = stat_field(buffer, 42) * UINT64_C(10000000);
    }
}

void sw_account_syscall(int tid, struct sw_syscall_view *view)
{
    char buffer[256];
    memset(view, 0, sizeof *view);
    if (slurp(tid, "syscall", buffer, sizeof buffer) <= 0)
        return;
    view->known = true;
    if (strncmp(buffer, "running", 7) == 0) {
        view->running = true;
        return;
    }
    const char *at = buffer;
    if (*at == '-') {
        view->number = -1;
        at = strchr(at, ' ');
        if (at == NULL)
            return;
    } else {
        view->number = (long)number(&at, 10);
        for (int i = 0; i < 6; i++)
            view->argument[i] = number(&at, 16);
    }
    view->sp = number(&at, 16);
    view->pc = number(&at, 16);
}

bool sw_account_is_ready(int tid)
{
    char stat[1024];
    const char *name_end = slurp(tid, "stat", stat, sizeof stat) > 0 ? strrchr(stat, ')') : NULL;
    return name_end != NULL && name_end[1] == ' ' && name_end[2] == 'R';
}

/* The second number of a schedstat (sched-stats.rst). */
static uint64_t delay_in(const char *schedstat)
{
    number(&schedstat, 10);
    return number(&schedstat, 10);
}

uint64_t sw_account_delay_ns(int tid)
{
    char buffer[128];
    return slurp(tid, "schedstat", buffer, sizeof buffer) > 0 ? delay_in(buffer) : 0;
}

/* Does /proc count processes as we do? Not where it was mounted in another namespace of theirs. */
static bool proc_is_ours(void)
{
    char name[16] = "";
    sw_kernel6(SYS_readlinkat, AT_FDCWD, (long)"/proc/self", (long)name, sizeof name - 1, 0, 0);
    const char *at = name;
    return number(&at, 10) == (uint64_t)sw_kernel_getpid();
}

/* By its name beside the processes', which none lists and each may open. Below its process' folder
 * the kernel would keep a folder of it, which this thread removes when it ends, and who waits for
 * the process does too: one of them spins until the other has got a CPU for it
 * (shrink_dcache_parent, Linux 6.18: 116 ms in a waitpid(2) of dovecot's). */
static void own_path(char path[PATH_SIZE], int tid)
{
    struct sw_text text;
    if (!proc_is_ours()) {
        task_path(path, tid, "schedstat");
        return;
    }
    sw_text_init(&text, path, PATH_SIZE);
    sw_text_string(&text, "/proc/");
    sw_text_unsigned(&text, (uint64_t)tid);
    sw_text_string(&text, "/schedstat");
}

int sw_account_open_own_delay(void)
{
    char path[PATH_SIZE];
    own_path(path, sw_kernel_gettid());
    return sw_kernel_open(path, O_RDONLY | O_CLOEXEC, 0);
}

unsigned sw_account_threads(void)
{
    char stat[1024];
    return sw_kernel_slurp("/proc/self/stat", stat, sizeof stat) > 0
               ? (unsigned)stat_field(stat, 20)
               : 0;
}

uint64_t sw_account_own_delay_ns(int fd, int tid)
{
    char buffer[128], path[PATH_SIZE];
    long length = fd >= 0 ? sw_kernel_pread(fd, buffer, sizeof buffer - 1, 0) : -1;
    if (length <= 0) {
        own_path(path, tid);
        length = sw_kernel_slurp(path, buffer, sizeof buffer);
    }
    if (length <= 0)
        return 0;
    buffer[length] = '\0';
    return delay_in(buffer);
}

/* A number of /proc/…/status; `missing` where there is no such line. */
static uint64_t status_number(const char *status, const char *name, unsigned base, uint64_t missing)
{
    const char *line = strstr(status, name);
    if (line == NULL)
        return missing;
    line += strlen(name);
    return number(&line, base);
}

bool sw_account_may_signal(int tid, int signal)
{
    char status[4096];
    if (slurp(tid, "status", status, sizeof status) <= 0)
        return false;
    uint64_t blocked = status_number(status, "\nSigBlk:", 16, ~UINT64_C(0));
    uint64_t caught = status_number(status, "\nSigCgt:", 16, 0);
    uint64_t tracer = status_number(status, "\nTracerPid:", 10, 0);
    return tracer == 0 && ((blocked >> (signal - 1)) & 1) == 0 &&
           ((caught >> (signal - 1)) & 1) == 1;
}

bool sw_account_switches(int tid, uint64_t *switches)
{
    char status[4096];
    if (slurp(tid, "status", status, sizeof status) <= 0)
        return false;
    *switches = status_number(status, "\nvoluntary_ctxt_switches:", 10, UINT64_MAX);
    return *switches != UINT64_MAX;
}

bool sw_account_is_pending(int tid, int signal)
{
    char status[4096];
    if (slurp(tid, "status", status, sizeof status) <= 0)
        return true;
    return (status_number(status, "\nSigPnd:", 16, ~UINT64_C(0)) >> (signal - 1)) & 1;
}

bool sw_account_alive(int tid)
{
    return sw_kernel3(SYS_tgkill, sw_kernel_getpid(), tid, 0) == 0;
}

static void end_name(char name[17], long length)
{
    if (length < 0)
        length = 0;
    if (length > 0 && name[length - 1] == '\n')
        length--;
    name[length] = '\0';
}

void sw_account_name(int tid, char name[17])
{
    end_name(name, slurp(tid, "comm", name, 17));
}

void sw_account_renew_name(int tid, char name[17])
{
    char now[17];
    long length = slurp(tid, "comm", now, sizeof now);
    if (length <= 0)
        return;
    end_name(now, length);
    memcpy(name, now, sizeof now);
}

static void process_path(char path[PATH_SIZE], int pid, const char *file)
{
    struct sw_text text;
    sw_text_init(&text, path, PATH_SIZE);
    sw_text_string(&text, "/proc/");
    sw_text_unsigned(&text, (uint64_t)pid);
    sw_text_string(&text, file);
}

bool sw_account_process_name(int pid, char name[17])
{
    char path[PATH_SIZE];
    process_path(path, pid, "/comm");
    long length = pid > 0 ? sw_kernel_slurp(path, name, 17) : -1;
    end_name(name, length);
    return length > 0;
}

uint64_t sw_account_process_age_ns(int pid)
{
    char path[PATH_SIZE], stat[1024];
    struct timespec boot;
    process_path(path, pid, "/stat");
    if (sw_kernel_slurp(path, stat, sizeof stat) <= 0 ||
        sw_kernel3(SYS_clock_gettime, CLOCK_BOOTTIME, (long)&boot, 0) != 0)
        return UINT64_MAX;
    uint64_t now = (uint64_t)boot.tv_sec * UINT64_C(1000000000) + (uint64_t)boot.tv_nsec;
    uint64_t born = stat_field(stat, 22) * UINT64_C(10000000); /* clock ticks, see above */
    return now > born ? now - born : 0;
}

void sw_account_process_command(int pid, char *command, size_t size)
{
    char path[PATH_SIZE];
    process_path(path, pid, "/cmdline");
    long length = sw_kernel_slurp(path, command, size - 1);
    if (length < 0)
        length = 0;
    while (length > 0 && command[length - 1] == '\0')
        length--;
    for (long i = 0; i < length; i++)
        if (command[i] == '\0')
            command[i] = ' ';
    command[length] = '\0';
}
