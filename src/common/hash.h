/* A 64-bit hash that is the same on every machine and in every version: signatures are made with
 * it. */
#ifndef SW_COMMON_HASH_H
#define SW_COMMON_HASH_H

#include <stddef.h>
#include <stdint.h>

#define SW_HASH_START UINT64_C(0xcbf29ce484222325) /* FNV-1a's offset basis */

/* Goes on from `hash` with `length` bytes (FNV-1a). */
uint64_t sw_hash_bytes(uint64_t hash, const void *bytes, size_t length);
/* The string and its NUL, so that "ab","c" and "a","bc" differ; NULL counts as one byte 0xff. */
uint64_t sw_hash_string(uint64_t hash, const char *string);
/* Stirs the bits at the end, once. */
uint64_t sw_hash_finish(uint64_t hash);

#endif
