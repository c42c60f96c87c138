/*
 * What the library (preload/report/helper.c) and its helper (symbolize/) say to each other.
 *
 * The helper finds a SOCK_SEQPACKET socket as descriptor 3, the shared memory as 4 and, where the
 * kernel has them, a pidfd of the watched program as 5. One packet is one message: a struct
 * sw_symbolize_head, then what its kind asks for. Numbers are in the machine's own order, since
 * both ends run on it. Neither end trusts the other: whatever is in a packet or in the shared
 * memory, the decoders here return -EPROTO or values within the bounds below.
 *
 * Pure functions, without malloc; any thread.
 */
#ifndef SW_COMMON_SYMBOLIZE_PROTOCOL_H
#define SW_COMMON_SYMBOLIZE_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SW_SYMBOLIZE_SOCKET 3
#define SW_SYMBOLIZE_MEMORY 4
#define SW_SYMBOLIZE_PIDFD  5
#define SW_SYMBOLIZE_TEXT   6 /* where the helper keeps the log's descriptor that it was handed */

#define SW_SYMBOLIZE_MAGIC 0x73775332u /* changes with every change of this file's structs */

/* The longest strings, without their NUL: longer paths and symbols are not asked for, longer
 * answers are cut. */
#define SW_SYMBOLIZE_PATH     4095
#define SW_SYMBOLIZE_SYMBOL   4095
#define SW_SYMBOLIZE_BUILD_ID 64
#define SW_SYMBOLIZE_FUNCTION 767
#define SW_SYMBOLIZE_FILE     1023
#define SW_SYMBOLIZE_LINES    32
/* Holds the longest of messages: 32 lines with the longest names. */
#define SW_SYMBOLIZE_PACKET 61440

enum sw_symbolize_kind {
    SW_SYMBOLIZE_QUESTION = 1, /* library to helper */
    SW_SYMBOLIZE_ANSWER,       /* helper to library */
    SW_SYMBOLIZE_TEXT_TAKE,    /* library to helper; one descriptor comes with it (SCM_RIGHTS) */
    SW_SYMBOLIZE_TEXT_DROP,    /* library to helper: close it */
    SW_SYMBOLIZE_OUTPUTS       /* library to helper: two paths, of the log and of the JSON */
};

struct sw_symbolize_head {
    uint32_t magic;
    uint32_t kind;
    uint32_t sequence; /* of the call of sw_helper_ask: answers to an earlier one are dropped */
    uint32_t index;    /* of the question in that call */
};

struct sw_symbolize_question {
    uint32_t sequence;
    uint32_t index;
    uint64_t address;
    char path[SW_SYMBOLIZE_PATH + 1];
    char symbol[SW_SYMBOLIZE_SYMBOL + 1];     /* "": none */
    char build_id[SW_SYMBOLIZE_BUILD_ID + 1]; /* hex; "": any */
};

/* Paths travel in a packet, not in the shared memory, because a packet has its sender's user id on
 * it: a program that has given up its privileges must not have files written by a helper that still
 * has them. */
struct sw_symbolize_outputs {
    char text_path[SW_SYMBOLIZE_PATH + 1]; /* "": to the descriptor handed over, if any */
    char json_path[SW_SYMBOLIZE_PATH + 1]; /* "": nowhere */
};

struct sw_symbolize_line {
    uint32_t line;                            /* 0: not known */
    char function[SW_SYMBOLIZE_FUNCTION + 1]; /* "": not known */
    char file[SW_SYMBOLIZE_FILE + 1];         /* "": not known */
};

struct sw_symbolize_answer {
    uint32_t sequence;
    uint32_t index;
    uint32_t count;
    struct sw_symbolize_line lines[SW_SYMBOLIZE_LINES]; /* innermost first */
};

/* Each writes a packet into `packet` of `size` bytes and returns its length, or -EMSGSIZE where it
 * does not fit. */
long sw_symbolize_encode_head(void *packet, size_t size, enum sw_symbolize_kind kind);
/* -ENAMETOOLONG where path, symbol or build id is longer than the bounds; NULL counts as "". */
long sw_symbolize_encode_question(void *packet, size_t size, uint32_t sequence, uint32_t index,
                                  uint64_t address, const char *path, const char *symbol,
                                  const char *build_id);
/* NULL, and what is too long, count as "". */
long sw_symbolize_encode_outputs(void *packet, size_t size, const char *text_path,
                                 const char *json_path);
long sw_symbolize_encode_answer(void *packet, size_t size,
                                const struct sw_symbolize_answer *answer);

/* The kind of a packet, or -EPROTO for what is none. */
int sw_symbolize_decode_kind(const void *packet, size_t length);
/* 0, or -EPROTO: too short, too long, a count or length out of bounds, a NUL within a string. */
int sw_symbolize_decode_question(const void *packet, size_t length,
                                 struct sw_symbolize_question *question);
int sw_symbolize_decode_outputs(const void *packet, size_t length,
                                struct sw_symbolize_outputs *outputs);
int sw_symbolize_decode_answer(const void *packet, size_t length,
                               struct sw_symbolize_answer *answer);

/*
 * The shared memory: what is due if the program dies without a farewell, in two slots. The writer
 * fills the slot that is not current and then stores its number: killed at any point in between, it
 * leaves the earlier one whole. The memory is sealed against shrinking (memfd_create(2)), so that
 * reading it cannot end in SIGBUS.
 */
#define SW_SYMBOLIZE_DUE_TEXT (256u << 10)
#define SW_SYMBOLIZE_DUE_JSON (768u << 10)

struct sw_symbolize_slot {
    uint32_t text_length;
    uint32_t json_length;
    char text[SW_SYMBOLIZE_DUE_TEXT];
    char json[SW_SYMBOLIZE_DUE_JSON];
};

struct sw_symbolize_shared {
    uint32_t magic;
    uint32_t
        current; /* 0: nothing is due; 1 or 2: slots[current - 1]. Atomic, release and acquire */
    uint32_t farewell; /* not 0: the program ends in good order. Atomic */
    uint32_t wanted;   /* the sequence whose answers are still waited for, 0: none. Atomic */
    struct sw_symbolize_slot slots[2];
};

/* Fills the slot that is not current and makes it so. What is too long loses whole lines at its
 * start (the summary is last). */
void sw_symbolize_due_store(struct sw_symbolize_shared *shared, const char *text,
                            size_t text_length, const char *json, size_t json_length);
/* The slot to write, with its lengths, checked; NULL: nothing is due. */
const struct sw_symbolize_slot *sw_symbolize_due_load(const struct sw_symbolize_shared *shared,
                                                      size_t *text_length, size_t *json_length);

#endif
