/*
 * See process.h. The constructor's part is kept small: it runs in every process that the library is
 * preloaded into, most of which never run a loop.
 */
#include "preload/notes/process.h"

#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "common/glob.h"
#include "common/kernel.h"
#include "common/start.h"
#include "preload/notes/clock.h"

enum { NOT_STARTED, STARTING, READY, NOT_WATCHED };

struct sw_settings sw_process_settings;
struct sw_process *sw_process SW_AT_START;
bool sw_process_passive SW_AT_START;
struct sw_process_code sw_process_code SW_AT_START;
bool sw_process_in_valgrind SW_AT_START;
void (*sw_process_watch)(void) SW_AT_START;
void (*sw_process_wake)(void) SW_AT_START;
void (*sw_process_finish)(void) SW_AT_START;
void (*sw_process_leave)(void) SW_AT_START;
void (*sw_process_shut_in)(bool root) SW_AT_START;

static char setting_values[8192];
static bool have_settings SW_AT_START;
static uint64_t stderr_device SW_AT_START, stderr_inode SW_AT_START;
static bool stderr_open SW_AT_START;
static int filters_at_birth SW_AT_START;

/* How many seccomp filters the process is under: proc(5)'s "Seccomp_filters:", or the mode where
 * the kernel does not count them. */
static int count_seccomp_filters(void)
{
    int mode = (int)sw_kernel3(SYS_prctl, PR_GET_SECCOMP, 0, 0);
    if (mode <= 0)
        return 0;
    char status[4096];
    if (sw_kernel_slurp("/proc/self/status", status, sizeof status) <= 0)
        return mode;
    const char *line = strstr(status, "\nSeccomp_filters:");
    if (line == NULL)
        return mode;
    int count = 0;
    for (line = strpbrk(line + 1, "0123456789\n"); line != NULL && *line >= '0' && *line <= '9';
         line++)
        count = count * 10 + (*line - '0');
    return count;
}

/* The base name of the program's file, as STALLWATCH_ONLY's globs see it. */
static bool program_is_watched(void)
{
    if (strcmp(sw_process_settings.only, "*") == 0)
        return true;
    char path[4096];
    long length = sw_kernel6(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe", (long)path,
                             sizeof path - 1, 0, 0);
    if (length <= 0)
        return true;
    path[length] = '\0';
    const char *slash = strrchr(path, '/');
    return sw_glob_match_list(sw_process_settings.only, slash != NULL ? slash + 1 : path);
}

/* The first eight characters as a number, so that the words to compare with are in the code: what
 * most programs' start has to do is not to touch a page of constants. */
#define HEAD(a, b, c, d, e, f, g, h)                                                               \
    ((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 | (uint64_t)(d) << 24 |              \
     (uint64_t)(e) << 32 | (uint64_t)(f) << 40 | (uint64_t)(g) << 48 | (uint64_t)(h) << 56)

static uint64_t head_of(const char *entry)
{
    uint64_t head = 0;
    for (unsigned i = 0; i < 8 && entry[i] != '\0'; i++)
        head |= (uint64_t)(unsigned char)entry[i] << (8 * i);
    return head;
}

/* Is there a setting in the environment? And are we preloaded beside valgrind's library, whose name
 * has a v? */
static bool has_settings(char *const *environment)
{
    bool found = false;
    for (; environment != NULL && *environment != NULL; environment++) {
        uint64_t head = head_of(*environment);
        found |= head == HEAD('S', 'T', 'A', 'L', 'L', 'W', 'A', 'T');
        if (head == HEAD('L', 'D', '_', 'P', 'R', 'E', 'L', 'O') &&
            strchr(*environment, 'v') != NULL && strstr(*environment, "/vgpreload_") != NULL)
            sw_process_in_valgrind = true;
    }
    return found;
}

/* From its program headers, which the kernel names (getauxval(3)): PT_PHDR says where they would be
 * if it had been loaded where it was linked. */
static void find_code(void)
{
    const ElfW(Phdr) *header = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    uint64_t bias = 0;
    for (uint64_t i = 0; header != NULL && i < getauxval(AT_PHNUM); i++)
        if (header[i].p_type == PT_PHDR)
            bias = (uint64_t)(uintptr_t)header - header[i].p_vaddr;
    for (uint64_t i = 0; header != NULL && i < getauxval(AT_PHNUM); i++) {
        if (header[i].p_type != PT_LOAD || !(header[i].p_flags & PF_X))
            continue;
        sw_process_code.low = bias + header[i].p_vaddr;
        sw_process_code.high = sw_process_code.low + header[i].p_memsz;
    }
}

void sw_process_birth(char *const *environment)
{
    sw_clock_note_birth();
    find_code();
    bool settings = has_settings(environment);
    if (getauxval(AT_SECURE) != 0) {
        sw_process_passive = true;
        return;
    }
    have_settings = settings;
    if (settings) {
        sw_settings_default(&sw_process_settings);
        sw_settings_parse(&sw_process_settings, environment, setting_values, sizeof setting_values);
    }
    filters_at_birth = count_seccomp_filters();
    struct stat about;
    stderr_open = sw_kernel3(SYS_fstat, 2, (long)&about, 0) == 0;
    if (stderr_open) {
        stderr_device = about.st_dev;
        stderr_inode = about.st_ino;
    }
    sw_process_passive = settings && !program_is_watched();
}

bool sw_process_has_settings(void)
{
    return have_settings;
}

bool sw_process_stderr(uint64_t *device, uint64_t *inode)
{
    *device = stderr_device;
    *inode = stderr_inode;
    return stderr_open;
}

/* A filter that the program has put on itself may answer a system call of ours, which it never
 * makes, with a kill: one that no wrapper has seen (sw_process_let_go). One that it was started
 * under is its surroundings' (a container's), which answer with an error. */
static bool has_sandboxed_itself(void)
{
    return count_seccomp_filters() > filters_at_birth;
}

static bool map_words(void)
{
    long address =
        sw_kernel6(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address < 0 && address > -4096)
        return false;
    if (sw_kernel3(SYS_madvise, address, 4096, MADV_WIPEONFORK) != 0) {
        sw_kernel3(SYS_munmap, address, 4096, 0);
        return false;
    }
    struct sw_process *none = NULL;
    if (!__atomic_compare_exchange_n(&sw_process, &none, (struct sw_process *)address, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        sw_kernel3(SYS_munmap, address, 4096, 0);
    return true;
}

bool sw_process_start(void)
{
    if (sw_process_passive)
        return false;
    if (sw_process == NULL && !map_words()) {
        sw_process_passive = true;
        return false;
    }
    uint32_t state = NOT_STARTED;
    if (atomic_compare_exchange_strong(&sw_process->started, &state, STARTING)) {
        sw_clock_choose();
        if (!have_settings) {
            sw_settings_default(&sw_process_settings);
            have_settings = true;
        }
        sw_process->pid = sw_kernel_getpid();
        sw_process->started_monotonic_ns = sw_clock_monotonic_ns();
        state = has_sandboxed_itself() ? NOT_WATCHED : READY;
        atomic_store(&sw_process->started, state);
    }
    /* Another thread is at it: this one is watched from its next wait on. */
    return state == READY;
}

bool sw_process_is_ours(void)
{
    return !sw_process_passive && sw_process != NULL && sw_process->pid == sw_kernel_getpid();
}

void sw_process_let_go(void)
{
    /* No pid: nothing has been started in this process, or in this forked one. */
    bool started = sw_process != NULL && sw_process->pid != 0;
    if (started && !sw_process_is_ours())
        return; /* a child of vfork's */
    if (started)
        sw_process_leave();
    sw_process_passive = true;
}

bool sw_process_is_watched(void)
{
    const struct sw_process *process = sw_process;
    if (sw_process_passive)
        return false;
    return process == NULL || (atomic_load(&process->started) != NOT_WATCHED &&
                               atomic_load(&process->watchdog_state) != SW_WATCHDOG_CANNOT_RUN);
}
