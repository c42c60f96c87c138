/*
 * Which file an address belongs to: through _dl_find_object(3), which takes no lock, unlike
 * dl_iterate_phdr.
 *
 * A module once seen is kept for the life of the process (reports name it after it has been
 * unloaded); one that another has since been loaded over is told apart by its build id and name.
 * Watchdog thread only.
 */
#ifndef SW_STACK_MODULES_H
#define SW_STACK_MODULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_module {
    uint64_t low, high;    /* addresses that it covers */
    uint64_t bias;         /* l_addr: address minus this is the file's own address */
    uint64_t eh_frame_hdr; /* address of its .eh_frame_hdr, 0 where it has none */
    char path[1024];   /* as the loader has it; of the program itself from the kernel; "[vdso]" */
    const char *name;  /* base name, within path */
    char build_id[65]; /* hex; "" where it has none */
    bool own;          /* libstallwatch.so */
    bool program;      /* the program itself */
    struct sw_symbols *symbols; /* of symbols.h, opened when first wanted */
    bool symbols_tried;
    bool judged_pool; /* of watch/pools/pool_libuv.c: was it looked into? */
    bool judged,
        runtime; /* of languages/: was it looked into, and is it one that runs a language */
};

/* Looks up what the room needs (dlsym of _dl_find_object, our own base); once, on the watchdog
 * thread, before a capture. 0, or -ENOSYS where _dl_find_object is missing: then sw_modules_find
 * uses /proc/self/maps. */
int sw_modules_start(void);
/* From now on as where _dl_find_object is missing, all modules forgotten: for tests. */
void sw_modules_forget_loader(void);
/* The module at `address`, or NULL (JIT code, nothing). Lives for the process. */
struct sw_module *sw_modules_find(uint64_t address);
/* Is `address` in libstallwatch.so? */
bool sw_modules_is_own(uint64_t address);

#endif
