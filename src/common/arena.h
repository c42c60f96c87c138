/*
 * Memory over mmap, handed out in one direction and given back all at once: the watchdog's own,
 * since malloc's lock may be held by the thread that it watches. One thread at a time uses an
 * arena.
 */
#ifndef SW_COMMON_ARENA_H
#define SW_COMMON_ARENA_H

#include <stddef.h>

struct sw_arena_block;
struct sw_arena {
    struct sw_arena_block *blocks; /* newest first */
    size_t used;                   /* of the newest */
    size_t total;                  /* bytes mapped */
    size_t most;                   /* bytes that may be mapped; beyond it allocations fail */
};

/* Nothing is mapped yet, and never more than `most` bytes will be. */
void sw_arena_init(struct sw_arena *arena, size_t most);
/* Zeroed, aligned to 16; NULL where no memory is to be had. Keeps errno. */
void *sw_arena_alloc(struct sw_arena *arena, size_t size);
/* A copy of `length` bytes with a NUL behind; NULL for NULL or no memory. */
char *sw_arena_copy(struct sw_arena *arena, const char *bytes, size_t length);
/* Everything is given back but for the first block, which is kept (and zeroed again when handed
 * out). */
void sw_arena_reset(struct sw_arena *arena);

#endif
