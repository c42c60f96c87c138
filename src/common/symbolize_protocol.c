/*
 * The messages between library and helper, packed and unpacked; and the two slots of what is due.
 *
 * Called by preload/report/helper.c on the watchdog thread (so: no malloc, no errno) and by
 * symbolize/. Strings travel as a length and bytes without NUL. A decoder reads through a struct
 * cursor that knows the packet's end and, once a read went past it, gives only zeroes, so that each
 * decoder checks once, at its own end.
 */
#include "common/symbolize_protocol.h"

#include <errno.h>
#include <string.h>

struct cursor {
    unsigned char *to;         /* writing */
    const unsigned char *from; /* reading */
    size_t left;
    bool failed;
};

static void put(struct cursor *cursor, const void *bytes, size_t length)
{
    if (cursor->failed || length > cursor->left) {
        cursor->failed = true;
        return;
    }
    if (length > 0)
        memcpy(cursor->to, bytes, length);
    cursor->to += length;
    cursor->left -= length;
}

static void put_string(struct cursor *cursor, const char *string, size_t length)
{
    uint32_t stored = (uint32_t)length;
    put(cursor, &stored, sizeof(stored));
    put(cursor, string, length);
}

static void get(struct cursor *cursor, void *to, size_t length)
{
    if (cursor->failed || length > cursor->left) {
        cursor->failed = true;
        memset(to, 0, length);
        return;
    }
    memcpy(to, cursor->from, length);
    cursor->from += length;
    cursor->left -= length;
}

/* `to` has room for `most` bytes and a NUL. */
static void get_string(struct cursor *cursor, char *to, size_t most)
{
    uint32_t length = 0;
    get(cursor, &length, sizeof(length));
    if (length > most)
        cursor->failed = true;
    else
        get(cursor, to, length);
    if (cursor->failed)
        length = 0;
    to[length] = '\0';
    if (memchr(to, '\0', length) != NULL)
        cursor->failed = true;
}

static void put_head(struct cursor *cursor, enum sw_symbolize_kind kind, uint32_t sequence,
                     uint32_t index)
{
    struct sw_symbolize_head head = {SW_SYMBOLIZE_MAGIC, (uint32_t)kind, sequence, index};
    put(cursor, &head, sizeof(head));
}

static long written(const struct cursor *cursor, size_t size)
{
    return cursor->failed ? -EMSGSIZE : (long)(size - cursor->left);
}

long sw_symbolize_encode_head(void *packet, size_t size, enum sw_symbolize_kind kind)
{
    struct cursor cursor = {.to = packet, .left = size};
    put_head(&cursor, kind, 0, 0);
    return written(&cursor, size);
}

long sw_symbolize_encode_question(void *packet, size_t size, uint32_t sequence, uint32_t index,
                                  uint64_t address, const char *path, const char *symbol,
                                  const char *build_id)
{
    size_t name_length = path != NULL ? strlen(path) : 0;
    size_t symbol_length = symbol != NULL ? strlen(symbol) : 0;
    size_t build_id_length = build_id != NULL ? strlen(build_id) : 0;
    if (name_length > SW_SYMBOLIZE_PATH || symbol_length > SW_SYMBOLIZE_SYMBOL ||
        build_id_length > SW_SYMBOLIZE_BUILD_ID)
        return -ENAMETOOLONG;
    struct cursor cursor = {.to = packet, .left = size};
    put_head(&cursor, SW_SYMBOLIZE_QUESTION, sequence, index);
    put(&cursor, &address, sizeof(address));
    put_string(&cursor, path, name_length);
    put_string(&cursor, symbol, symbol_length);
    put_string(&cursor, build_id, build_id_length);
    return written(&cursor, size);
}

static size_t path_length(const char *path)
{
    size_t length = path != NULL ? strlen(path) : 0;
    return length <= SW_SYMBOLIZE_PATH ? length : 0;
}

long sw_symbolize_encode_outputs(void *packet, size_t size, const char *text_path,
                                 const char *json_path)
{
    struct cursor cursor = {.to = packet, .left = size};
    put_head(&cursor, SW_SYMBOLIZE_OUTPUTS, 0, 0);
    put_string(&cursor, text_path, path_length(text_path));
    put_string(&cursor, json_path, path_length(json_path));
    return written(&cursor, size);
}

long sw_symbolize_encode_answer(void *packet, size_t size, const struct sw_symbolize_answer *answer)
{
    struct cursor cursor = {.to = packet, .left = size};
    uint32_t count = answer->count < SW_SYMBOLIZE_LINES ? answer->count : SW_SYMBOLIZE_LINES;
    put_head(&cursor, SW_SYMBOLIZE_ANSWER, answer->sequence, answer->index);
    put(&cursor, &count, sizeof(count));
    for (uint32_t i = 0; i < count; i++) {
        const struct sw_symbolize_line *line = &answer->lines[i];
        put(&cursor, &line->line, sizeof(line->line));
        put_string(&cursor, line->function, strnlen(line->function, SW_SYMBOLIZE_FUNCTION));
        put_string(&cursor, line->file, strnlen(line->file, SW_SYMBOLIZE_FILE));
    }
    return written(&cursor, size);
}

static bool get_head(struct cursor *cursor, struct sw_symbolize_head *head)
{
    get(cursor, head, sizeof(*head));
    return !cursor->failed && head->magic == SW_SYMBOLIZE_MAGIC;
}

int sw_symbolize_decode_kind(const void *packet, size_t length)
{
    struct cursor cursor = {.from = packet, .left = length};
    struct sw_symbolize_head head;
    if (!get_head(&cursor, &head) || head.kind < SW_SYMBOLIZE_QUESTION ||
        head.kind > SW_SYMBOLIZE_OUTPUTS)
        return -EPROTO;
    return (int)head.kind;
}

int sw_symbolize_decode_question(const void *packet, size_t length,
                                 struct sw_symbolize_question *question)
{
    struct cursor cursor = {.from = packet, .left = length};
    struct sw_symbolize_head head;
    if (!get_head(&cursor, &head) || head.kind != SW_SYMBOLIZE_QUESTION)
        return -EPROTO;
    question->sequence = head.sequence;
    question->index = head.index;
    get(&cursor, &question->address, sizeof(question->address));
    get_string(&cursor, question->path, SW_SYMBOLIZE_PATH);
    get_string(&cursor, question->symbol, SW_SYMBOLIZE_SYMBOL);
    get_string(&cursor, question->build_id, SW_SYMBOLIZE_BUILD_ID);
    return cursor.failed || cursor.left != 0 ? -EPROTO : 0;
}

int sw_symbolize_decode_outputs(const void *packet, size_t length,
                                struct sw_symbolize_outputs *outputs)
{
    struct cursor cursor = {.from = packet, .left = length};
    struct sw_symbolize_head head;
    if (!get_head(&cursor, &head) || head.kind != SW_SYMBOLIZE_OUTPUTS)
        return -EPROTO;
    get_string(&cursor, outputs->text_path, SW_SYMBOLIZE_PATH);
    get_string(&cursor, outputs->json_path, SW_SYMBOLIZE_PATH);
    return cursor.failed || cursor.left != 0 ? -EPROTO : 0;
}

int sw_symbolize_decode_answer(const void *packet, size_t length,
                               struct sw_symbolize_answer *answer)
{
    struct cursor cursor = {.from = packet, .left = length};
    struct sw_symbolize_head head;
    answer->count = 0;
    if (!get_head(&cursor, &head) || head.kind != SW_SYMBOLIZE_ANSWER)
        return -EPROTO;
    answer->sequence = head.sequence;
    answer->index = head.index;
    uint32_t count = 0;
    get(&cursor, &count, sizeof(count));
    if (count > SW_SYMBOLIZE_LINES)
        return -EPROTO;
    for (uint32_t i = 0; i < count; i++) {
        struct sw_symbolize_line *line = &answer->lines[i];
        get(&cursor, &line->line, sizeof(line->line));
        get_string(&cursor, line->function, SW_SYMBOLIZE_FUNCTION);
        get_string(&cursor, line->file, SW_SYMBOLIZE_FILE);
    }
    if (cursor.failed || cursor.left != 0)
        return -EPROTO;
    answer->count = count;
    return 0;
}

/* The last of `bytes` that fit into `room`, from a line's start on. */
static size_t store_lines(char *to, size_t room, const char *bytes, size_t length)
{
    size_t from = 0;
    if (length > room) {
        from = length - room;
        while (from < length && bytes[from - 1] != '\n')
            from++;
    }
    if (length > from)
        memcpy(to, bytes + from, length - from);
    return length - from;
}

void sw_symbolize_due_store(struct sw_symbolize_shared *shared, const char *text,
                            size_t text_length, const char *json, size_t json_length)
{
    uint32_t next = __atomic_load_n(&shared->current, __ATOMIC_RELAXED) == 1 ? 2 : 1;
    struct sw_symbolize_slot *slot = &shared->slots[next - 1];
    slot->text_length = (uint32_t)store_lines(slot->text, sizeof(slot->text), text, text_length);
    slot->json_length = (uint32_t)store_lines(slot->json, sizeof(slot->json), json, json_length);
    __atomic_store_n(&shared->current, next, __ATOMIC_RELEASE);
}

const struct sw_symbolize_slot *sw_symbolize_due_load(const struct sw_symbolize_shared *shared,
                                                      size_t *text_length, size_t *json_length)
{
    uint32_t current = __atomic_load_n(&shared->current, __ATOMIC_ACQUIRE);
    if (shared->magic != SW_SYMBOLIZE_MAGIC || current < 1 || current > 2)
        return NULL;
    const struct sw_symbolize_slot *slot = &shared->slots[current - 1];
    *text_length = slot->text_length;
    *json_length = slot->json_length;
    if (*text_length > sizeof(slot->text) || *json_length > sizeof(slot->json))
        return NULL;
    return slot;
}
