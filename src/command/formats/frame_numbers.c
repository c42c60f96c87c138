/* See frame_numbers.h. Called by speedscope.c and html_data.c. */
#include "command/formats/frame_numbers.h"

#include <stdlib.h>

#include "command/complain.h"
#include "common/hash.h"

struct number {
    const struct sw_record_frame *frame;
    size_t index;
};

static bool same_frame(const void *value, const void *key)
{
    return ((const struct number *)value)->frame == key;
}

size_t sw_frame_number(struct sw_frame_numbers *numbers, const struct sw_record_frame *frame)
{
    uint64_t hash = sw_hash_finish(sw_hash_bytes(SW_HASH_START, &frame, sizeof frame));
    struct number *found = sw_table_find(&numbers->table, hash, same_frame, frame);
    if (found != NULL)
        return found->index;
    if (numbers->count == numbers->room) {
        numbers->room = numbers->room == 0 ? 256 : numbers->room * 2;
        numbers->frames =
            sw_need_memory(realloc(numbers->frames, numbers->room * sizeof *numbers->frames));
    }
    found = sw_need_memory(malloc(sizeof *found));
    found->frame = frame;
    found->index = numbers->count;
    numbers->frames[numbers->count++] = frame;
    sw_table_add(&numbers->table, hash, found);
    return found->index;
}
