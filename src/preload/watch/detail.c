/* See detail.h. */
#include "preload/watch/detail.h"

#include <string.h>
#include <time.h>

#include "common/kernel.h"
#include "preload/notes/clock.h"
#include "preload/notes/closes.h"
#include "preload/stack/memory.h"

#define NAME_MOST 200

/* One call, whichever way its arguments were kept. */
struct arguments {
    uint64_t value[3];
    uint64_t entered; /* ticks */
    char first[256];  /* strings */
    char second[64];
    bool have_strings;
    uint64_t span_ns; /* of a timespec; UINT64_MAX: not known */
};

static void say_descriptor(struct sw_text *text, int fd)
{
    char path[64], target[512];
    struct sw_text name;
    sw_text_init(&name, path, sizeof path);
    sw_text_string(&name, "/proc/self/fd/");
    sw_text_unsigned(&name, (uint64_t)fd);
    long length = fd < 0 ? -1
                         : sw_kernel6(SYS_readlinkat, AT_FDCWD, (long)path, (long)target,
                                      sizeof target - 1, 0, 0);
    if (length <= 0) {
        sw_text_string(text, "fd ");
        sw_text_signed(text, fd);
        return;
    }
    target[length] = '\0';
    if (target[0] == '/') {
        sw_text_escaped(text, target, (size_t)length, NAME_MOST);
        return;
    }
    /* "pipe:[1234]", "socket:[1234]", "anon_inode:[eventfd]": the number would make two runs
     * differ. */
    const char *colon = strchr(target, ':');
    const char *what = target;
    size_t what_length = colon != NULL ? (size_t)(colon - target) : (size_t)length;
    if (strncmp(target, "anon_inode:", 11) == 0) {
        what = colon + 1;
        what_length = (size_t)length - (size_t)(what - target);
        if (what_length > 2 && what[0] == '[') {
            what++;
            what_length -= 2;
        }
    }
    sw_text_escaped(text, what, what_length, NAME_MOST);
    sw_text_string(text, " fd ");
    sw_text_signed(text, fd);
}

static void say_timeout(struct sw_text *text, int64_t timeout_ns)
{
    if (timeout_ns < 0)
        sw_text_string(text, "no timeout");
    else
        sw_text_duration(text, (uint64_t)timeout_ns);
}

static void say_timespec(struct sw_text *text, const struct arguments *call)
{
    if (call->span_ns == UINT64_MAX)
        return;
    uint64_t span = call->span_ns;
    bool absolute = (call->value[2] & TIMER_ABSTIME) != 0;
    if (absolute) {
        uint64_t began = sw_clock_monotonic_at(call->entered);
        if ((clockid_t)call->value[1] == CLOCK_REALTIME)
            began += sw_clock_realtime_ns() - sw_clock_monotonic_ns();
        span = span > began ? span - began : 0;
    }
    sw_text_duration(text, span);
}

static void say_host(struct sw_text *text, const struct arguments *call)
{
    if (!call->have_strings)
        return;
    sw_text_escaped(text, call->first, strlen(call->first), NAME_MOST);
    if (call->second[0] == '\0')
        return;
    sw_text_char(text, ':');
    sw_text_escaped(text, call->second, strlen(call->second), NAME_MOST);
}

/* A descriptor that has been closed since is a number only. */
static void say_wait(struct sw_text *text, const struct arguments *call)
{
    uint32_t count = SW_WAIT_DETAIL_COUNT(call->value[1]);
    int fd = (int)call->value[0];
    if (count > 1) {
        sw_text_unsigned(text, count);
        sw_text_string(text, " descriptors");
    } else if (count == 1 && SW_WAIT_DETAIL_CLOSES(call->value[1]) == SW_CLOSES_COUNT(fd)) {
        say_descriptor(text, fd);
    } else if (count == 1) {
        sw_text_string(text, "fd ");
        sw_text_signed(text, fd);
    }
    if (count > 0)
        sw_text_string(text, ", ");
    say_timeout(text, (int64_t)call->value[2]);
}

static void say(struct sw_text *text, uint32_t id, const struct arguments *call)
{
    switch (sw_call_info(id)->detail) {
    case SW_DETAIL_WAIT:
        say_wait(text, call);
        break;
    case SW_DETAIL_NONE:
        break;
    case SW_DETAIL_SECONDS:
        sw_text_duration(text, call->value[0] * UINT64_C(1000000000));
        break;
    case SW_DETAIL_MICROS:
        sw_text_duration(text, call->value[0] * 1000);
        break;
    case SW_DETAIL_TIMESPEC:
        say_timespec(text, call);
        break;
    case SW_DETAIL_DESCRIPTOR:
        say_descriptor(text, (int)call->value[0]);
        break;
    case SW_DETAIL_HOST:
        say_host(text, call);
        break;
    }
}

void sw_detail_of_note(struct sw_text *text, const struct sw_note *note)
{
    struct arguments call;
    memset(&call, 0, sizeof call);
    memcpy(call.value, note->argument, sizeof call.value);
    call.entered = note->entered;
    struct timespec span;
    if (sw_memory_read(call.value[0], &span, sizeof span) == 0)
        call.span_ns = (uint64_t)span.tv_sec * UINT64_C(1000000000) + (uint64_t)span.tv_nsec;
    else
        call.span_ns = UINT64_MAX;
    if (sw_call_info(note->id)->detail == SW_DETAIL_HOST) {
        if (call.value[0] != 0)
            sw_memory_string(call.value[0], call.first, sizeof call.first);
        if (call.value[1] != 0)
            sw_memory_string(call.value[1], call.second, sizeof call.second);
        call.have_strings = true;
    }
    say(text, note->id, &call);
}

void sw_detail_of_slot(struct sw_text *text, uint32_t id, const struct sw_call_slot *slot)
{
    struct arguments call;
    memset(&call, 0, sizeof call);
    memcpy(call.value, slot->argument, sizeof call.value);
    call.entered = slot->longest_entered;
    enum sw_detail_kind kind = sw_call_info(id)->detail;
    /* Closed since the call: what has that number now is something else. */
    if (kind == SW_DETAIL_DESCRIPTOR && slot->argument[2] != SW_CLOSES_COUNT(slot->argument[0])) {
        sw_text_string(text, "fd ");
        sw_text_signed(text, (int)slot->argument[0]);
        return;
    }
    call.span_ns = kind == SW_DETAIL_TIMESPEC ? slot->argument[0] : UINT64_MAX;
    if (kind == SW_DETAIL_HOST && (slot->text[0] != '\0' || slot->text[1] != '\0')) {
        struct sw_text part;
        size_t length = strnlen(slot->text, sizeof slot->text - 2);
        sw_text_init(&part, call.first, sizeof call.first);
        sw_text_bytes(&part, slot->text, length);
        const char *service = slot->text + length + 1;
        sw_text_init(&part, call.second, sizeof call.second);
        sw_text_bytes(&part, service,
                      strnlen(service, sizeof slot->text - (size_t)(service - slot->text)));
        call.have_strings = true;
    }
    say(text, id, &call);
}
