/*
 * See bare_thread.h. Its thread-local variables are zero, those of libc too: whatever libc keeps
 * for a thread (a cache of malloc's, an error of the loader's) is not to be shared with the maker.
 * Of glibc's struct pthread it has a copy of the head, where the C compiler's code looks for its
 * stack guard, with the word `multiple_threads` set, which asks for locks that hold between threads
 * (libunwind has some).
 */
#include "preload/libc/bare_thread.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "common/kernel.h"
#include "preload/libc/loader.h"
#include "preload/libc/sanitizer.h"
#include "preload/machine/machine.h"

#if defined(__x86_64__) && defined(__GLIBC__)

#define PAGE            4096
#define KERNEL_SET_SIZE 8
#define HEAD_SIZE       2048  /* of struct pthread */
#define MOST_VARIABLES  65536 /* bytes of thread-local variables below it */
/* glibc's tcbhead_t on x86-64, as its ABI has it: words of 8 bytes, and one of 4. */
#define WORD_OWN     0
#define WORD_SELF    2
#define INT_MULTIPLE 6
/* As nptl makes its own threads, but for what it wants to hear of their ends. */
#define FLAGS                                                                                      \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |            \
     CLONE_SETTLS)

/* Since glibc 2.32 a variable says it (single_threaded(3) of its manual); before that, and in some
 * versions after it, the maker's own head. */
bool sw_bare_thread_is_only(void)
{
    const char *single = sw_loader_symbol(RTLD_DEFAULT, "__libc_single_threaded");
    if (single != NULL)
        return *single != 0;
    return ((const int *)(uintptr_t)pthread_self())[INT_MULTIPLE] == 0;
}

bool sw_bare_thread_is_possible(void)
{
    /* Where the program unwinds by the same library, its locks have to hold against us. */
    static const char unwinder[] = "libunwind-" SW_MACHINE_NAME ".so.8";
    return !sw_sanitizer_is_there() && sw_loader_open(unwinder, RTLD_LAZY | RTLD_NOLOAD) == NULL;
}

/* Memory for a stack above a page that nobody may touch; 0: none. */
static uint64_t map_stack(size_t size)
{
    long low = sw_kernel6(SYS_mmap, 0, (long)size + PAGE, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (low < 0 && low > -PAGE)
        return 0;
    if (sw_kernel3(SYS_mprotect, low + PAGE, (long)size, PROT_READ | PROT_WRITE) == 0)
        return (uint64_t)low;
    sw_kernel3(SYS_munmap, low, (long)size + PAGE, 0);
    return 0;
}

static void unmap_stack(uint64_t low, size_t size)
{
    sw_kernel3(SYS_munmap, (long)low, (long)size + PAGE, 0);
}

static uint64_t block_signals(void)
{
    uint64_t all = ~UINT64_C(0), before = 0;
    sw_kernel6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before, KERNEL_SET_SIZE, 0, 0);
    return before;
}

static void restore_signals(uint64_t before)
{
    sw_kernel6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, KERNEL_SET_SIZE, 0, 0);
}

bool sw_bare_thread_call(void (*run)(void), size_t stack_size)
{
    uint64_t low = map_stack(stack_size);
    if (low == 0)
        return false;
    uint64_t before = block_signals();
    sw_machine_call_on((char *)(uintptr_t)(low + PAGE + stack_size), run);
    restore_signals(before);
    unmap_stack(low, stack_size);
    return true;
}

/* Makes thread-local storage; 0: it cannot be had. */
static uint64_t make_storage(uint64_t variable)
{
    uint64_t own = (uint64_t)(uintptr_t)pthread_self();
    uint64_t lowest = (uint64_t)(uintptr_t)&errno;
    lowest = variable < lowest ? variable : lowest;
    if (lowest > own || own - lowest > MOST_VARIABLES)
        return 0;
    /* Where it stands in a page is as aligned as the maker's. Below are our other variables. */
    uint64_t before = PAGE + lowest % PAGE + own - lowest;
    long memory = sw_kernel6(SYS_mmap, 0, (long)(before + HEAD_SIZE), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory < 0 && memory > -PAGE)
        return 0;
    uint64_t *head = (uint64_t *)(uintptr_t)((uint64_t)memory + before);
    memcpy(head, (const void *)(uintptr_t)own, HEAD_SIZE);
    head[WORD_OWN] = head[WORD_SELF] = (uint64_t)(uintptr_t)head;
    ((int *)head)[INT_MULTIPLE] = 1;
    return (uint64_t)(uintptr_t)head;
}

static void begin(void *run)
{
    ((void *(*)(void *))(uintptr_t)run)(NULL);
}

int sw_bare_thread_start(void *(*run)(void *), size_t stack_size, void *variable)
{
    uint64_t storage = make_storage((uint64_t)(uintptr_t)variable);
    uint64_t low = storage != 0 ? map_stack(stack_size) : 0;
    if (low == 0)
        return ENOMEM;
    uint64_t before = block_signals();
    long tid = sw_machine_clone(FLAGS, (char *)(uintptr_t)(low + PAGE + stack_size),
                                (void *)(uintptr_t)storage, begin, (void *)(uintptr_t)run);
    restore_signals(before);
    if (tid > 0)
        return 0;
    unmap_stack(low, stack_size);
    return (int)-tid;
}

#else

bool sw_bare_thread_is_only(void)
{
    return false;
}

bool sw_bare_thread_is_possible(void)
{
    return false;
}

bool sw_bare_thread_call(void (*run)(void), size_t stack_size)
{
    (void)run, (void)stack_size;
    return false;
}

int sw_bare_thread_start(void *(*run)(void *), size_t stack_size, void *variable)
{
    (void)run, (void)stack_size, (void)variable;
    return ENOSYS;
}

#endif
