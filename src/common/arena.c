/*
 * Memory over mmap, handed out in one direction and given back all at once; see arena.h.
 *
 * Used by the watchdog thread of a watched program, one arena for each job. mmap and munmap are raw
 * system calls: errno is the program's, and allocators that wrap mmap (tcmalloc's hooks) must not
 * come in here.
 */
#include "common/arena.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "common/kernel.h"

#define BLOCK_SIZE ((size_t)64 * 1024)
#define PAGE_SIZE  ((size_t)4096)
#define ALIGNMENT  ((size_t)16)

struct sw_arena_block {
    struct sw_arena_block *older;
    size_t size; /* with this head */
    size_t
        dirty; /* bytes below it have been handed out before; above it the kernel's zeros stand */
};
#define HEAD ((sizeof(struct sw_arena_block) + ALIGNMENT - 1) & ~(ALIGNMENT - 1))

void sw_arena_init(struct sw_arena *arena, size_t most)
{
    memset(arena, 0, sizeof *arena);
    arena->most = most;
}

static size_t round_up(size_t size, size_t to)
{
    return (size + to - 1) & ~(to - 1);
}

/* A block that holds at least `size` bytes, in front of the others. */
static struct sw_arena_block *add_block(struct sw_arena *arena, size_t size)
{
    size_t wanted = round_up(HEAD + size, PAGE_SIZE);
    size_t room = arena->most - arena->total;
    if (wanted < BLOCK_SIZE && BLOCK_SIZE <= room)
        wanted = BLOCK_SIZE;
    if (wanted > room)
        return NULL;
    long address = sw_kernel6(SYS_mmap, 0, (long)wanted, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address < 0 && address >= -4095)
        return NULL;
    struct sw_arena_block *block = (struct sw_arena_block *)address;
    block->older = arena->blocks;
    block->size = wanted;
    block->dirty = 0;
    arena->blocks = block;
    arena->total += wanted;
    arena->used = HEAD;
    return block;
}

void *sw_arena_alloc(struct sw_arena *arena, size_t size)
{
    struct sw_arena_block *block = arena->blocks;
    if (size > SIZE_MAX / 2)
        return NULL;
    size = round_up(size == 0 ? 1 : size, ALIGNMENT);
    if (block == NULL || block->size - arena->used < size)
        block = add_block(arena, size);
    if (block == NULL)
        return NULL;
    char *memory = (char *)block + arena->used;
    if (arena->used < block->dirty) {
        size_t stale = block->dirty - arena->used;
        memset(memory, 0, stale < size ? stale : size);
    }
    arena->used += size;
    if (arena->used > block->dirty)
        block->dirty = arena->used;
    return memory;
}

char *sw_arena_copy(struct sw_arena *arena, const char *bytes, size_t length)
{
    if (bytes == NULL || length == SIZE_MAX)
        return NULL;
    char *copy = sw_arena_alloc(arena, length + 1);
    if (copy != NULL)
        memcpy(copy, bytes, length);
    return copy;
}

void sw_arena_reset(struct sw_arena *arena)
{
    while (arena->blocks != NULL && arena->blocks->older != NULL) {
        struct sw_arena_block *block = arena->blocks;
        arena->blocks = block->older;
        arena->total -= block->size;
        sw_kernel3(SYS_munmap, (long)block, (long)block->size, 0);
    }
    arena->used = HEAD;
}
