/* See nested.h. */
#include "preload/watch/whose/nested.h"

#include <string.h>

#include "common/kernel.h"
#include "common/text.h"
#include "preload/notes/loop.h"
#include "preload/notes/wait_target.h"
#include "preload/watch/kept/say_loops.h"

/* Two waits in one function have the same stack pointer but for what their wrappers and arguments
 * take. */
#define SAME_DEPTH_BYTES 256

/* Is `inner` registered with the epoll `outer`? /proc/self/fdinfo has a line "tfd: N" for each
 * (proc(5)). */
static bool epoll_holds(int outer, int inner)
{
    char path[64];
    struct sw_text text;
    sw_text_init(&text, path, sizeof path);
    sw_text_string(&text, "/proc/self/fdinfo/");
    sw_text_unsigned(&text, (uint64_t)outer);
    char wanted[32];
    sw_text_init(&text, wanted, sizeof wanted);
    sw_text_unsigned(&text, (uint64_t)inner);
    sw_text_char(&text, ' ');
    static char lines[65536];
    if (sw_kernel_slurp(path, lines, sizeof lines) <= 0)
        return false;
    for (char *at = strstr(lines, "tfd:"); at != NULL; at = strstr(at + 4, "tfd:")) {
        const char *digits = at + 4 + strspn(at + 4, " ");
        if (strncmp(digits, wanted, strlen(wanted)) == 0)
            return true;
    }
    return false;
}

/* The other loop of this thread that it waits on now, inside the iteration of `outer`. */
static struct sw_loop *waited_on(struct sw_thread *thread, const struct sw_loop *outer)
{
    if (!(atomic_load(&thread->sequence) & 1) || thread->note.is_wait)
        return NULL;
    uint32_t id = thread->note.id;
    if (id >= SW_CALL_COUNT || sw_call_info(id)->class != SW_CLASS_WAIT)
        return NULL;
    bool set =
        id == SW_CALL_poll || id == SW_CALL_ppoll || id == SW_CALL_select || id == SW_CALL_pselect;
    uint64_t sp = thread->wait_cfa;
    int fd = (int)thread->note.argument[0];
    for (unsigned i = 0; i < SW_LOOPS_PER_THREAD; i++) {
        struct sw_loop *loop = &thread->loops[i];
        uint32_t state = atomic_load(&loop->state);
        if (loop == outer || (state != SW_LOOP_CANDIDATE && state != SW_LOOP_OWNED))
            continue;
        if (sw_wait_is_set(loop->kind) == set && (set ? loop->wait_sp == sp : loop->fd == fd))
            return loop;
    }
    return NULL;
}

/* A lone descriptor that is polled now and then, as a database's socket is in callbacks: no loop,
 * however often, until its descriptor has turned out to be none of a client's. */
static bool is_mere_candidate(const struct sw_loop *loop)
{
    return sw_wait_is_set(loop->kind) && !loop->many && atomic_load(&loop->state) != SW_LOOP_OWNED;
}

enum sw_nested sw_nested_judge(struct sw_thread *thread, struct sw_loop *outer)
{
    struct sw_loop *inner = waited_on(thread, outer);
    if (inner == NULL || is_mere_candidate(inner))
        return SW_NESTED_CALL;
    uint64_t difference = inner->wait_sp > outer->wait_sp ? inner->wait_sp - outer->wait_sp
                                                          : outer->wait_sp - inner->wait_sp;
    bool same_depth = difference <= SAME_DEPTH_BYTES;
    bool found = atomic_load(&inner->state) == SW_LOOP_OWNED;
    bool alternates = found && inner->born_iteration < atomic_load(&outer->iteration);
    bool inside = inner->kind == SW_WAIT_EPOLL && outer->kind == SW_WAIT_EPOLL &&
                  (epoll_holds(outer->fd, inner->fd) || epoll_holds(inner->fd, outer->fd));
    if (inside || (same_depth && alternates)) {
        uint32_t group = (uint32_t)(outer - thread->loops) + 1 + SW_GROUP_BY_STACK;
        atomic_store(&outer->group, group);
        atomic_store(&inner->group, group);
        atomic_store(&thread->attention, SW_ATTENTION_LOOP);
        sw_say_turns(thread, outer, inner);
        return SW_NESTED_TURNS;
    }
    bool shallower = inner->wait_sp + SAME_DEPTH_BYTES >= outer->wait_sp;
    /* What has waited only once gives way to whatever waits after it: libuv enters a ring to change
     * its epoll's set, and then waits for that, for ever in a thread that has nothing to do. */
    bool once = atomic_load(&outer->state) == SW_LOOP_CANDIDATE;
    if (!shallower || (!found && !once))
        return SW_NESTED_CALL;
    outer->left_for = inner->id;
    return SW_NESTED_LEFT;
}
