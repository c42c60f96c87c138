/* Which file an address belongs to; with the loader's own list, and from /proc/self/maps. Libraries
 * that come and go. */
#include <check.h>
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "preload/stack/memory.h"
#include "preload/stack/modules.h"

static int without; /* the loader's list */
static char directory[] = "/tmp/stallwatch-modules-XXXXXX";

static void start(int without_loader)
{
    without = without_loader;
    ck_assert_int_eq(sw_modules_start(), 0);
    if (without_loader)
        sw_modules_forget_loader();
    sw_memory_forget();
}

static uint64_t address_of(void *handle, const char *name)
{
    void *symbol = dlsym(handle, name);
    ck_assert_ptr_nonnull(symbol);
    return (uint64_t)(uintptr_t)symbol;
}

START_TEST(the_program)
{
    char exe[1024] = "";
    start(_i);
    struct sw_module *module = sw_modules_find((uint64_t)(uintptr_t)start);
    ck_assert_ptr_nonnull(module);
    ck_assert_int_gt((int)readlink("/proc/self/exe", exe, sizeof exe - 1), 0);
    ck_assert_str_eq(module->path, exe);
    ck_assert_str_eq(module->name, strrchr(exe, '/') + 1);
    ck_assert(module->program && module->own);
    ck_assert_uint_ne(module->eh_frame_hdr, 0);
    ck_assert_ptr_eq(sw_modules_find((uint64_t)(uintptr_t)start + 1), module);
}
END_TEST

/* Against what dl_iterate_phdr(3) says. */
static int compare(struct dl_phdr_info *info, size_t size, void *count)
{
    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uint64_t address = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type != PT_LOAD && segment->p_type != PT_GNU_EH_FRAME)
            continue;
        struct sw_module *module = sw_modules_find(address);
        ck_assert_msg(module != NULL, "%s", info->dlpi_name);
        ck_assert_uint_eq(module->bias, info->dlpi_addr);
        if (info->dlpi_name[0] == '/' &&
            !without) /* there the kernel's name, symbolic links followed */
            ck_assert_str_eq(strrchr(module->path, '/'), strrchr(info->dlpi_name, '/'));
        if (segment->p_type == PT_GNU_EH_FRAME)
            ck_assert_uint_eq(module->eh_frame_hdr, address);
        ++*(int *)count;
    }
    return 0;
}

START_TEST(all_that_is_loaded)
{
    int count = 0;
    start(_i);
    dl_iterate_phdr(compare, &count);
    ck_assert_int_gt(count, 15);
    struct sw_module *libc = sw_modules_find((uint64_t)(uintptr_t)dlsym(RTLD_DEFAULT, "read"));
    ck_assert_ptr_nonnull(strstr(libc->name, "libc"));
    ck_assert_uint_eq(strlen(libc->build_id), 40);
    ck_assert(!libc->own && !libc->program);
}
END_TEST

START_TEST(the_vdso)
{
    start(_i);
    struct sw_module *module = sw_modules_find(getauxval(AT_SYSINFO_EHDR) + 100);
    ck_assert_ptr_nonnull(module);
    ck_assert_str_eq(module->path, "[vdso]");
    ck_assert_str_eq(module->name, "[vdso]");
    ck_assert_uint_ne(module->eh_frame_hdr, 0);
    ck_assert_str_ne(module->build_id, "");
}
END_TEST

START_TEST(nothing)
{
    start(_i);
    void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_null(sw_modules_find((uint64_t)(uintptr_t)page));
    ck_assert_ptr_null(sw_modules_find(0));
    ck_assert_ptr_null(sw_modules_find(UINT64_MAX));
    ck_assert_ptr_null(sw_modules_find((uint64_t)(uintptr_t)&page));
}
END_TEST

static void build(const char *name, const char *function)
{
    char command[512];
    snprintf(command, sizeof command,
             "echo 'int %s(void) { return 1; }' | ${CC:-cc} -shared -fPIC -Wl,--build-id -x c - -o "
             "%s/%s",
             function, directory, name);
    ck_assert_int_eq(system(command), 0);
}

static void *load(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(handle != NULL, "%s", dlerror());
    return handle;
}

/* The kernel puts the second library where the first one was, mostly: the test asks for no more
 * than the truth. */
START_TEST(another_at_the_same_address)
{
    start(_i);
    ck_assert_ptr_nonnull(mkdtemp(directory));
    build("one.so", "one");
    build("two.so", "two");
    void *handle = load("one.so");
    uint64_t one = address_of(handle, "one");
    struct sw_module *first = sw_modules_find(one);
    ck_assert_str_eq(first->name, "one.so");
    dlclose(handle);
    sw_memory_forget();
    ck_assert_ptr_null(sw_modules_find(one));
    ck_assert_str_eq(first->name, "one.so");
    handle = load("two.so");
    uint64_t two = address_of(handle, "two");
    struct sw_module *second = sw_modules_find(two);
    ck_assert_str_eq(second->name, "two.so");
    ck_assert_str_ne(second->build_id, first->build_id);
    ck_assert_str_eq(first->name, "one.so");
    printf("the second library %s the first one's address\n", one == two ? "took" : "did not take");
    dlclose(handle);
    sw_memory_forget();
    handle = load("one.so");
    if (address_of(handle, "one") == one)
        ck_assert_ptr_eq(sw_modules_find(one), first);
    dlclose(handle);
    /* the same path, but another file */
    build("one.so", "one_again");
    handle = load("one.so");
    sw_memory_forget();
    struct sw_module *third = sw_modules_find(address_of(handle, "one_again"));
    ck_assert_ptr_ne(third, first);
    ck_assert_str_ne(third->build_id, first->build_id);
    char command[300];
    snprintf(command, sizeof command, "rm -r %s", directory);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("modules");
    TCase *cases = tcase_create("all");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, the_program, 0, 2);
    tcase_add_loop_test(cases, all_that_is_loaded, 0, 2);
    tcase_add_loop_test(cases, the_vdso, 0, 2);
    tcase_add_loop_test(cases, nothing, 0, 2);
    tcase_add_loop_test(cases, another_at_the_same_address, 0, 2);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
