/*
 * Where a thread's time went, as the kernel tells it: CPU time, run-queue delay, faults; and
 * whether it is inside a system call right now. Read from /proc/self/task/TID and the thread's CPU
 * clock. Watchdog thread.
 */
#ifndef SW_WATCH_ACCOUNT_H
#define SW_WATCH_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_reading {
    bool valid;
    bool runqueue_known; /* the kernel has schedstats (CONFIG_SCHED_INFO) */
    uint64_t ticks;
    uint64_t cpu_ns, runqueue_ns;
    uint64_t major_faults, minor_faults;
    char state;       /* as proc(5) has it: R, S, D, T (stopped), t (traced); 0: not known */
    uint64_t disk_ns; /* waited for block devices, where the kernel counts that; else 0 */
};

/* What /proc/self/task/TID/syscall says (proc(5)). */
struct sw_syscall_view {
    bool known;   /* could be read */
    bool running; /* on a CPU or about to be: not blocked in the kernel */
    long number;  /* -1: blocked, but in no system call (a page fault) */
    uint64_t argument[6];
    uint64_t sp, pc;
};

/* The thread's figures now. `valid` is false where its CPU clock cannot be read (it has ended). */
void sw_account_read(int tid, struct sw_reading *reading);
/* Its CPU time alone; 0 where that cannot be read. */
uint64_t sw_account_cpu_ns(int tid);
void sw_account_syscall(int tid, struct sw_syscall_view *view);
/* Does the thread run, or wait for nothing but a CPU? False where that is not known. */
bool sw_account_is_ready(int tid);
/* How long the thread has been ready without running, since it began; 0 where the kernel does not
 * tell. */
uint64_t sw_account_delay_ns(int tid);
/* The same of the calling thread, `tid`, by a file that stays open: a read costs a tenth of what
 * finding the file does. Opens it: a negative errno where that cannot be had, and -1 will do, the
 * file is found each time then. */
int sw_account_open_own_delay(void);
uint64_t sw_account_own_delay_ns(int fd, int tid);
/* May `signal` be sent to the thread? Not if it blocks it (it would stay pending, and end a later
 * ppoll), nor if the process does not catch it any more (past our wrappers: the default would
 * kill), nor under a tracer (a debugger stops at every signal); nor where that cannot be known. */
bool sw_account_may_signal(int tid, int signal);
/* Does `signal`, sent to the thread alone, wait to be delivered to it? True where that cannot be
 * known. */
bool sw_account_is_pending(int tid, int signal);
/* Is there such a thread in this process? */
bool sw_account_alive(int tid);
/* How many threads the process has, this one too; 0: not known. */
unsigned sw_account_threads(void);
/* The thread's name, ended by a NUL; empty where it has ended. */
void sw_account_name(int tid, char name[17]);
/* The same, but what `name` holds stays where the thread has ended. */
void sw_account_renew_name(int tid, char name[17]);
/* The same of any process (or thread of one); false: there is none. */
bool sw_account_process_name(int pid, char name[17]);
/* How long ago a process was made, rounded up to a hundredth of a second; UINT64_MAX: not known. */
uint64_t sw_account_process_age_ns(int pid);
/* The command line of a process, as far as it fits, with a space between arguments; empty: there is
 * none, or none that may be read. */
void sw_account_process_command(int pid, char *command, size_t size);
/* How often the thread has given up its CPU by itself, which each call that blocks does (proc(5),
 * voluntary_ctxt_switches). False: not known. */
bool sw_account_switches(int tid, uint64_t *switches);

#endif
