/*
 * See annotate.h.
 *
 * A wait that the program says is not noted as a call that the thread is in: what the program does
 * in it are calls of its own, from anywhere in the stack. So it is only that no iteration is in
 * progress, and that nothing is noted, until its end. A stretch that may block is much the same,
 * and the iteration's beginning is moved by its length when it is over.
 */
#include "preload/notes/annotate.h"

#include <string.h>

#include "preload/notes/loop.h"

static bool is_live(const struct sw_loop *loop)
{
    uint32_t state = atomic_load_explicit(&loop->state, memory_order_acquire);
    return state == SW_LOOP_CANDIDATE || state == SW_LOOP_OWNED;
}

static void give_up_wait(struct sw_thread *thread)
{
    struct sw_annotations *own = &thread->annotations;
    own->waiting = 0;
    if (own->wait_loop == NULL)
        thread->in_iteration = own->wait_in_iteration;
    else
        sw_call_stop_noting(thread);
    if (own->wait_loop != NULL)
        thread->outer = NULL;
}

void sw_annotate_wait_begin(struct sw_thread *thread, uint64_t key)
{
    struct sw_annotations *own = &thread->annotations;
    if (own->waiting && own->wait_key == key)
        return;
    if (own->waiting)
        give_up_wait(thread);
    struct sw_wait_target target = sw_wait_target_custom(SW_CALL_stallwatch_loop_wait, key, -1);
    bool call = false;
    struct sw_loop *loop = sw_loop_decide(thread, &target, &call);
    uint64_t now = sw_clock_ticks();
    own->wait_key = key;
    own->wait_loop = loop;
    own->wait_entered = now;
    own->wait_in_iteration = thread->in_iteration;
    own->wait_is_call = call;
    own->waiting = 1;
    sw_call_stop_noting(thread);
    if (loop == NULL)
        return;
    sw_loop_end_iteration(thread, loop, now);
    loop->wait_timeout_ns = -1;
    thread->note.entered = now;
}

void sw_annotate_wait_end(struct sw_thread *thread, uint64_t key)
{
    struct sw_annotations *own = &thread->annotations;
    struct sw_loop *loop = own->wait_loop;
    if (!own->waiting || own->wait_key != key)
        return;
    uint64_t now = sw_clock_ticks();
    own->waiting = 0;
    thread->in_iteration = own->wait_in_iteration;
    if (loop == NULL) {
        if (!own->wait_is_call)
            return;
        memset(thread->note.argument, 0, sizeof thread->note.argument);
        thread->note.id = SW_CALL_stallwatch_loop_wait;
        thread->note.is_wait = 0;
        thread->note.entered = own->wait_entered;
        sw_call_account(thread, SW_CALL_stallwatch_loop_wait, now - own->wait_entered, false);
        return;
    }
    if (!is_live(loop) || thread->outer != loop)
        return;
    sw_loop_begin_iteration(thread, loop, own->wait_entered, now, 0);
}

static void copy_text(char *to, size_t size, const char *text)
{
    size_t length = text != NULL ? strnlen(text, size - 1) : 0;
    memcpy(to, text != NULL ? text : "", length);
    to[length] = '\0';
}

void sw_annotate_allow_begin(struct sw_thread *thread, const char *why)
{
    struct sw_annotations *own = &thread->annotations;
    uint32_t depth = atomic_load_explicit(&own->allow_depth, memory_order_relaxed);
    /* Before anything else, so that the watchdog does not take what follows for idling. */
    atomic_store_explicit(&own->allow_depth, depth + 1, memory_order_release);
    if (depth > 0)
        return;
    struct sw_loop *loop = thread->outer;
    own->allow_began = sw_clock_ticks();
    own->allow_loop = loop;
    own->allow_in_iteration = thread->in_iteration;
    own->allow_since = 0;
    sw_call_stop_noting(thread);
    copy_text(own->why, sizeof own->why, why);
    atomic_fetch_add_explicit(&own->why_count, 1, memory_order_release);
    if (loop == NULL)
        return;
    own->allow_iteration = atomic_load_explicit(&loop->iteration, memory_order_relaxed);
    own->allow_since = atomic_exchange(&loop->busy_since, 0);
}

void sw_annotate_allow_end(struct sw_thread *thread)
{
    struct sw_annotations *own = &thread->annotations;
    uint32_t depth = atomic_load_explicit(&own->allow_depth, memory_order_relaxed);
    if (depth == 0)
        return;
    struct sw_loop *loop = thread->outer;
    uint64_t now = sw_clock_ticks();
    if (depth == 1 && loop != NULL && loop == own->allow_loop &&
        atomic_load_explicit(&loop->iteration, memory_order_relaxed) == own->allow_iteration) {
        uint64_t allowed = now - own->allow_began;
        if (own->allow_since != 0) {
            loop->began += loop->began != 0 ? allowed : 0;
            atomic_store(&loop->busy_since, own->allow_since + allowed);
        }
        thread->in_iteration = own->allow_in_iteration;
    } else if (depth == 1 && loop != NULL && atomic_load(&loop->busy_since) != 0) {
        /* The loop has turned inside: what is left of its iteration begins here. */
        loop->began = now;
        atomic_store(&loop->busy_since, now);
        thread->in_iteration = 1;
    }
    atomic_store_explicit(&own->allow_depth, depth - 1, memory_order_release);
}

/* How long the label has been in force in this iteration; 0: it is not. */
static uint64_t label_held(const struct sw_thread *thread, uint64_t now)
{
    const struct sw_label *label = &thread->annotations.label;
    bool valid = label->stamp == thread->stamp && label->text[0] != '\0' && now > label->ticks;
    return valid ? now - label->ticks : 0;
}

static uint64_t longest_held(const struct sw_thread *thread)
{
    const struct sw_label *longest = &thread->annotations.longest;
    return longest->stamp == thread->stamp ? longest->ticks : 0;
}

void sw_annotate_label(struct sw_thread *thread, const char *text)
{
    struct sw_annotations *own = &thread->annotations;
    uint64_t now = sw_clock_ticks(), held = label_held(thread, now);
    atomic_fetch_add(&own->label_version, 1);
    if (held > 0 && held > longest_held(thread)) {
        own->longest = own->label;
        own->longest.ticks = held;
    }
    copy_text(own->label.text, sizeof own->label.text, text);
    own->label.ticks = now;
    own->label.stamp = thread->stamp;
    atomic_fetch_add(&own->label_version, 1);
}

bool sw_annotate_label_at(const struct sw_thread *thread, uint64_t now, char to[SW_LABEL_TEXT])
{
    const struct sw_annotations *own = &thread->annotations;
    uint32_t version = atomic_load(&own->label_version);
    uint64_t held = label_held(thread, now), longest = longest_held(thread);
    const char *text = held == 0 && longest == 0 ? ""
                       : held > longest          ? own->label.text
                                                 : own->longest.text;
    memcpy(to, text, text[0] != '\0' ? SW_LABEL_TEXT : 1);
    to[SW_LABEL_TEXT - 1] = '\0';
    return (version & 1) == 0 && atomic_load(&own->label_version) == version;
}
