/*
 * See unserved.h. Up to glibc 2.40 a condition that is signalled waits for those that were woken
 * before to have left their wait (__condvar_quiesce_and_switch_g1), and for whoever else is in the
 * few instructions that change it. Both hold it for no longer than they need to run.
 */
#include "preload/watch/calls/unserved.h"

#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>

#include "common/kernel.h"
#include "preload/stack/modules.h"
#include "preload/stack/symbols.h"
#include "preload/watch/kernel/numbers.h"

#define MOST_THREADS 256 /* that are asked at one look: some microseconds each */

/* Of a condition that processes share, the other one may have been killed meanwhile. */
static bool is_private_futex(const struct sw_syscall_view *view)
{
    int operation = (int)view->argument[1];
    int command = operation & FUTEX_CMD_MASK;
    return view->number == SYS_futex && (operation & FUTEX_PRIVATE_FLAG) != 0 &&
           (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET);
}

/* The functions that signal make their system calls themselves, with no frame in between. */
static bool signals_condition(uint64_t pc)
{
    const struct sw_module *module = sw_modules_find(pc);
    if (module == NULL ||
        (strncmp(module->name, "libc.so", 7) != 0 && strncmp(module->name, "libpthread", 10) != 0))
        return false;
    const char *name = sw_symbols_name_at(pc - 1); /* it may be the function's end */
    return name != NULL && (strcmp(name, "pthread_cond_signal") == 0 ||
                            strcmp(name, "pthread_cond_broadcast") == 0);
}

static bool another_is_ready(int tid)
{
    struct sw_numbers tasks;
    int self = sw_kernel_gettid(), other;
    bool ready = false;
    if (!sw_numbers_open(&tasks, "/proc/self/task"))
        return false;
    for (unsigned asked = 0; !ready && asked < MOST_THREADS; asked++) {
        if ((other = sw_numbers_next(&tasks)) < 0)
            break;
        ready = other != tid && other != self && sw_account_is_ready(other);
    }
    sw_numbers_close(&tasks);
    return ready;
}

bool sw_unserved_wait(int tid, const struct sw_syscall_view *view)
{
    return view->known && !view->running && is_private_futex(view) && signals_condition(view->pc) &&
           another_is_ready(tid);
}
