/*
 * Loops made of poll(2) and select(2): which of a thread's waits belong together.
 *
 * Plain synchronous code polls too, from one call site again and again, so what makes a loop is
 * three waits that share a descriptor which stayed open in between. The core is what all waits so
 * far have shared; closes take descriptors out of it. A lone connected socket (a client waiting for
 * its answer) is never a loop by itself. Once found, a loop is known by any descriptor of its core,
 * or, where a busy loop leaves those out for a while, by waiting from the very same stack depth.
 *
 * Loop thread; linear in the size of the set, and one comparison where core[0] stands where it
 * stood.
 */
#include "preload/notes/loop.h"

#include <sys/socket.h>

#include "common/kernel.h"

#define NEAR_STACK_BYTES 65536

static int32_t core_at(const struct sw_loop *loop, unsigned index)
{
    return atomic_load_explicit(&loop->core[index], memory_order_relaxed);
}

/* Does the set share a descriptor with the core? The one found is moved to the front. */
static bool shares_core(struct sw_loop *loop, const struct sw_wait_target *target)
{
    int32_t first = core_at(loop, 0);
    if (first >= 0 && sw_wait_set_at(target, loop->core_place) == first)
        return true;
    for (unsigned i = 0; i < loop->core_count; i++) {
        int32_t fd = core_at(loop, i);
        int64_t place = fd >= 0 ? sw_wait_set_place(target, fd) : -1;
        if (place < 0)
            continue;
        atomic_store(&loop->core[i], first);
        atomic_store(&loop->core[0], fd);
        loop->core_place = (uint32_t)place;
        return true;
    }
    return false;
}

/* Leaves in the core what the set has too. */
static void narrow_core(struct sw_loop *loop, const struct sw_wait_target *target)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < loop->core_count; i++) {
        int32_t fd = core_at(loop, i);
        if (fd >= 0 && sw_wait_set_place(target, fd) >= 0)
            atomic_store(&loop->core[kept++], fd);
    }
    loop->core_count = kept;
    loop->core_place = kept > 0 ? (uint32_t)sw_wait_set_place(target, core_at(loop, 0)) : 0;
}

static void seed_core(struct sw_loop *loop, const struct sw_wait_target *target)
{
    unsigned count = 0;
    for (uint64_t i = 0; i < target->places && count < SW_POLL_CORE; i++) {
        int32_t fd = sw_wait_set_at(target, i);
        if (fd < 0)
            continue;
        SW_CLOSES_MATTER(fd) = 1;
        atomic_store(&loop->core[count++], fd);
    }
    loop->core_count = count;
    loop->core_place = count > 0 ? (uint32_t)sw_wait_set_place(target, core_at(loop, 0)) : 0;
}

/* Libraries ask for a descriptor by itself, without waiting, in between (libcurl does for each of
 * its sockets, libzmq for an eventfd): that the others are left out then says nothing. */
bool sw_poll_loop_is_probe(const struct sw_wait_target *target)
{
    int32_t first;
    return target->timeout_ns == 0 && sw_wait_set_count(target, &first) == 1;
}

static bool matches(struct sw_thread *thread, struct sw_loop *loop,
                    const struct sw_wait_target *target)
{
    uint32_t state = atomic_load_explicit(&loop->state, memory_order_acquire);
    if (!sw_wait_is_set(loop->kind) || (state != SW_LOOP_CANDIDATE && state != SW_LOOP_OWNED))
        return false;
    if (shares_core(loop, target)) {
        if (state == SW_LOOP_CANDIDATE && !(loop->many && sw_poll_loop_is_probe(target)))
            narrow_core(loop, target);
        return true;
    }
    if (state == SW_LOOP_OWNED && loop == thread->outer && loop->wait_sp == thread->wait_cfa) {
        if (!(loop->many && sw_poll_loop_is_probe(target)))
            seed_core(loop, target);
        return true;
    }
    return false;
}

/* However often a library asks so, it makes no loop; a program's own loop may do no more than that.
 */
static bool is_probe_of_library(const struct sw_thread *thread, const struct sw_wait_target *target)
{
    return sw_poll_loop_is_probe(target) && !sw_process_is_program(thread->wait_caller);
}

/* Asked in an iteration of an epoll loop, be it the first, by whomever: that is a look, and no loop
 * beside it. Only a program that turns its loop by both asks for the epoll descriptor itself. */
static bool is_probe_inside(const struct sw_thread *thread, const struct sw_wait_target *target)
{
    const struct sw_loop *outer = thread->outer;
    return outer != NULL && outer->fd >= 0 && !sw_wait_is_set(outer->kind) &&
           thread->in_iteration && sw_poll_loop_is_probe(target) &&
           sw_wait_set_place(target, outer->fd) < 0;
}

struct sw_loop *sw_poll_loop_match(struct sw_thread *thread, const struct sw_wait_target *target)
{
    struct sw_loop *found = NULL;
    if (is_probe_inside(thread, target))
        return NULL;
    if (thread->outer != NULL && matches(thread, thread->outer, target))
        found = thread->outer;
    for (unsigned i = 0; i < thread->loops_used && found == NULL; i++)
        if (matches(thread, &thread->loops[i], target))
            found = &thread->loops[i];
    if (found == NULL) {
        if (is_probe_of_library(thread, target))
            return NULL;
        found = sw_loop_place(thread);
        if (found == NULL)
            return NULL;
        seed_core(found, target);
        if (found->core_count == 0)
            return NULL;
        found->kind = target->kind;
        atomic_store_explicit(&found->state, SW_LOOP_CANDIDATE, memory_order_release);
    }
    int32_t first;
    if (!found->many && sw_wait_set_count(target, &first) > 1)
        found->many = 1;
    bool candidate = atomic_load(&found->state) == SW_LOOP_CANDIDATE;
    bool says_nothing =
        found->many ? sw_poll_loop_is_probe(target) : is_probe_of_library(thread, target);
    return candidate && says_nothing ? NULL : found;
}

bool sw_poll_loop_is_aside(const struct sw_thread *thread, const struct sw_loop *loop,
                           const struct sw_wait_target *target)
{
    int32_t first;
    return loop == thread->outer && loop->many && loop->wait_sp != thread->wait_cfa &&
           loop->wait_caller != thread->wait_caller &&
           atomic_load_explicit(&loop->state, memory_order_relaxed) == SW_LOOP_OWNED &&
           atomic_load_explicit(&loop->aside_turn, memory_order_relaxed) != thread->wait_caller &&
           sw_wait_set_count(target, &first) == 1;
}

bool sw_poll_loop_convincing(const struct sw_thread *thread, struct sw_loop *loop,
                             const struct sw_wait_target *target)
{
    if (loop->many)
        return true;
    int32_t listens = 0, length = sizeof listens;
    sw_kernel6(SYS_getsockopt, core_at(loop, 0), SOL_SOCKET, SO_ACCEPTCONN, (long)&listens,
               (long)&length, 0);
    /* A call with a timeout has its one pollfd on the stack; who keeps a set keeps it longer. (A
     * fd_set is on the stack of everyone: of select nothing can be told that way.) */
    uint64_t above = (uint64_t)(uintptr_t)target->fds - thread->note.registers.sp;
    loop->listens = listens != 0 && (target->kind == SW_WAIT_SELECT || above > NEAR_STACK_BYTES);
    struct sockaddr_storage peer;
    int32_t size = sizeof peer;
    return sw_kernel3(SYS_getpeername, core_at(loop, 0), (long)&peer, (long)&size) != 0;
}
