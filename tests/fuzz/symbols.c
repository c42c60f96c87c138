/* A program's or library's file, whose symbol table the watchdog reads, mapped as its module. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "preload/stack/elf.h"
#include "preload/stack/memory.h"
#include "preload/stack/modules.h"
#include "preload/stack/symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct sw_module module;
    static int file = -1;
    if (file < 0)
        HOLDS((file = memfd_create("fuzz", 0)) >= 0);
    HOLDS(ftruncate(file, 0) == 0 && pwrite(file, bytes, size, 0) == (ssize_t)size);
    memset(&module, 0, sizeof module);
    module.low = (uint64_t)(uintptr_t)bytes;
    module.high = module.low + size;
    snprintf(module.path, sizeof module.path, "/proc/self/fd/%d", file);
    sw_memory_forget();
    struct sw_elf elf;
    char hex[65];
    if (sw_elf_open(&elf, file, 0) == 0)
        sw_elf_build_id(&elf, hex);
    struct sw_symbols *symbols = sw_symbols_open(&module);
    for (unsigned i = 0; symbols != NULL && i < 64; i++) {
        uint64_t start = 0, address = module.low + i * 61;
        const char *name = sw_symbols_find(symbols, address, &start);
        HOLDS(name == NULL || (strlen(name) < 1u << 20 && start <= address));
    }
    return 0;
}
