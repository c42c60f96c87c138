/*
 * See snapshot.h. A thread inside a wrapped call cannot change its stack above the wrapper, so its
 * registers are those that the wrapper noted, and the stack is copied with process_vm_readv(2); the
 * sequence number, read before and after, tells whether it was still the same call.
 */
#include "preload/watch/samples/snapshot.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "common/kernel.h"
#include "preload/languages/languages.h"
#include "preload/notes/clock.h"
#include "preload/notes/quiet.h"
#include "preload/stack/memory.h"
#include "preload/watch/kernel/kernel_frames.h"

#define MOST_STACK (256 * 1024)
/* How long a running thread stands still for its language to be read: mostly a tenth of this. */
#define STILL_MOST_NS UINT64_C(400000)
/* So many samples without it are refused before one is taken as it is. */
#define MOST_MISSED 8

/* libunwind has locks, which a forked child must not inherit held. */
static void unwind(const struct sw_unwind_input *input, struct sw_unwind_stack *stack)
{
    sw_quiet_begin();
    sw_unwind_run(input, stack);
    sw_quiet_end();
}

/* The frames of a thread that stands still. */
static void capture_language(int tid, const struct sw_unwind_input *input, struct sw_sample *sample)
{
    if (!sw_languages_present())
        return;
    if (sw_languages_by_native())
        unwind(input, &sample->stack);
    sw_languages_capture(tid, input, &sample->stack, &sample->language);
}

/* The native stack, when what had to be read of the thread has been. 0, or -EBUSY: it has shown
 * that there is a language to be read, which another try will. */
static int finish(const struct sw_unwind_input *input, struct sw_sample *sample)
{
    if (sample->stack.count == 0)
        unwind(input, &sample->stack);
    if (sw_languages_recognise(&sample->stack))
        return -EBUSY;
    sw_languages_place(&sample->stack, &sample->language);
    sw_languages_label(input, &sample->language, sample->label, sizeof sample->label);
    return 0;
}

static unsigned char *copy_buffer(void)
{
    static unsigned char *buffer;
    if (buffer == NULL) {
        long address = sw_kernel6(SYS_mmap, 0, MOST_STACK, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (address < 0 && address > -4096)
            return NULL;
        buffer = (unsigned char *)address;
    }
    return buffer;
}

static void set_register(struct sw_unwind_input *input, unsigned reg, uint64_t value)
{
    input->reg[reg] = value;
    input->known |= SW_REG_BIT(reg);
}

static void registers_of_note(struct sw_unwind_input *input, const struct sw_noted_registers *noted)
{
    memset(input, 0, sizeof *input);
    input->known = sw_machine_of_note(noted, input->reg);
    input->exact = true;
}

static bool copy_stack(struct sw_unwind_input *input, uint64_t from)
{
    unsigned char *buffer = copy_buffer();
    if (buffer == NULL)
        return false;
    input->stack = buffer;
    input->stack_low = from;
    input->stack_size = sw_memory_copy(from, buffer, MOST_STACK);
    input->cut = input->stack_size == MOST_STACK;
    return input->stack_size > 0;
}

static int take_from_call(struct sw_thread *thread, uint32_t sequence, struct sw_sample *sample)
{
    struct sw_unwind_input input;
    struct sw_noted_registers registers = thread->note.registers;
    uint32_t id = thread->note.id;
    if (thread->note.is_wait)
        return -EBUSY;
    registers_of_note(&input, &registers);
    if (!copy_stack(&input, registers.sp))
        return -EFAULT;
    sw_kernel_frames(thread->tid, sample->kernel, sizeof sample->kernel);
    capture_language(thread->tid, &input, sample);
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load(&thread->sequence) != sequence)
        return -EBUSY;
    sample->sequence = sequence;
    sample->call_id = id;
    return finish(&input, sample);
}

/* In a system call that no wrapper noted: the stack pointer and the program counter are all that is
 * known. */
static int take_from_kernel(const struct sw_syscall_view *view, int tid, struct sw_sample *sample)
{
    struct sw_unwind_input input;
    memset(&input, 0, sizeof input);
    set_register(&input, SW_REG_SP, view->sp);
    set_register(&input, SW_REG_PC, view->pc);
    input.exact = true;
    if (!copy_stack(&input, view->sp))
        return -EFAULT;
    sw_kernel_frames(tid, sample->kernel, sizeof sample->kernel);
    capture_language(tid, &input, sample);
    struct sw_syscall_view after;
    sw_account_syscall(tid, &after);
    if (!after.known || after.running || after.sp != view->sp || after.pc != view->pc)
        return -EBUSY;
    return finish(&input, sample);
}

/* Reads the frames of the running thread that has just answered, and lets it go on. False: it had
 * gone on before, so that nothing holds together. */
static bool capture_running(int tid, const struct sw_unwind_input *input, struct sw_sample *sample)
{
    if (!sw_languages_present())
        return true;
    uint64_t began = sw_clock_ticks();
    capture_language(tid, input, sample);
    bool still = sw_sampler_let_go();
    sample->still_ns = sw_clock_ticks_to_ns(sw_clock_ticks() - began);
    /* By the native frames, which are copied, there is only a name to be lost. */
    if (!still && !sw_languages_by_native())
        sample->language.count = 0;
    return still && !sample->language.torn;
}

static int take_from_running(struct sw_thread *thread, struct sw_watch *watch,
                             struct sw_sample *sample)
{
    uint64_t sp = thread->loops[watch->loop].wait_sp;
    struct sw_stack_bounds *bounds = &watch->bounds;
    for (int try = 0; try < 2; try++) {
        if ((sp < bounds->low || sp >= bounds->high) && sw_stack_bounds_at(sp, bounds) != 0)
            return -EFAULT;
        struct sw_unwind_input input;
        int error = sw_sampler_take(thread, bounds, watch->busy_since, &input, &sample->ticks);
        if (error == 0 && !capture_running(thread->tid, &input, sample) &&
            watch->language_missed++ < MOST_MISSED)
            return -EBUSY;
        if (error == 0) {
            watch->language_missed = 0;
            error = finish(&input, sample);
        }
        if (error != -EFAULT)
            return error;
        /* It runs on another stack (a fiber's, a coroutine's): look there. */
        sp = input.reg[SW_REG_SP];
        sw_stack_bounds_forget(bounds);
    }
    return -EFAULT;
}

static void begin(struct sw_sample *sample)
{
    sw_memory_forget();
    sample->sequence = 0;
    sample->call_id = SW_CALL_COUNT;
    sample->ticks = 0;
    sample->kernel[0] = sample->label[0] = '\0';
    sample->stack.count = 0;
    sample->language.count = 0;
    sample->still_ns = 0;
    sw_sampler_stand_still(sw_languages_present() ? STILL_MOST_NS : 0);
}

int sw_snapshot_take(struct sw_thread *thread, struct sw_watch *watch,
                     const struct sw_syscall_view *view, struct sw_sample *sample)
{
    begin(sample);
    uint32_t sequence = atomic_load(&thread->sequence);
    if (sequence & 1)
        return take_from_call(thread, sequence, sample);
    if (!view->known || view->running)
        return take_from_running(thread, watch, sample);
    return take_from_kernel(view, thread->tid, sample);
}

static struct sw_thread *record_of(int tid)
{
    unsigned count = sw_thread_count();
    for (unsigned i = 0; i < count; i++) {
        struct sw_thread *thread = sw_thread_at(i);
        if (thread != NULL && thread->tid == tid)
            return thread;
    }
    return NULL;
}

/* Asks a running thread, on whatever stack it is. */
static int take_from_other(int tid, struct sw_thread *record, struct sw_stack_bounds *bounds,
                           struct sw_sample *sample)
{
    int error = -EFAULT;
    uint64_t began =
        record != NULL && record->outer != NULL ? atomic_load(&record->outer->busy_since) : 0;
    for (int try = 0; try < 2 && error == -EFAULT; try++) {
        struct sw_unwind_input input;
        error = record != NULL ? sw_sampler_take(record, bounds, began, &input, &sample->ticks)
                               : sw_sampler_take_other(tid, bounds, &input, &sample->ticks);
        if (error == 0) {
            bool still = capture_running(tid, &input, sample);
            error = finish(&input, sample);
            if (!still)
                sw_languages_capture_moving(tid, &sample->language);
        }
        uint64_t sp = input.reg[SW_REG_SP];
        if (error == -EFAULT && sw_stack_bounds_at(sp, bounds) != 0)
            return -EFAULT;
    }
    return error;
}

int sw_snapshot_take_other(int tid, bool quiet, struct sw_stack_bounds *bounds,
                           struct sw_sample *sample)
{
    begin(sample);
    struct sw_thread *record = record_of(tid);
    if (record != NULL) {
        uint32_t sequence = atomic_load(&record->sequence);
        if ((sequence & 1) && take_from_call(record, sequence, sample) == 0)
            return 0;
    }
    struct sw_syscall_view view;
    sw_account_syscall(tid, &view);
    if (!view.known)
        return -EPERM;
    if (!view.running)
        return take_from_kernel(&view, tid, sample);
    /* Only in an iteration does it answer before it enters a call. */
    if (record != NULL && __atomic_load_n(&record->in_iteration, __ATOMIC_RELAXED) == 0)
        record = NULL;
    return record != NULL || quiet ? take_from_other(tid, record, bounds, sample) : -EBUSY;
}

int sw_snapshot_take_blocked(int tid, struct sw_sample *sample)
{
    struct sw_syscall_view view;
    begin(sample);
    sw_account_syscall(tid, &view);
    if (!view.known)
        return -EPERM;
    return view.running ? -EBUSY : take_from_kernel(&view, tid, sample);
}

bool sw_snapshot_language_of_wait(struct sw_thread *thread, struct sw_language_stack *language)
{
    static struct sw_unwind_stack native;
    struct sw_unwind_input input;
    uint32_t sequence = atomic_load(&thread->sequence);
    struct sw_noted_registers registers = thread->note.registers;
    sw_memory_forget();
    native.count = 0;
    if (!(sequence & 1) || thread->note.is_wait != 1)
        return false;
    registers_of_note(&input, &registers);
    if (!copy_stack(&input, registers.sp))
        return false;
    if (sw_languages_by_native())
        unwind(&input, &native);
    sw_languages_capture(thread->tid, &input, &native, language);
    atomic_thread_fence(memory_order_acquire);
    return atomic_load(&thread->sequence) == sequence;
}

bool sw_snapshot_take_language(int tid, struct sw_sample *sample)
{
    begin(sample);
    sw_languages_capture_moving(tid, &sample->language);
    return sample->language.count > 0;
}

void sw_snapshot_unwind_base(const struct sw_base_stack *base, struct sw_unwind_stack *stack)
{
    struct sw_unwind_input input;
    sw_memory_forget();
    registers_of_note(&input, &base->registers);
    input.stack = base->bytes;
    input.stack_low = base->registers.sp;
    input.stack_size = base->size;
    input.cut = base->size == sizeof base->bytes;
    unwind(&input, stack);
    sw_languages_recognise(stack);
}
