/* See say_loops.h. */
#include "preload/watch/kept/say_loops.h"

#include <string.h>

#include "common/linked_path.h"
#include "common/text.h"
#include "preload/notes/process.h"
#include "preload/notes/wait_target.h"
#include "preload/watch/kept/say.h"
#include "preload/watch/kernel/account.h"

static void add_thread(struct sw_text *text, const struct sw_thread *thread,
                       const struct sw_loop *loop)
{
    char name[17];
    memcpy(name, loop->thread_name, sizeof name);
    sw_account_renew_name(thread->tid, name);
    sw_text_string(text, "thread ");
    sw_text_unsigned(text, (uint64_t)thread->tid);
    sw_text_string(text, " \"");
    sw_text_escaped(text, name, strlen(name), sizeof name);
    sw_text_char(text, '"');
}

static void add_wait(struct sw_text *text, const struct sw_loop *loop)
{
    sw_text_string(text, sw_call_info(loop->wait_id)->name);
    if (loop->fd >= 0) {
        sw_text_string(text, " on fd ");
        sw_text_signed(text, loop->fd);
    }
}

/* "loop 3 WHAT: thread 4711 "name", epoll_wait on fd 4" */
static void add_loop(struct sw_text *text, const struct sw_thread *thread,
                     const struct sw_loop *loop, const char *what)
{
    sw_text_string(text, "loop ");
    sw_text_unsigned(text, loop->id);
    sw_text_string(text, what);
    add_thread(text, thread, loop);
    sw_text_string(text, ", ");
    add_wait(text, loop);
}

/* Another thread that has the loop's descriptor for a loop; NULL: none. */
static struct sw_thread *also_waits(const struct sw_thread *self, const struct sw_loop *loop,
                                    uint32_t *id)
{
    for (unsigned i = 0; loop->fd >= 0 && i < sw_thread_count(); i++) {
        struct sw_thread *thread = sw_thread_at(i);
        if (thread == NULL || thread == self || thread->tid == 0)
            continue;
        for (unsigned j = 0; j < SW_LOOPS_PER_THREAD; j++) {
            const struct sw_loop *other = &thread->loops[j];
            if (other->fd != loop->fd || atomic_load(&other->state) != SW_LOOP_OWNED)
                continue;
            *id = other->id;
            return thread;
        }
    }
    return NULL;
}

void sw_say_loop_found(const struct sw_thread *thread, const struct sw_loop *loop)
{
    char message[SW_SAY_MOST];
    struct sw_text text;
    uint32_t id = 0;
    if (!sw_process_settings.verbose)
        return;
    sw_text_init(&text, message, sizeof message);
    add_loop(&text, thread, loop, " found: ");
    const struct sw_thread *other = also_waits(thread, loop, &id);
    if (loop->kind == SW_WAIT_PARKED)
        sw_text_string(&text, ", for which it has parked");
    if (other != NULL) {
        sw_text_string(&text, ", as loop ");
        sw_text_unsigned(&text, id);
        sw_text_string(&text, " of thread ");
        sw_text_unsigned(&text, (uint64_t)other->tid);
    }
    sw_say(message, false);
}

void sw_say_loop_over(const struct sw_thread *thread, const struct sw_loop *loop,
                      enum sw_loop_end why)
{
    char message[SW_SAY_MOST];
    struct sw_text text;
    /* A mere candidate was never said to be found. */
    if (!sw_process_settings.verbose || loop->id == 0)
        return;
    sw_text_init(&text, message, sizeof message);
    add_loop(&text, thread, loop, why == SW_LOOP_END_CLOSED ? " closed: " : " left: ");
    if (why == SW_LOOP_END_THREAD)
        sw_text_string(&text, "; the thread has ended");
    if (why == SW_LOOP_END_LEFT && loop->left_for == 0)
        sw_text_string(&text, "; the function that waited has returned");
    if (why == SW_LOOP_END_LEFT && loop->left_for != 0) {
        sw_text_string(&text, "; taken over by loop ");
        sw_text_unsigned(&text, loop->left_for);
    }
    sw_say(message, false);
}

void sw_say_turns(const struct sw_thread *thread, const struct sw_loop *one,
                  const struct sw_loop *other)
{
    char message[SW_SAY_MOST];
    struct sw_text text;
    sw_text_init(&text, message, sizeof message);
    add_thread(&text, thread, one);
    sw_text_string(&text, " takes turns at ");
    add_wait(&text, one);
    sw_text_string(&text, " and ");
    add_wait(&text, other);
    sw_text_string(&text, ": one loop");
    sw_say(message, false);
}

void sw_say_no_loop(const struct sw_thread *thread, const struct sw_loop *loop)
{
    char message[SW_SAY_MOST];
    struct sw_text text;
    sw_text_init(&text, message, sizeof message);
    sw_text_string(&text, "no loop: ");
    add_thread(&text, thread, loop);
    sw_text_string(&text, ", ");
    add_wait(&text, loop);
    int32_t fd = atomic_load(&loop->core[0]);
    if (fd >= 0) {
        sw_text_string(&text, " on fd ");
        sw_text_signed(&text, fd);
    }
    sw_text_string(&text, " alone, a connected socket, as clients wait for answers");
    sw_say(message, false);
}

void sw_say_parks(const struct sw_thread *thread, const struct sw_loop *loop, const char *linked)
{
    char message[SW_SAY_MOST], buffer[300];
    struct sw_text text, path;
    sw_text_init(&text, message, sizeof message);
    sw_text_init(&path, buffer, sizeof buffer);
    sw_linked_path(&path, linked != NULL ? linked : "?");
    add_thread(&text, thread, loop);
    sw_text_string(&text, " parks in ");
    sw_text_escaped(&text, path.data, path.length, sizeof buffer);
    sw_text_string(&text, ": time there is no part of a stall");
    sw_say(message, false);
}
