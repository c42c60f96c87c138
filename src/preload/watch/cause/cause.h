/*
 * Why an iteration was long, from figures alone. Pure; unit-tested.
 *
 * Wall time decided that it stalled; here it is divided up. A cause is named if it explains 60% of
 * the stall or more; else `mixed`; `unknown` if less than half was accounted for and nothing
 * explains it, or if most of it was spent blocked in what nobody saw. Where the stall would not
 * have been one without the time that the thread was ready and did not get a CPU, that is the
 * cause, if nothing else is named or it was a quarter of the stall: a busy machine makes no
 * failures out of a clean program.
 */
#ifndef SW_WATCH_CAUSE_H
#define SW_WATCH_CAUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/settings.h"

struct sw_cause_input {
    uint64_t duration_ns;
    uint64_t threshold_ns;
    uint64_t blocking_ns;  /* in wrapped blocking calls, or seen in blocking system calls */
    uint64_t waiting_ns;   /* in waits on something that is not the loop */
    uint64_t lock_ns;      /* in futexes */
    uint64_t gil_ns;       /* while other threads had Python's lock */
    uint64_t cpu_ns;       /* on a CPU, of the accounted part */
    uint64_t runqueue_ns;  /* ready and not running, of the accounted part */
    uint64_t unserved_ns;  /* in calls that waited for nothing but another thread's CPU */
    uint64_t accounted_ns; /* the part that was watched */
    uint64_t stopped_ns;   /* all of the process stood still */
    uint64_t paging_ns;    /* waiting for memory to be read in, outside of calls */
    uint64_t stolen_ns;    /* of the accounted part: a hypervisor ran others */
    uint64_t late_ns; /* of the rest: time that the watchdog itself did not get, or run-queue delay
                         read afterwards */
};

struct sw_cause_verdict {
    enum sw_cause cause;
    uint64_t explained_ns; /* how much of the stall it explains */
};

/* What paging is told by, of the accounted part. */
struct sw_cause_paging {
    uint64_t unexplained_ns; /* blocked, in no call that is known */
    uint64_t major_faults;
    uint64_t disk_ns; /* waited for block devices; 0 where the kernel does not count */
    unsigned looks, looks_at_fault; /* at the thread outside of calls; that found it in a fault */
};

/*
 * How much of the unexplained time was paging. The kernel counts major faults, not how long they
 * took; and who waits for a page that is being read ahead has no major fault at all. So it is all
 * of it where half of the looks found the thread standing in a fault (twice at least, without a
 * major one); else as much as the major faults may have taken, 20 ms each: one that loads a page of
 * code makes no stall of 300 ms.
 */
uint64_t sw_cause_paging(const struct sw_cause_paging *figures);

/* What the time that nobody watched is judged by. */
struct sw_cause_unwatched {
    uint64_t duration_ns;
    uint64_t explained_ns; /* of all of it: in calls, whose times are known exactly, and on a CPU */
    uint64_t lock_ns;      /* ... and in futexes */
    uint64_t asked_ns;     /* of those calls: what sleeps had asked for */
    bool seen;             /* the watchdog has looked at it at all */
    uint64_t lateness_ns;  /* the watchdog itself did not get a CPU */
    bool delay_known;
    uint64_t delay_ns; /* the thread was ready and had none, or that was before the stall */
};

/*
 * How much of it may have been starvation. The thread's own delay may be older than the stall:
 * doubt is for the program, but not of sleeps that took as long as they were to. That the watchdog
 * got no CPU says the same of the thread only for time that nothing else explains: one that slept
 * in a call did not wait for one. Who waits for another thread may be parked, or have left his
 * loop, which only a stack tells: unseen, it is no explanation.
 */
uint64_t sw_cause_unwatched(const struct sw_cause_unwatched *figures);

/* The cause that the figures make, by the order and the shares that the head tells. */
struct sw_cause_verdict sw_cause_decide(const struct sw_cause_input *input);

#endif
