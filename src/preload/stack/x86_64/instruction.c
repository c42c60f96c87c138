/*
 * See instruction.h. Opcode maps as in Intel's manual, volume 2, appendix A, and AMD's, volume 3,
 * for what only theirs have. A letter says what follows an opcode:
 *
 *     .  nothing         m  ModRM            x  no instruction in 64-bit mode
 *     b  8 bits          B  ModRM, 8 bits    j  a jump's 8 bits       J  a jump's 32 bits
 *     z  16 or 32 bits   Z  ModRM, 16 or 32  w  16 bits               e  enter's 16 and 8 bits
 *     v  16, 32 or 64    a  an address       g, G  ModRM, and 8 bits or 16 or 32 for /0 and /1
 *
 * Prefixes and what escapes to other maps (x here too) are read before the map is asked.
 */
#include "preload/stack/instruction.h"

#include <string.h>

static const char one_byte[257] = "mmmmbzxxmmmmbzxx"  /* 00 add, or */
                                  "mmmmbzxxmmmmbzxx"  /* 10 adc, sbb */
                                  "mmmmbzxxmmmmbzxx"  /* 20 and, sub */
                                  "mmmmbzxxmmmmbzxx"  /* 30 xor, cmp */
                                  "xxxxxxxxxxxxxxxx"  /* 40 REX */
                                  "................"  /* 50 push, pop */
                                  "xxxmxxxxzZbB...."  /* 60 */
                                  "jjjjjjjjjjjjjjjj"  /* 70 */
                                  "BZxBmmmmmmmmmmmm"  /* 80 */
                                  "..........x....."  /* 90 */
                                  "aaaa....bz......"  /* a0 */
                                  "bbbbbbbbvvvvvvvv"  /* b0 */
                                  "BBw.xxBZe.w..bx."  /* c0 */
                                  "mmmmxxx.mmmmmmmm"  /* d0 */
                                  "jjjjbbbbJJxj...."  /* e0 */
                                  "x.xx..gG......mm"; /* f0 */

static const char two_byte[257] = "mmmmx.....x.xm.B"  /* 00; 0f is 3DNow! */
                                  "mmmmmmmmmmmmmmmm"  /* 10 */
                                  "mmmmxxxxmmmmmmmm"  /* 20 */
                                  "......x.xxxxxxxx"  /* 30; 38 and 3a escape */
                                  "mmmmmmmmmmmmmmmm"  /* 40 */
                                  "mmmmmmmmmmmmmmmm"  /* 50 */
                                  "mmmmmmmmmmmmmmmm"  /* 60 */
                                  "BBBBmmm.mmxxmmmm"  /* 70 */
                                  "JJJJJJJJJJJJJJJJ"  /* 80 */
                                  "mmmmmmmmmmmmmmmm"  /* 90 */
                                  "...mBmmm...mBmmm"  /* a0 */
                                  "mmmmmmmmmmBmmmmm"  /* b0 */
                                  "mmBmBBBm........"  /* c0 */
                                  "mmmmmmmmmmmmmmmm"  /* d0 */
                                  "mmmmmmmmmmmmmmmm"  /* e0 */
                                  "mmmmmmmmmmmmmmmm"; /* f0 */

struct reader {
    const uint8_t *bytes;
    size_t size, at;
    bool operand16, address32, wide, repne;
    unsigned map; /* 0: one byte; 1: 0f; 2: 0f 38; 3: 0f 3a; more: of VEX, EVEX and XOP */
    bool vector;  /* VEX, EVEX or XOP */
    uint8_t opcode, modrm;
    int32_t displacement;
    bool has_modrm, relative; /* the operand is in memory at rip + displacement */
};

static bool has(const struct reader *reader, size_t count)
{
    return reader->at + count <= reader->size && reader->at + count <= SW_INSTRUCTION_MOST;
}

static bool skip(struct reader *reader, size_t count)
{
    if (!has(reader, count))
        return false;
    reader->at += count;
    return true;
}

static bool read_prefixes(struct reader *reader)
{
    for (; has(reader, 1); reader->at++) {
        switch (reader->bytes[reader->at]) {
        case 0x66:
            reader->operand16 = true;
            break;
        case 0x67:
            reader->address32 = true;
            break;
        case 0xf2:
            reader->repne = true;
            break;
        case 0xf3:
        case 0xf0:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x26:
        case 0x64:
        case 0x65:
            break;
        default:
            if ((reader->bytes[reader->at] & 0xf0) != 0x40)
                return true;
            /* A REX counts right before the opcode only: another prefix takes it back. */
            reader->wide = reader->bytes[reader->at] & 8;
            continue;
        }
        reader->wide = false;
    }
    return false;
}

/* The prefixes that hold a map: VEX (c4, c5), EVEX (62), XOP (8f, but pop has /0 there). */
static bool read_vector_prefix(struct reader *reader, uint8_t first)
{
    size_t more = first == 0xc5 ? 1 : first == 0x62 ? 3 : 2;
    if (!has(reader, more + 1))
        return false;
    const uint8_t *payload = reader->bytes + reader->at;
    reader->vector = true;
    reader->map = first == 0xc5 ? 1 : first == 0x62 ? payload[0] & 7 : payload[0] & 0x1f;
    reader->at += more;
    reader->opcode = reader->bytes[reader->at++];
    return true;
}

static bool read_opcode(struct reader *reader)
{
    if (!read_prefixes(reader))
        return false;
    uint8_t first = reader->bytes[reader->at++];
    if (first == 0xc4 || first == 0xc5 || first == 0x62 ||
        (first == 0x8f && has(reader, 1) && (reader->bytes[reader->at] & 0x1f) >= 8))
        return read_vector_prefix(reader, first);
    reader->opcode = first;
    if (first != 0x0f)
        return true;
    if (!has(reader, 1))
        return false;
    reader->map = 1;
    reader->opcode = reader->bytes[reader->at++];
    if (reader->opcode != 0x38 && reader->opcode != 0x3a)
        return true;
    if (!has(reader, 1))
        return false;
    reader->map = reader->opcode == 0x38 ? 2 : 3;
    reader->opcode = reader->bytes[reader->at++];
    return true;
}

static char shape_of(const struct reader *reader)
{
    char shape = 'm';
    switch (reader->map) {
    case 0:
        return one_byte[reader->opcode];
    case 1:
        shape = two_byte[reader->opcode];
        /* A vector instruction has a ModRM, whatever the same opcode is without (but vzeroupper).
         */
        if (reader->vector && (shape == '.' || shape == 'J' || shape == 'x'))
            return reader->opcode == 0x77 ? '.' : 'm';
        return shape;
    case 3:
    case 8:
        return 'B';
    case 10:
        return 'Z';
    default:
        return reader->map <= 6 || reader->map == 9 ? shape : 'x';
    }
}

static bool read_modrm(struct reader *reader)
{
    if (!has(reader, 1))
        return false;
    uint8_t modrm = reader->bytes[reader->at++];
    unsigned mode = modrm >> 6, rm = modrm & 7;
    reader->modrm = modrm;
    reader->has_modrm = true;
    /* Moves of control and debug registers have no memory operand (0f 20 to 0f 23). */
    if (mode == 3 || (reader->map == 1 && !reader->vector && reader->opcode >> 2 == 0x20 >> 2))
        return true;
    size_t size = mode == 1 ? 1 : mode == 2 ? 4 : 0;
    if (rm == 4) {
        if (!has(reader, 1))
            return false;
        uint8_t sib = reader->bytes[reader->at++];
        if (mode == 0 && (sib & 7) == 5)
            size = 4;
    } else if (mode == 0 && rm == 5) {
        size = 4;
        reader->relative = true;
        if (!has(reader, 4))
            return false;
        memcpy(&reader->displacement, reader->bytes + reader->at, 4);
    }
    return skip(reader, size);
}

/* How many bytes follow ModRM and its displacement. */
static size_t immediate_size(const struct reader *reader, char shape)
{
    size_t word = reader->operand16 && !reader->wide ? 2 : 4;
    bool tests = (reader->modrm >> 3 & 7) <= 1;
    switch (shape) {
    case 'b':
    case 'B':
    case 'j':
        return 1;
    case 'J':
        return 4;
    case 'z':
    case 'Z':
        return reader->map == 10 ? 4 : word;
    case 'w':
        return 2;
    case 'e':
        return 3;
    case 'v':
        return reader->wide ? 8 : word;
    case 'a':
        return reader->address32 ? 4 : 8;
    case 'g':
        return tests ? 1 : 0;
    case 'G':
        return tests ? word : 0;
    default:
        /* extrq and insertq of SSE4a, 0f 78 with 66 or f2, have two bytes. */
        return reader->map == 1 && reader->opcode == 0x78 && !reader->vector &&
                       (reader->operand16 || reader->repne)
                   ? 2
                   : 0;
    }
}

/* ff /2 and /4: through a register or memory. */
static enum sw_instruction_kind indirect_kind(const struct reader *reader)
{
    switch (reader->modrm >> 3 & 7) {
    case 2:
    case 3:
        return reader->relative ? SW_INSTRUCTION_CALL_AT : SW_INSTRUCTION_CALL_ANY;
    case 4:
    case 5:
        return reader->relative ? SW_INSTRUCTION_JUMP_AT : SW_INSTRUCTION_JUMP_ANY;
    default:
        return SW_INSTRUCTION_PLAIN;
    }
}

static enum sw_instruction_kind kind_of(const struct reader *reader, char shape)
{
    if (reader->vector || reader->map > 1)
        return SW_INSTRUCTION_PLAIN;
    if (reader->map == 1) {
        if (reader->opcode == 0x0b)
            return SW_INSTRUCTION_END;
        return shape == 'J' ? SW_INSTRUCTION_BRANCH : SW_INSTRUCTION_PLAIN;
    }
    switch (reader->opcode) {
    case 0xe8:
        return SW_INSTRUCTION_CALL;
    case 0xe9:
    case 0xeb:
        return SW_INSTRUCTION_JUMP;
    case 0xc2: /* ret */
    case 0xc3:
    case 0xca:
    case 0xcb:
    case 0xcf: /* iret */
    case 0xf4: /* hlt */
        return SW_INSTRUCTION_END;
    case 0xff:
        return indirect_kind(reader);
    default:
        return shape == 'j' ? SW_INSTRUCTION_BRANCH : SW_INSTRUCTION_PLAIN;
    }
}

bool sw_instruction_decode(const uint8_t *bytes, size_t size, uint64_t address,
                           struct sw_instruction *instruction)
{
    struct reader reader = {.bytes = bytes, .size = size};
    if (!read_opcode(&reader))
        return false;
    char shape = shape_of(&reader);
    if (shape == 'x' || (strchr("mBZgG", shape) != NULL && !read_modrm(&reader)))
        return false;
    size_t at = reader.at;
    if (!skip(&reader, immediate_size(&reader, shape)))
        return false;
    instruction->length = (unsigned)reader.at;
    instruction->kind = kind_of(&reader, shape);
    int32_t offset = reader.displacement;
    if (shape == 'j')
        offset = (int8_t)bytes[at];
    else if (shape == 'J')
        memcpy(&offset, bytes + at, sizeof offset);
    instruction->target = address + reader.at + (uint64_t)(int64_t)offset;
    return true;
}
