/*
 * Memory as a program may have left it, made of the fuzzer's input: any bytes, in which a word may
 * stand for an address in the image itself or for one that the reader looks for, so that structures
 * that point to each other come about. Nothing is mapped behind it.
 */
#ifndef SW_TESTS_FUZZ_IMAGE_H
#define SW_TESTS_FUZZ_IMAGE_H

#include <sys/mman.h>

#include "fuzz.h"
#include "preload/stack/memory.h"

#define IMAGE_BYTES 8192
#define IMAGE_NAMED 16

struct image {
    uint64_t low;
    uint64_t named[IMAGE_NAMED]; /* what an input may name: the addresses of types, small numbers */
};

static inline void image_map(struct image *image)
{
    if (image->low != 0)
        return;
    void *at =
        mmap(NULL, IMAGE_BYTES + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOLDS(at != MAP_FAILED && mprotect((char *)at + IMAGE_BYTES, 4096, PROT_NONE) == 0);
    image->low = (uint64_t)(uintptr_t)at;
}

/* A word of the input as it goes into the image: its highest byte says what it is. */
static inline uint64_t image_word(const struct image *image, uint64_t word)
{
    if (word >> 60 == 0xf)
        return image->low + (word & (IMAGE_BYTES - 1));
    if (word >> 60 == 0xe)
        return image->named[word >> 56 & (IMAGE_NAMED - 1)];
    return word;
}

/* Fills it with the input; what is behind that is empty. */
static inline void image_fill(const struct image *image, const uint8_t *bytes, size_t size)
{
    uint64_t *to = (uint64_t *)(uintptr_t)image->low;
    memset(to, 0, IMAGE_BYTES);
    for (size_t i = 0; (i + 1) * 8 <= size && i < IMAGE_BYTES / 8; i++) {
        uint64_t word;
        memcpy(&word, bytes + i * 8, sizeof word);
        to[i] = image_word(image, word);
    }
    sw_memory_forget();
}

#endif
