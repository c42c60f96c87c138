/*
 * Questions to stallwatch-symbolize, from the library's side.
 *
 * Called by the watchdog, on its thread, when a stall is about to be reported. All questions of a
 * call go out at once and the answers come back in any order, each with the call's sequence number:
 * what comes after the deadline belongs to nobody and is dropped, by the helper (shared->wanted) or
 * here. Whatever goes wrong with the helper costs the lines of the reports, and is said once.
 */
#include "preload/report/helper.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "common/kernel.h"
#include "preload/report/helper_state.h"

#define REAP_STEP_NS 500000
#define REAP_STEPS   100 /* 50 ms */

void sw_helper_configure(const char *path)
{
    bool none = path == NULL || strcmp(path, "none") == 0;
    size_t length = none ? 0 : strlen(path);
    if (length >= sizeof(sw_helper.path))
        length = 0;
    if (length > 0)
        memcpy(sw_helper.path, path, length);
    sw_helper.path[length] = '\0';
}

const char *sw_helper_problem(void)
{
    static char said[sizeof(sw_helper.problem)];
    if (sw_helper.problem[0] == '\0')
        return NULL;
    memcpy(said, sw_helper.problem, sizeof(said));
    sw_helper.problem[0] = '\0';
    return said;
}

/* Without this, the program's end may leave the helper to whoever reaps orphans. */
static void wait_for_end(void)
{
    struct timespec step = {0, REAP_STEP_NS};
    for (unsigned i = 0; i < REAP_STEPS && !sw_helper_reap(&sw_helper.spawn); i++)
        sw_kernel3(SYS_nanosleep, (long)&step, 0, 0);
}

void sw_helper_farewell(void)
{
    if (sw_helper.phase == SW_HELPER_RUNNING) {
        __atomic_store_n(&sw_helper.shared->farewell, 1, __ATOMIC_RELEASE);
        sw_helper_unlink(NULL);
        wait_for_end();
    }
    sw_helper.phase = SW_HELPER_OVER;
}

void sw_helper_forget(void)
{
    sw_helper.phase = SW_HELPER_IDLE;
    sw_helper.shared = NULL; /* not mapped here: MADV_DONTFORK */
    sw_helper.spawn.task = 0;
    sw_helper.problem[0] = '\0';
    sw_helper.outputs_unsent = false;
    sw_helper.text_path[0] = '\0';
    sw_helper.json_path[0] = '\0';
}

int sw_helper_start(void)
{
    if (sw_helper.phase == SW_HELPER_RUNNING && sw_kernel3(SYS_getuid, 0, 0, 0) != sw_helper.user) {
        sw_helper_farewell(); /* it does nothing more for us (symbolize/serve.c) */
        sw_helper.phase = sw_helper.spawn.task == 0 ? SW_HELPER_IDLE : SW_HELPER_OVER;
        sw_helper.outputs_unsent = true;
    }
    if (sw_helper.phase == SW_HELPER_RUNNING)
        return 0;
    if (sw_helper.phase == SW_HELPER_OVER || sw_helper.path[0] == '\0') {
        sw_helper_reap(&sw_helper.spawn);
        return -ENOENT;
    }
    return sw_helper_link() == 0 ? 0 : -ENOENT;
}

static char *copy(struct sw_arena *arena, const char *string)
{
    return string[0] != '\0' ? sw_arena_copy(arena, string, strlen(string)) : NULL;
}

static void keep_answer(struct sw_helper_talk *talk, const struct sw_symbolize_answer *from)
{
    struct sw_helper_answer *to = &talk->answers[from->index];
    struct sw_helper_line *lines = NULL;
    talk->done++;
    if (from->count > 0 && to->count == 0)
        lines = sw_arena_alloc(talk->arena, from->count * sizeof(*lines));
    if (lines == NULL)
        return;
    for (uint32_t i = 0; i < from->count; i++) {
        lines[i].function = copy(talk->arena, from->lines[i].function);
        lines[i].file = copy(talk->arena, from->lines[i].file);
        lines[i].line = from->lines[i].line;
    }
    to->lines = lines;
    to->count = from->count;
}

/* Everything that the socket has now. */
static int receive(struct sw_helper_talk *talk)
{
    static struct sw_symbolize_answer answer;
    if (!sw_helper_link_is_ours(
            sw_helper.socket)) { /* what the program reads there is not for us to take */
        sw_helper_unlink(" is out of reach: the program closed its socket");
        return -EBADF;
    }
    for (;;) {
        long got = sw_kernel6(SYS_recvfrom, sw_helper.socket, (long)sw_helper.packet,
                              sizeof(sw_helper.packet), MSG_DONTWAIT, 0, 0);
        if (got == -EAGAIN || got == -EINTR)
            return 0;
        if (got <= 0) {
            sw_helper_unlink(" has ended");
            return -EPIPE;
        }
        if (sw_symbolize_decode_answer(sw_helper.packet, (size_t)got, &answer) == 0 &&
            answer.sequence == sw_helper.sequence && answer.index < talk->count)
            keep_answer(talk, &answer);
    }
}

/* As many of the questions as the socket takes now. */
static int send_some(struct sw_helper_talk *talk)
{
    while (talk->sent < talk->count) {
        const struct sw_helper_question *question = &talk->questions[talk->sent];
        long length = sw_symbolize_encode_question(
            sw_helper.packet, sizeof(sw_helper.packet), sw_helper.sequence, talk->sent,
            question->address, question->path, question->symbol, question->build_id);
        if (length < 0) {
            talk->done++; /* longer than names are: nothing is known of it */
        } else {
            int error = sw_helper_send((size_t)length, -1, 0);
            if (error != 0)
                return error == -EAGAIN ? 0 : error;
        }
        talk->sent++;
    }
    return 0;
}

int sw_helper_begin(struct sw_helper_talk *talk, unsigned timeout_ms)
{
    talk->sent = talk->done = 0;
    talk->deadline_ns = sw_helper_now_ns() + (uint64_t)timeout_ms * 1000000u;
    memset(talk->answers, 0, talk->count * sizeof(*talk->answers));
    if (sw_helper_start() != 0)
        return -ENOENT;
    if (++sw_helper.sequence == 0)
        sw_helper.sequence = 1; /* 0: nothing is wanted */
    __atomic_store_n(&sw_helper.shared->wanted, sw_helper.sequence, __ATOMIC_RELEASE);
    return 0;
}

int sw_helper_step(struct sw_helper_talk *talk)
{
    if (sw_helper.phase != SW_HELPER_RUNNING || send_some(talk) != 0 || receive(talk) != 0)
        return -ENOENT;
    if (talk->done < talk->count && sw_helper_now_ns() < talk->deadline_ns)
        return 1;
    __atomic_store_n(&sw_helper.shared->wanted, 0, __ATOMIC_RELEASE);
    return 0;
}

struct pollfd sw_helper_waits_for(const struct sw_helper_talk *talk)
{
    short events = talk->sent < talk->count ? POLLIN | POLLOUT : POLLIN;
    return (struct pollfd){.fd = sw_helper.socket, .events = events};
}

int sw_helper_ask(const struct sw_helper_question *questions, unsigned count,
                  struct sw_helper_answer *answers, struct sw_arena *arena, unsigned timeout_ms)
{
    struct sw_helper_talk talk = {
        .questions = questions, .answers = answers, .arena = arena, .count = count};
    int state = sw_helper_begin(&talk, timeout_ms);
    if (state != 0)
        return state;
    while ((state = sw_helper_step(&talk)) == 1) {
        uint64_t now = sw_helper_now_ns();
        if (now < talk.deadline_ns)
            sw_helper_wait(sw_helper_waits_for(&talk).events, talk.deadline_ns - now);
    }
    return state;
}
