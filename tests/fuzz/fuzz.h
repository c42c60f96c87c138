/*
 * What the fuzzers share. Each is one function that libFuzzer calls with bytes that it makes up,
 * the sanitizers watching; what has to hold besides is asked with HOLDS. Each file says whose bytes
 * they are in the real thing.
 */
#ifndef SW_TESTS_FUZZ_H
#define SW_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

/* The bytes as a string of their own, so that reading behind it is seen. */
static inline char *fuzz_string(const uint8_t *bytes, size_t size)
{
    char *string = malloc(size + 1);
    HOLDS(string != NULL);
    memcpy(string, bytes, size);
    string[size] = '\0';
    return string;
}

#endif
