/*
 * FNV-1a over bytes, with the finalizer of MurmurHash3 behind it: both defined by their constants,
 * so that the same stall has the same signature on every machine and in every version of
 * stallwatch. Do not change them.
 *
 * Pure: no state, any thread. Used where signatures are made, on the watchdog thread.
 */
#include "common/hash.h"

#include <string.h>

#define FNV_PRIME UINT64_C(0x100000001b3)

uint64_t sw_hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ byte[i]) * FNV_PRIME;
    return hash;
}

uint64_t sw_hash_string(uint64_t hash, const char *string)
{
    if (string == NULL)
        return sw_hash_bytes(hash, "\xff", 1);
    return sw_hash_bytes(hash, string, strlen(string) + 1);
}

uint64_t sw_hash_finish(uint64_t hash)
{
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ hash >> 33;
}
