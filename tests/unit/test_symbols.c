/*
 * Names from symbol tables: this program's own, the vDSO's, and tables made up here: preferences
 * among several names, sizes, many symbols, other files at the path, and files with bytes changed
 * at random.
 */
#include <check.h>
#include <elf.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "preload/stack/memory.h"
#include "preload/stack/modules.h"
#include "preload/stack/symbols.h"

struct made {
    const char *name;
    uint64_t start, size;
    unsigned char bind, type;
};

/* An ELF file of header, one segment, null section, text, symbols and strings; and it mapped, as
 * its module. */
static char path[] = "/tmp/stallwatch-symbols-XXXXXX";
static uint8_t *image;
static size_t image_size;
static struct sw_module module;

struct layout {
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    Elf64_Shdr section[4];
};

static size_t strings_size(const struct made *made, size_t count)
{
    size_t size = 1;
    for (size_t i = 0; i < count; i++)
        size += strlen(made[i].name) + 1;
    return size;
}

static void make(const struct made *made, size_t count)
{
    size_t strings = strings_size(made, count), symbols_at = sizeof(struct layout);
    size_t strings_at = symbols_at + count * sizeof(Elf64_Sym);
    image_size = strings_at + strings;
    image = calloc(1, image_size);
    struct layout *layout = (struct layout *)image;
    memcpy(layout->header.e_ident, ELFMAG "\2\1\1", 7);
    layout->header.e_type = ET_DYN;
    layout->header.e_machine = EM_X86_64;
    layout->header.e_phentsize = sizeof(Elf64_Phdr);
    layout->header.e_phoff = offsetof(struct layout, segment);
    layout->header.e_phnum = 1;
    layout->header.e_shoff = offsetof(struct layout, section);
    layout->header.e_shentsize = sizeof(Elf64_Shdr);
    layout->header.e_shnum = 4;
    layout->segment.p_type = PT_LOAD;
    layout->section[1] =
        (Elf64_Shdr){.sh_type = SHT_PROGBITS, .sh_addr = 0x1000, .sh_size = 0x10000000};
    layout->section[2] = (Elf64_Shdr){.sh_type = SHT_SYMTAB,
                                      .sh_offset = symbols_at,
                                      .sh_link = 3,
                                      .sh_size = count * sizeof(Elf64_Sym),
                                      .sh_entsize = sizeof(Elf64_Sym)};
    layout->section[3] =
        (Elf64_Shdr){.sh_type = SHT_STRTAB, .sh_offset = strings_at, .sh_size = strings};
    Elf64_Sym *symbol = (Elf64_Sym *)(image + symbols_at);
    size_t at = 1;
    for (size_t i = 0; i < count; i++, symbol++) {
        symbol->st_name = (uint32_t)at;
        symbol->st_info = ELF64_ST_INFO(made[i].bind, made[i].type);
        symbol->st_value = made[i].start;
        symbol->st_size = made[i].size;
        symbol->st_shndx = 1;
        strcpy((char *)image + strings_at + at, made[i].name);
        at += strlen(made[i].name) + 1;
    }
}

static void write_file(const uint8_t *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_TRUNC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq((int)write(fd, bytes, size), (int)size);
    close(fd);
}

static struct sw_symbols *open_made(void)
{
    memset(&module, 0, sizeof module);
    module.low = (uint64_t)(uintptr_t)image;
    strcpy(module.path, path);
    sw_memory_forget();
    return sw_symbols_open(&module);
}

static struct sw_symbols *make_and_open(const struct made *made, size_t count)
{
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    make(made, count);
    write_file(image, image_size);
    return open_made();
}

static void assert_name(struct sw_symbols *symbols, uint64_t address, const char *name)
{
    const char *got = sw_symbols_find(symbols, address, NULL);
    ck_assert_msg((!got && !name) || (got && name && strcmp(got, name) == 0), "%#lx: %s, not %s",
                  address, got ? got : "none", name ? name : "none");
}

START_TEST(own_program_and_vdso)
{
    uint64_t start = 0;
    ck_assert_int_eq(sw_modules_start(), 0);
    sw_memory_forget();
    struct sw_module *own = sw_modules_find((uint64_t)(uintptr_t)assert_name);
    struct sw_symbols *symbols = sw_symbols_open(own);
    ck_assert_ptr_nonnull(symbols);
    ck_assert_ptr_eq(sw_symbols_open(own), symbols);
    uint64_t address = (uint64_t)(uintptr_t)assert_name - own->bias;
    ck_assert_str_eq(sw_symbols_find(symbols, address + 3, &start), "assert_name");
    ck_assert_uint_eq(start, address);
    struct sw_module *vdso = sw_modules_find(getauxval(AT_SYSINFO_EHDR));
    ck_assert_ptr_nonnull(sw_symbols_open(vdso));
}
END_TEST

START_TEST(which_name)
{
    static const struct made made[] = {
        {"local_one", 0x1000, 16, STB_LOCAL, STT_FUNC},
        {"weak_one", 0x1000, 16, STB_WEAK, STT_FUNC},
        {"__global_one", 0x1000, 16, STB_GLOBAL, STT_FUNC},
        {"zeta", 0x1000, 16, STB_GLOBAL, STT_FUNC},
        {"beta@@V_1", 0x1000, 16, STB_GLOBAL, STT_FUNC},
        {"longer", 0x1000, 32, STB_LOCAL, STT_FUNC},
        {"outer", 0x2000, 0x100, STB_GLOBAL, STT_FUNC},
        {"inner", 0x2010, 8, STB_LOCAL, STT_GNU_IFUNC},
        {"object", 0x2020, 8, STB_GLOBAL, STT_OBJECT},
        {"open", 0x3000, 0, STB_GLOBAL, STT_FUNC},
        {"after", 0x3100, 4, STB_GLOBAL, STT_FUNC},
        {"last", 0x10000000, 0, STB_GLOBAL, STT_FUNC},
        {"wraps", 0x4000, UINT64_MAX, STB_GLOBAL, STT_FUNC},
        {"", 0x5000, 10, STB_GLOBAL, STT_FUNC},
    };
    struct sw_symbols *symbols = make_and_open(made, sizeof made / sizeof made[0]);
    ck_assert_ptr_nonnull(symbols);
    assert_name(symbols, 0xfff, NULL);
    assert_name(symbols, 0x1000, "beta");
    assert_name(symbols, 0x100f, "beta");
    assert_name(symbols, 0x1010, "longer");
    assert_name(symbols, 0x1020, NULL);
    assert_name(symbols, 0x2000, "outer");
    assert_name(symbols, 0x2010, "inner");
    assert_name(symbols, 0x2018, "outer");
    assert_name(symbols, 0x2020, "outer");
    assert_name(symbols, 0x2100, NULL);
    assert_name(symbols, 0x30ff, "open");
    assert_name(symbols, 0x3103, "after");
    assert_name(symbols, 0x3104, NULL);
    assert_name(symbols, 0x4001, NULL);
    assert_name(symbols, 0x5001, NULL);
    assert_name(symbols, 0x10000fff, "last");
    assert_name(symbols, 0x10001000, NULL);
    assert_name(symbols, 0, NULL);
    assert_name(symbols, UINT64_MAX, NULL);
    assert_name(NULL, 0x1000, NULL);
    unlink(path);
}
END_TEST

START_TEST(another_file_at_the_path)
{
    static const struct made one[] = {{"one", 0x1000, 16, STB_GLOBAL, STT_FUNC}};
    static const struct made two[] = {{"two", 0x1000, 16, STB_GLOBAL, STT_FUNC},
                                      {"more", 0x1010, 16, STB_GLOBAL, STT_FUNC}};
    assert_name(make_and_open(one, 1), 0x1000, "one");
    uint8_t *mapped = image;
    make(two, 2);
    image[24] = 1; /* e_entry */
    write_file(image, image_size);
    free(image);
    image = mapped;
    ck_assert_ptr_null(open_made());
    strcpy(module.build_id, "0123");
    module.symbols_tried = false;
    ck_assert_ptr_null(sw_symbols_open(&module));
    unlink(path);
    ck_assert_ptr_null(open_made());
    ck_assert_int_eq(mkfifo(path, 0600), 0); /* must not wait for a writer */
    ck_assert_ptr_null(open_made());
    unlink(path);
}
END_TEST

START_TEST(many)
{
    enum { COUNT = 200000 };
    static struct made made[COUNT];
    static char names[COUNT][24];
    struct timespec from, to;
    for (unsigned i = 0; i < COUNT; i++) {
        unsigned place = (unsigned)((uint64_t)i * 7919 % COUNT); /* no order */
        snprintf(names[i], sizeof names[i], "function_%u", place);
        made[i] = (struct made){names[i], 0x1000 + place * 16, 16, STB_GLOBAL, STT_FUNC};
    }
    clock_gettime(CLOCK_MONOTONIC, &from);
    struct sw_symbols *symbols = make_and_open(made, COUNT);
    clock_gettime(CLOCK_MONOTONIC, &to);
    ck_assert_ptr_nonnull(symbols);
    printf("%d symbols, made and loaded: %ld ms\n", COUNT,
           (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000);
    for (unsigned i = 0; i < COUNT; i++)
        assert_name(symbols, made[i].start + i % 16, names[i]);
    unlink(path);
}
END_TEST

START_TEST(hostile_files)
{
    static struct made made[] = {{"first", 0x1000, 16, STB_GLOBAL, STT_FUNC},
                                 {"second", 0x1010, 0, STB_WEAK, STT_FUNC},
                                 {"third", 0x1010, 64, STB_LOCAL, STT_FUNC},
                                 {"fourth", 0x1080, 16, STB_GLOBAL, STT_FUNC},
                                 {"fifth", 0x10a0, 4, STB_GLOBAL, STT_GNU_IFUNC}};
    unsigned opened = 0;
    ck_assert_ptr_nonnull(make_and_open(made, 5));
    uint8_t *good = malloc(image_size);
    memcpy(good, image, image_size);
    srand(1);
    for (unsigned round = 0; round < 20000; round++) {
        memcpy(image, good, image_size);
        for (int changes = rand() % 4; changes >= 0; changes--)
            image[(unsigned)rand() % image_size] = (uint8_t)(rand() % 3 ? rand() : 0xff);
        write_file(image, round % 4 ? image_size : (unsigned)rand() % image_size);
        struct sw_symbols *symbols = open_made();
        opened += symbols != NULL;
        for (uint64_t address = 0xff8; address < 0x10b0; address += 8) {
            const char *name = sw_symbols_find(symbols, address, NULL);
            ck_assert(!name || strlen(name) < 100);
        }
    }
    ck_assert_uint_gt(opened, 2000);
    free(good);
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("symbols");
    TCase *cases = tcase_create("all");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, own_program_and_vdso);
    tcase_add_test(cases, which_name);
    tcase_add_test(cases, another_file_at_the_path);
    tcase_add_test(cases, many);
    tcase_add_test(cases, hostile_files);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
