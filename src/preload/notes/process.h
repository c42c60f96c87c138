/*
 * The process as a whole: is it watched, which process is it, and the words that loop threads read
 * of the watchdog's.
 *
 * Lies in memory that is wiped in a forked child, so that the child starts clean.
 */
#ifndef SW_NOTES_PROCESS_H
#define SW_NOTES_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/settings.h"

/* What sw_process->watchdog_state is. */
enum { SW_WATCHDOG_NONE, SW_WATCHDOG_STARTING, SW_WATCHDOG_RUNNING, SW_WATCHDOG_CANNOT_RUN };

struct sw_process {
    int32_t pid;
    _Atomic uint32_t started;        /* 0 no, 1 being started, 2 ready, 3 not watched */
    _Atomic uint32_t watchdog_state; /* SW_WATCHDOG_... */
    _Atomic int32_t watchdog_tid;
    _Atomic uint32_t watchdog_is_bare; /* libc does not know of its thread */
    _Atomic uint32_t early;            /* the watchdog waits for a loop: see watch/early.h */
    _Atomic uint32_t end_awaited;      /* a thread ends the process when its last one has ended */
    _Atomic uint32_t watchdog_asleep;  /* it sleeps since all loops wait: who goes on wakes it */
    _Atomic uint32_t watchdog_wakes;   /* what it sleeps on (futex(2)): goes up with each wake */
    _Atomic uint32_t loops_found;
    _Atomic uint32_t parks_matter;    /* a loop has been seen that other threads may park for */
    _Atomic uint32_t parks_asked;     /* stacks of such threads that were copied, to be judged */
    _Atomic uint32_t stderr_gone;     /* the program has closed or replaced its standard error */
    _Atomic uint32_t exiting;         /* 1: the program is on its way out */
    _Atomic uint32_t letting_go;      /* 1: it goes on, unwatched: the watchdog is to end */
    _Atomic uint64_t exit_ticks;      /* when that began */
    _Atomic uint32_t fork_wanted;     /* a thread is about to fork: let go of libunwind */
    _Atomic uint32_t fork_unsafe;     /* the watchdog is inside libunwind or the loader */
    _Atomic uint64_t threshold_ticks; /* 0: not calibrated yet */
    _Atomic uint64_t counted;         /* stalls that count as failures */
    _Atomic uint32_t farewell_done;
    uint64_t started_monotonic_ns;
};

/* Settings as parsed when the library was loaded, or, where the environment has none, put in place
 * by sw_process_start. Read-only afterwards. */
extern struct sw_settings sw_process_settings;

/* The process's words; NULL before the first call of sw_process_start. */
extern struct sw_process *sw_process __attribute__((visibility("hidden")));

/* From the constructor: parses the settings, notes what standard error is. */
void sw_process_birth(char *const *environment);
/* Are the settings in place? */
bool sw_process_has_settings(void);
/* Device and inode of descriptor 2 when the library was loaded; false: it was closed. Any thread.
 */
bool sw_process_stderr(uint64_t *device, uint64_t *inode);
/* Set by the constructor under valgrind, which cannot run a task that shares the program's memory:
 * no helper is started there. */
extern bool sw_process_in_valgrind;
/* Where the program's own code is, as loaded; `high` 0: not known. */
struct sw_process_code {
    uint64_t low, high;
};
extern struct sw_process_code sw_process_code;
/* Is `address` in the program itself, and in no library? Any thread. */
static inline bool sw_process_is_program(uint64_t address)
{
    return address >= sw_process_code.low && address < sw_process_code.high;
}
/* Set when the program must not be watched: by the constructor (AT_SECURE, STALLWATCH_ONLY), and by
 * sw_process_let_go. No system call is made for such a process. */
extern bool sw_process_passive;

/* Starts the watchdog thread of this process if it has none; set by init.c, so that the notes need
 * not know who watches. Slow; any thread; keeps errno. */
extern void (*sw_process_watch)(void);
/* Gets the watchdog out of its sleep, if it is asleep: when a loop is found, the program exits, or
 * a poll loop is busy again after idling. One system call at most; any thread; keeps errno. */
extern void (*sw_process_wake)(void);

/* The process is about to exit: what is due is written before this returns, within a bounded time.
 * Any thread; keeps errno. */
extern void (*sw_process_finish)(void);
/* The same, and the watchdog has ended when this returns, and no thread notes anything. */
extern void (*sw_process_leave)(void);

/* The process is about to shut itself in: into a folder (chroot(2)), or, without `root`, with the
 * threads that it has (RLIMIT_NPROC of setrlimit(2)). The watchdog is made now where there is none,
 * and keeps the root that it has. Slow; any thread; changes errno. */
extern void (*sw_process_shut_in)(bool root);

/* Makes `sw_process` ready in this process (also in a forked child). True if it is watched. Slow,
 * at the first wait of a thread; keeps errno. */
bool sw_process_start(void);
/* The program is about to confine itself to some system calls (seccomp(2)): what is due is written,
 * and it is not watched from here on, nor are processes that it forks. Slow; any thread; keeps
 * errno. */
void sw_process_let_go(void);
/* Is this process watched, as far as can be said by now? Any thread; no system call. */
bool sw_process_is_watched(void);
/* Is the calling process the one that sw_process speaks of (not a child of vfork in its memory)?
 * False, without a system call, where it is let alone; else one. */
bool sw_process_is_ours(void);

#endif
