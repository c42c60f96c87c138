/*
 * libunwind's remote interface over a copied stack and memory.h.
 *
 * Called by unwind.c. Watchdog thread only. The library is loaded and its address space made in
 * sw_libunwind_start, which mallocs; a step does not: it takes records from static pools under a
 * lock of libunwind's, with signals blocked.
 *
 * libunwind asks for unwind info, memory and registers through the accessors below. What it would
 * do by itself where there is no unwind info (follow rbp) is kept from happening by an error other
 * than UNW_ENOINFO.
 */
#include <errno.h>
#include <string.h>
#if __has_include(<libunwind.h>)
#include <libunwind.h>
#define BUILT_WITH_LIBUNWIND 1
#endif

#include "common/text.h"
#include "preload/libc/loader.h"
#include "preload/stack/memory.h"
#include "preload/stack/modules.h"
#include "preload/stack/unwind_step.h"
#include "preload/stack/unwind_table.h"

static void set_why(char *why, size_t why_size, const char *what, const char *name)
{
    struct sw_text text;
    if (why_size == 0)
        return;
    sw_text_init(&text, why, why_size);
    sw_text_string(&text, what);
    sw_text_string(&text, name);
}

#if defined(BUILT_WITH_LIBUNWIND)

#define NO_TABLES                                                                                  \
    UNW_EBADVERSION /* any code will do that libunwind does not give meaning to on the way out */
#define NO_ENTRY UNW_ESTOPUNWIND

static struct {
    unw_addr_space_t (*create_addr_space)(unw_accessors_t *, int);
    int (*set_caching_policy)(unw_addr_space_t, unw_caching_policy_t);
    int (*init_remote)(unw_cursor_t *, unw_addr_space_t, void *);
    int (*step)(unw_cursor_t *);
    int (*get_reg)(unw_cursor_t *, int, unw_word_t *);
    int (*search)(unw_addr_space_t, unw_word_t, unw_dyn_info_t *, unw_proc_info_t *, int, void *);
} lib;

/* Where the unwind under way stands. One at a time. */
static struct {
    struct sw_unwind_state start; /* registers as libunwind was started */
    unw_cursor_t cursor;
    const struct sw_module *module; /* that of the frame: its tables may be read */
    uint64_t looked_up;             /* the address that libunwind wanted unwind info for */
    uint64_t pc; /* aarch64: the register of that name, which is not where the frame stands */
    uint64_t function;
    bool tables, found;
    bool first; /* no step taken yet */
} now;

static unw_addr_space_t space;
static uint64_t
    taken_back; /* by how much libunwind looks before the first rip it is given: 0 or 1 */
static bool usable, stepping;

static int access_mem(unw_addr_space_t as, unw_word_t address, unw_word_t *value, int write,
                      void *argument)
{
    (void)as, (void)argument;
    if (write)
        return -UNW_EINVAL;
    if (sw_unwind_word(now.start.input, address, value) == 0)
        return 0;
    /* Its code is looked at on aarch64, to see whether it returns from a signal. */
    const struct sw_module *module = now.module;
    bool code = address - (now.looked_up & ~UINT64_C(7)) <= 8;
    if ((code || (module && address >= module->low && address < module->high)) &&
        sw_memory_read(address, value, sizeof *value) == 0)
        return 0;
    return -UNW_EINVAL;
}

static int access_reg(unw_addr_space_t as, unw_regnum_t reg, unw_word_t *value, int write,
                      void *argument)
{
    (void)as, (void)argument;
    if (write || reg < 0 || reg >= SW_REGISTERS || !(now.start.known >> reg & 1))
        return -UNW_EBADREG;
    *value = now.start.reg[reg];
    if (reg ==
        (unw_regnum_t)SW_REG_PC) /* so that what it looks up is the instruction, or the call */
        *value += taken_back - (now.start.exact ? 0 : 1);
    return 0;
}

/*
 * A table as libunwind's search wants it told. Since version 1.5 unw_dyn_info_t has a word
 * `load_offset` before its union, under the same soname; distributions of 2022 still had 1.3. So
 * what the header says is not asked: the first search that finds what it should tells.
 */
static int search(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *found, int need_info,
                  const struct sw_unwind_table *table)
{
    static bool known, with_offset = true;
    for (int try = 0; try < 2; try++) {
        unw_word_t info[sizeof(unw_dyn_info_t) / sizeof(unw_word_t) + 1] = {
            [2] = now.module->low, [3] = now.module->high, [5] = UNW_INFO_FORMAT_REMOTE_TABLE};
        unw_word_t *rti = &info[with_offset ? 7 : 6];
        rti[1] = now.module->eh_frame_hdr; /* segbase */
        rti[2] = table->count * 8 / sizeof(unw_word_t);
        rti[3] = table->address;
        int result = lib.search(as, ip, (unw_dyn_info_t *)info, found, need_info, NULL);
        bool good = result >= 0 && ip >= found->start_ip && ip < found->end_ip;
        known |= good;
        if (good || known)
            return good ? result : -NO_ENTRY;
        with_offset = !with_offset;
    }
    return -NO_ENTRY;
}

static int find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *found, int need_info,
                          void *argument)
{
    (void)argument;
    now.looked_up = ip;
    now.module = sw_modules_find(ip);
    const struct sw_unwind_table *table = now.module ? sw_unwind_table_of(now.module) : NULL;
    now.tables = table != NULL;
    if (!table)
        return -NO_TABLES;
    int result = search(as, ip, found, need_info, table);
    if (result < 0)
        return result;
    now.found = true;
    now.function = found->start_ip;
    return result;
}

static void put_unwind_info(unw_addr_space_t as, unw_proc_info_t *info, void *argument)
{
    (void)as, (void)info, (void)argument;
}

static int no_dynamic_info(unw_addr_space_t as, unw_word_t *list, void *argument)
{
    (void)as, (void)list, (void)argument;
    return -UNW_ENOINFO;
}

static int no_float(unw_addr_space_t as, unw_regnum_t reg, unw_fpreg_t *value, int write,
                    void *argument)
{
    (void)as, (void)reg, (void)value, (void)write, (void)argument;
    return -UNW_EBADREG;
}

static int no_resume(unw_addr_space_t as, unw_cursor_t *cursor, void *argument)
{
    (void)as, (void)cursor, (void)argument;
    return -UNW_EINVAL;
}

static int no_name(unw_addr_space_t as, unw_word_t ip, char *name, size_t size, unw_word_t *offset,
                   void *argument)
{
    (void)as, (void)ip, (void)name, (void)size, (void)offset, (void)argument;
    return -UNW_ENOINFO;
}

/* Whether the first rip counts as a return address (and one is taken off before the search) is not
 * documented and was changed between versions: it is tried. */
static void find_out_taken_back(void)
{
    struct sw_unwind_input nothing = {.known = 0};
    struct sw_unwind_state state = {.input = &nothing, .exact = true};
    struct sw_unwind_about about;
    state.known = SW_REG_BIT(SW_REG_PC) | SW_REG_BIT(SW_REG_SP);
    state.reg[SW_REG_PC] = 4096;
    taken_back = 0;
    if (sw_libunwind_begin(&state) == 0) {
        sw_libunwind_step(&state, &about);
        taken_back = now.looked_up == 4095 ? 1 : 0;
    }
}

static const char *find_functions(void *handle)
{
    static const struct {
        const char *name;
        void *to;
    } table[] = {
        {"_U" SW_MACHINE_NAME "_create_addr_space", &lib.create_addr_space},
        {"_U" SW_MACHINE_NAME "_set_caching_policy", &lib.set_caching_policy},
        {"_U" SW_MACHINE_NAME "_init_remote", &lib.init_remote},
        {"_U" SW_MACHINE_NAME "_step", &lib.step},
        {"_U" SW_MACHINE_NAME "_get_reg", &lib.get_reg},
        {"_U" SW_MACHINE_NAME "_dwarf_search_unwind_table", &lib.search},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        void *symbol = sw_loader_symbol(handle, table[i].name);
        if (!symbol)
            return table[i].name;
        memcpy(table[i].to, &symbol, sizeof symbol);
    }
    return NULL;
}

int sw_libunwind_start(char *why, size_t why_size)
{
    static unw_accessors_t accessors = {
        .find_proc_info = find_proc_info,
        .put_unwind_info = put_unwind_info,
        .get_dyn_info_list_addr = no_dynamic_info,
        .access_mem = access_mem,
        .access_reg = access_reg,
        .access_fpreg = no_float,
        .resume = no_resume,
        .get_proc_name = no_name,
    };
    static const char file[] = "libunwind-" SW_MACHINE_NAME ".so.8";
    if (usable)
        return 0;
    void *handle = sw_loader_open(file, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        set_why(why, why_size, "cannot load ", file);
        return -ENOENT;
    }
    const char *missing = find_functions(handle);
    if (missing) {
        set_why(why, why_size, "libunwind-" SW_MACHINE_NAME ".so.8 lacks ", missing);
        return -ENOENT;
    }
    space = lib.create_addr_space(&accessors, 0);
    if (!space || lib.set_caching_policy(space, UNW_CACHE_NONE) < 0) {
        set_why(why, why_size, "libunwind has no memory", "");
        return -ENOENT;
    }
    usable = true;
    find_out_taken_back();
    return 0;
}

bool sw_libunwind_usable(void)
{
    if (stepping) /* only one thread unwinds: the step was the parent's, cut off by a fork */
        usable = false;
    return usable;
}

void sw_libunwind_forbid(bool forbid)
{
    usable = !forbid && space;
}

int sw_libunwind_begin(const struct sw_unwind_state *state)
{
    now.start = *state;
    now.first = true;
    now.pc = state->reg[SW_REG_PC];
    now.looked_up = now.pc;
    now.module = NULL;
    return lib.init_remote(&now.cursor, space, NULL) < 0 ? -EINVAL : 0;
}

static void take_register(struct sw_unwind_state *state, enum sw_register reg)
{
    unw_word_t value;
    state->known &= ~SW_REG_BIT(reg);
    if (lib.get_reg(&now.cursor, (int)reg, &value) == 0) {
        state->reg[reg] = value;
        state->known |= SW_REG_BIT(reg);
    }
}

/* On aarch64 the program counter has a place of its own only after a frame of a signal; else what
 * libunwind goes on with is the link register, and the program counter stays what it was. */
static void take_pc(struct sw_unwind_state *state)
{
    take_register(state, SW_REG_PC);
#if defined(__aarch64__)
    if (sw_unwind_knows(state, SW_REG_PC) && now.pc == state->reg[SW_REG_PC]) {
        take_register(state, SW_REG_LR);
        state->reg[SW_REG_PC] = state->reg[SW_REG_LR];
    } else {
        now.pc = state->reg[SW_REG_PC];
    }
#endif
}

int sw_libunwind_step(struct sw_unwind_state *state, struct sw_unwind_about *about)
{
    now.looked_up = state->reg[SW_REG_PC];
    now.function = 0;
    now.tables = now.found = false;
    take_register(state, SW_REG_FP);
    stepping = true;
    int result = lib.step(&now.cursor);
    stepping = false;
    about->function = now.function;
    about->tables = now.tables;
    about->exact = now.first ? now.start.exact : now.looked_up == state->reg[SW_REG_PC];
    now.first = false;
    if (!now.found)
        return -ENODATA;
    if (result <= 0)
        return result < 0 ? -EFAULT : 0;
    take_register(state, SW_REG_FP);
    take_register(state, SW_REG_SP);
    take_pc(state);
    if (!sw_unwind_knows(state, SW_REG_SP) || !sw_unwind_knows(state, SW_REG_PC))
        return -EFAULT;
    return 1;
}

#else /* without its headers nobody knows how large its cursor is */

int sw_libunwind_start(char *why, size_t why_size)
{
    set_why(why, why_size, "built without ", "libunwind's headers");
    return -ENOENT;
}

bool sw_libunwind_usable(void)
{
    return false;
}

void sw_libunwind_forbid(bool forbid)
{
    (void)forbid;
}

int sw_libunwind_begin(const struct sw_unwind_state *state)
{
    (void)state;
    return -EINVAL;
}

int sw_libunwind_step(struct sw_unwind_state *state, struct sw_unwind_about *about)
{
    (void)state, (void)about;
    return -ENODATA;
}

#endif
