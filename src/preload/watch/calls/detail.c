/* See detail.h. The kinds that ask more than the arguments are in detail_descriptor.c and
 * detail_lock.c. */
#include "preload/watch/calls/detail.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "preload/notes/clock.h"
#include "preload/notes/closes.h"
#include "preload/stack/memory.h"
#include "preload/watch/calls/detail_parts.h"

void sw_detail_say_timeout(struct sw_text *text, int64_t timeout_ns)
{
    if (timeout_ns < 0)
        sw_text_string(text, "no timeout");
    else
        sw_text_duration(text, (uint64_t)timeout_ns);
}

uint64_t sw_detail_until(uint64_t entered, uint64_t absolute_ns, uint64_t clock)
{
    uint64_t began = sw_clock_monotonic_at(entered);
    if ((clockid_t)clock == CLOCK_REALTIME)
        began += sw_clock_realtime_ns() - sw_clock_monotonic_ns();
    return absolute_ns > began ? absolute_ns - began : 0;
}

static void say_timespec(struct sw_text *text, const struct sw_detail_call *call)
{
    if (call->span_ns == UINT64_MAX)
        return;
    bool absolute = (call->value[2] & TIMER_ABSTIME) != 0;
    sw_text_duration(text, absolute ? sw_detail_until(call->entered, call->span_ns, call->value[1])
                                    : call->span_ns);
}

static void say_string(struct sw_text *text, const char *string, size_t most)
{
    sw_text_escaped(text, string, strlen(string), most);
}

static void say_two(struct sw_text *text, const struct sw_detail_call *call, const char *between)
{
    if (!call->have_strings)
        return;
    say_string(text, call->first, SW_DETAIL_HALF);
    if (call->second[0] == '\0')
        return;
    sw_text_string(text, between);
    say_string(text, call->second, SW_DETAIL_HALF);
}

static void say_path(struct sw_text *text, const struct sw_detail_call *call)
{
    if (!call->have_strings)
        return;
    int directory = (int)call->value[1];
    if (call->first[0] == '\0' && directory != AT_FDCWD) {
        sw_detail_say_descriptor(text, directory, 0); /* AT_EMPTY_PATH */
        return;
    }
    if (call->first[0] != '/')
        sw_detail_say_directory(text, directory);
    say_string(text, call->first, SW_DETAIL_NAME);
}

/* A descriptor that has been closed since is a number only. */
static void say_wait(struct sw_text *text, const struct sw_detail_call *call)
{
    uint32_t count = SW_WAIT_DETAIL_COUNT(call->value[1]);
    int fd = (int)call->value[0];
    if (count == 1 && fd < 0)
        count = 0; /* the program's own pointer: nothing to name */
    if (count > 1) {
        sw_text_unsigned(text, count);
        sw_text_string(text, " descriptors");
    } else if (count == 1 && SW_WAIT_DETAIL_CLOSES(call->value[1]) == SW_CLOSES_COUNT(fd)) {
        sw_detail_say_descriptor(text, fd, 0);
    } else if (count == 1) {
        sw_text_string(text, "fd ");
        sw_text_signed(text, fd);
    }
    if (count > 0)
        sw_text_string(text, ", ");
    sw_detail_say_timeout(text, (int64_t)call->value[2]);
}

/* Of a socket, which timeout matters? */
static int option_of(uint32_t id, enum sw_detail_kind kind)
{
    bool reads = id == SW_CALL_read || id == SW_CALL_readv;
    bool writes = id == SW_CALL_write || id == SW_CALL_writev;
    if (kind == SW_DETAIL_RECEIVE || reads)
        return SO_RCVTIMEO;
    return kind == SW_DETAIL_SEND || kind == SW_DETAIL_ADDRESS || writes ? SO_SNDTIMEO : 0;
}

static void say_keyed_descriptor(struct sw_text *text, const struct sw_detail_call *call)
{
    int fd = (int)call->value[0];
    if (call->kind == SW_DETAIL_STREAM && fd < 0)
        return;
    if (call->closed) {
        sw_text_string(text, "fd ");
        sw_text_signed(text, fd);
        return;
    }
    sw_detail_say_descriptor(text, fd, option_of(call->id, call->kind));
    if (call->kind != SW_DETAIL_TWO_DESCRIPTORS)
        return;
    sw_text_string(text, " -> ");
    sw_detail_say_descriptor(text, (int)call->value[1], 0);
}

static void say_address(struct sw_text *text, const struct sw_detail_call *call)
{
    size_t before = text->length;
    int fd = (int)call->value[0]; /* negative: of getnameinfo(3), which has none */
    if (call->have_strings && sw_detail_say_address(text, call->first, call->first_length)) {
        if (fd >= 0 && !call->closed)
            sw_detail_say_socket_timeout(text, fd, SO_SNDTIMEO);
        return;
    }
    sw_text_rewind(text, before);
    if (fd >= 0)
        say_keyed_descriptor(text, call);
}

static void say_length(struct sw_text *text, uint64_t bytes)
{
    static const char *const units[] = {" bytes", " KiB", " MiB", " GiB"};
    unsigned unit = 0;
    while (unit < 3 && bytes >= 10240) {
        bytes /= 1024;
        unit++;
    }
    sw_text_unsigned(text, bytes);
    sw_text_string(text, units[unit]);
}

static void say_number(struct sw_text *text, const char *what, uint64_t number)
{
    sw_text_string(text, what);
    sw_text_char(text, ' ');
    sw_text_unsigned(text, number);
}

static void say_plain(struct sw_text *text, const struct sw_detail_call *call)
{
    uint64_t first = call->value[0];
    switch (call->kind) {
    case SW_DETAIL_SECONDS:
        sw_text_duration(text, first * UINT64_C(1000000000));
        break;
    case SW_DETAIL_MICROS:
        sw_text_duration(text, first * 1000);
        break;
    case SW_DETAIL_LENGTH:
        say_length(text, first);
        break;
    case SW_DETAIL_USER:
        say_number(text, "uid", (uint32_t)first);
        break;
    case SW_DETAIL_GROUP:
        say_number(text, "gid", (uint32_t)first);
        break;
    case SW_DETAIL_PORT:
        say_number(text, "port", ntohs((uint16_t)first));
        break;
    case SW_DETAIL_QUEUE:
        say_number(text, "queue", (uint32_t)first);
        break;
    case SW_DETAIL_SEMAPHORES:
        say_number(text, "semaphore set", (uint32_t)first);
        break;
    default:
        break;
    }
}

static void say(struct sw_text *text, const struct sw_detail_call *call)
{
    switch (call->kind) {
    case SW_DETAIL_DESCRIPTOR:
    case SW_DETAIL_TWO_DESCRIPTORS:
    case SW_DETAIL_STREAM:
    case SW_DETAIL_RECEIVE:
    case SW_DETAIL_SEND:
        say_keyed_descriptor(text, call);
        break;
    case SW_DETAIL_ADDRESS:
        say_address(text, call);
        break;
    case SW_DETAIL_MUTEX:
    case SW_DETAIL_RWLOCK:
    case SW_DETAIL_CONDITION:
    case SW_DETAIL_SEMAPHORE:
    case SW_DETAIL_BARRIER:
        sw_detail_say_lock(text, call);
        break;
    case SW_DETAIL_JOIN:
        sw_detail_say_join(text, call);
        break;
    case SW_DETAIL_PROCESS:
        sw_detail_say_process(text, call);
        break;
    case SW_DETAIL_WAIT:
        say_wait(text, call);
        break;
    case SW_DETAIL_TIMESPEC:
        say_timespec(text, call);
        break;
    case SW_DETAIL_FUTEX:
        if (call->value[2] & SW_FUTEX_ENDLESS)
            sw_detail_say_timeout(text, -1);
        else
            say_timespec(text, call);
        break;
    case SW_DETAIL_PATH:
        say_path(text, call);
        break;
    case SW_DETAIL_TWO_PATHS:
        say_two(text, call, " -> ");
        break;
    case SW_DETAIL_HOST:
        say_two(text, call, ":");
        break;
    case SW_DETAIL_TEXT:
        if (call->have_strings)
            say_string(text, call->first, SW_DETAIL_NAME);
        break;
    case SW_DETAIL_HOST_ADDRESS:
        if (call->have_strings)
            sw_detail_say_host(text, call->first, call->first_length, (int)call->value[2]);
        break;
    default:
        say_plain(text, call);
        break;
    }
}

/* Which argument is the struct timespec's address; -1: the kind has none. */
static int span_argument(enum sw_detail_kind kind)
{
    if (kind == SW_DETAIL_TIMESPEC || kind == SW_DETAIL_FUTEX)
        return 0;
    return (kind >= SW_DETAIL_MUTEX && kind <= SW_DETAIL_SEMAPHORE) || kind == SW_DETAIL_JOIN ? 1
                                                                                              : -1;
}

static void follow_bytes(struct sw_detail_call *call, uint64_t address, uint64_t length)
{
    call->first_length = length < 128 ? (uint32_t)length : 0;
    call->have_strings = address != 0 && call->first_length > 0 &&
                         sw_memory_read(address, call->first, call->first_length) == 0;
}

static void follow_strings(struct sw_detail_call *call, bool two)
{
    uint64_t first = call->value[0], second = two ? call->value[1] : 0;
    call->have_strings =
        (first == 0 || sw_memory_string(first, call->first, sizeof call->first) == 0) &&
        (second == 0 || sw_memory_string(second, call->second, sizeof call->second) == 0) &&
        (first != 0 || second != 0);
}

void sw_detail_of_note(struct sw_text *text, const struct sw_note *note)
{
    struct sw_detail_call call;
    struct timespec span;
    sw_memory_forget(); /* the arguments are newer than the last capture */
    memset(&call, 0, sizeof call);
    call.id = note->id;
    call.kind = sw_call_info(note->id)->detail;
    memcpy(call.value, note->argument, sizeof call.value);
    call.entered = note->entered;
    call.span_ns = UINT64_MAX;
    int at = span_argument(call.kind);
    if (at >= 0 && call.value[at] != 0 && sw_memory_read(call.value[at], &span, sizeof span) == 0)
        call.span_ns = (uint64_t)span.tv_sec * UINT64_C(1000000000) + (uint64_t)span.tv_nsec;
    if (call.kind == SW_DETAIL_PATH || call.kind == SW_DETAIL_TEXT)
        follow_strings(&call, false);
    else if (call.kind == SW_DETAIL_HOST || call.kind == SW_DETAIL_TWO_PATHS)
        follow_strings(&call, true);
    else if (call.kind == SW_DETAIL_ADDRESS)
        follow_bytes(&call, call.value[1], call.value[2]);
    else if (call.kind == SW_DETAIL_HOST_ADDRESS)
        follow_bytes(&call, call.value[0], call.value[1]);
    say(text, &call);
}

static bool has_text(enum sw_detail_kind kind)
{
    return kind == SW_DETAIL_PATH || kind == SW_DETAIL_TEXT || kind == SW_DETAIL_HOST ||
           kind == SW_DETAIL_TWO_PATHS;
}

static void take_text(struct sw_detail_call *call, const struct sw_call_slot *slot)
{
    if (call->kind == SW_DETAIL_ADDRESS || call->kind == SW_DETAIL_HOST_ADDRESS) {
        call->first_length = (unsigned char)slot->text[0] < 128 ? (uint32_t)slot->text[0] : 0;
        memcpy(call->first, slot->text + 1, call->first_length);
        call->have_strings = call->first_length > 0;
        return;
    }
    if (!has_text(call->kind) || !slot->kept)
        return;
    struct sw_text part;
    size_t length = strnlen(slot->text, sizeof slot->text - 2);
    sw_text_init(&part, call->first, sizeof call->first);
    sw_text_bytes(&part, slot->text, length);
    call->have_strings = true;
    if (call->kind == SW_DETAIL_PATH || call->kind == SW_DETAIL_TEXT)
        return;
    const char *second = slot->text + length + 1;
    sw_text_init(&part, call->second, sizeof call->second);
    sw_text_bytes(&part, second,
                  strnlen(second, sizeof slot->text - (size_t)(second - slot->text)));
}

static bool is_closed(enum sw_detail_kind kind, uint64_t key)
{
    return kind < SW_DETAIL_MUTEX && key >> 32 != SW_CLOSES_COUNT(key);
}

void sw_detail_of_slot(struct sw_text *text, uint32_t id, const struct sw_call_slot *slot)
{
    struct sw_detail_call call;
    memset(&call, 0, sizeof call);
    call.id = id;
    call.kind = sw_call_info(id)->detail;
    memcpy(call.value, slot->argument, sizeof call.value);
    call.entered = slot->longest_entered;
    call.closed = is_closed(call.kind, slot->key);
    int at = span_argument(call.kind);
    call.span_ns = at >= 0 ? call.value[at] : UINT64_MAX;
    take_text(&call, slot);
    say(text, &call);
}

void sw_detail_of_cell(struct sw_text *text, uint32_t id, const struct sw_call_cell *cell)
{
    struct sw_detail_call call;
    memset(&call, 0, sizeof call);
    call.id = id;
    call.kind = sw_call_info(id)->detail;
    call.value[0] = call.kind < SW_DETAIL_MUTEX ? (uint32_t)cell->key : cell->key;
    call.span_ns = UINT64_MAX;
    call.closed = is_closed(call.kind, cell->key);
    if (call.kind == SW_DETAIL_TWO_DESCRIPTORS)
        call.kind = SW_DETAIL_DESCRIPTOR; /* where it read from; where to is not known */
    say(text, &call);
}
