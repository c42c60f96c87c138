/*
 * See v8_loop.h. The shortest way back to the instruction is looked for, breadth first; where it
 * passes such a check, the other way from there leads to the call.
 */
#include "preload/languages/v8_loop.h"

#include <stdbool.h>
#include <string.h>

#include "preload/stack/instruction.h"
#include "preload/stack/memory.h"

#define MOST    512 /* instructions that are looked at */
#define SLOTS   1024
#define FAR     40 /* instructions from a check to its call */
#define NO_STEP UINT16_MAX

struct step {
    uint64_t address;
    uint64_t next[2]; /* where control goes; 0: nowhere, or nobody knows */
    uint16_t from;    /* the step before */
    bool checks;      /* whether it shall stop */
    bool on_way;
};

static struct {
    unsigned count;
    struct step step[MOST];
    uint16_t slot[SLOTS]; /* one more than the step's number */
} walk;

/* cmp rsp,[r13+…], and in later versions cmp byte [r13+…],0: V8 keeps what belongs to the thread's
 * isolate around r13, the stack's limit and whether an interrupt is wanted among it. */
static bool is_check(const uint8_t *bytes)
{
    bool of_stack = bytes[0] == 0x49 && bytes[1] == 0x3b && (bytes[2] == 0x65 || bytes[2] == 0xa5);
    bool of_flag = bytes[0] == 0x41 && bytes[1] == 0x80 &&
                   ((bytes[2] == 0x7d && bytes[4] == 0) || (bytes[2] == 0xbd && bytes[7] == 0));
    return of_stack || of_flag;
}

static bool decode(uint64_t address, struct sw_instruction *instruction, bool *checks)
{
    uint8_t bytes[SW_INSTRUCTION_MOST];
    if (sw_memory_read(address, bytes, sizeof bytes) != 0 ||
        !sw_instruction_decode(bytes, sizeof bytes, address, instruction))
        return false;
    *checks = is_check(bytes);
    return true;
}

static uint16_t *slot_of(uint64_t address)
{
    unsigned at = (unsigned)(address * UINT64_C(0x9e3779b97f4a7c15) >> 54) % SLOTS;
    while (walk.slot[at] != 0 && walk.step[walk.slot[at] - 1].address != address)
        at = (at + 1) % SLOTS;
    return &walk.slot[at];
}

/* The step at `address`, which is new, comes `from` there. False: no room, or no instruction. */
static bool add(uint64_t address, uint16_t from)
{
    struct sw_instruction instruction;
    struct step *step = &walk.step[walk.count];
    uint16_t *slot = slot_of(address);
    if (*slot != 0)
        return true;
    if (walk.count == MOST || !decode(address, &instruction, &step->checks))
        return false;
    step->address = address;
    step->from = from;
    step->on_way = false;
    uint64_t behind = address + instruction.length;
    bool ends = instruction.kind == SW_INSTRUCTION_END || instruction.kind == SW_INSTRUCTION_JUMP ||
                instruction.kind == SW_INSTRUCTION_JUMP_AT ||
                instruction.kind == SW_INSTRUCTION_JUMP_ANY;
    step->next[0] = ends ? 0 : behind;
    step->next[1] =
        instruction.kind == SW_INSTRUCTION_JUMP || instruction.kind == SW_INSTRUCTION_BRANCH
            ? instruction.target
            : 0;
    *slot = (uint16_t)++walk.count;
    return true;
}

/* The last step of the shortest way back to the first one; NO_STEP: there is none. */
static uint16_t find_way_back(uint64_t ip)
{
    walk.count = 0;
    memset(walk.slot, 0, sizeof walk.slot);
    if (!add(ip, NO_STEP))
        return NO_STEP;
    for (unsigned i = 0; i < walk.count; i++)
        for (unsigned way = 0; way < 2; way++) {
            uint64_t next = walk.step[i].next[way];
            if (next == ip)
                return (uint16_t)i;
            if (next != 0 && !add(next, (uint16_t)i) && walk.count == MOST)
                return NO_STEP;
        }
    return NO_STEP;
}

static bool is_on_way(uint64_t address)
{
    uint16_t number = *slot_of(address);
    return number != 0 && walk.step[number - 1].on_way;
}

/* What the first call from there on returns to; 0: there is none near. */
static uint64_t first_call(uint64_t address)
{
    struct sw_instruction instruction;
    bool checks;
    for (unsigned i = 0; i < FAR && decode(address, &instruction, &checks); i++) {
        switch (instruction.kind) {
        case SW_INSTRUCTION_PLAIN:
            address += instruction.length;
            break;
        case SW_INSTRUCTION_JUMP:
            address = instruction.target;
            break;
        case SW_INSTRUCTION_CALL:
        case SW_INSTRUCTION_CALL_AT:
        case SW_INSTRUCTION_CALL_ANY:
            return address + instruction.length;
        default:
            return 0;
        }
    }
    return 0;
}

/* Of the branch that follows a check, the way that is not the loop's own. */
static uint64_t way_out(const struct step *branch)
{
    if (branch->next[0] == 0 || branch->next[1] == 0)
        return 0;
    return is_on_way(branch->next[0]) ? branch->next[1] : branch->next[0];
}

unsigned sw_v8_loop_checks(uint64_t ip, uint64_t returns[SW_V8_CHECKS])
{
    unsigned count = 0;
    uint16_t last = find_way_back(ip);
    for (uint16_t at = last; at != NO_STEP; at = walk.step[at].from)
        walk.step[at].on_way = true;
    for (uint16_t at = last; at != NO_STEP && count < SW_V8_CHECKS; at = walk.step[at].from) {
        /* The first step follows the last one. */
        uint16_t before = walk.step[at].from != NO_STEP ? walk.step[at].from : last;
        if (!walk.step[before].checks)
            continue;
        uint64_t out = way_out(&walk.step[at]);
        uint64_t call = out != 0 ? first_call(out) : 0;
        if (call == 0)
            return 0;
        returns[count++] = call;
    }
    return count;
}
