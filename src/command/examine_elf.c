/*
 * What an ELF file says of whether it can be watched; see examine_elf.h. libelf checks the file's
 * offsets; strings are asked for by elf_strptr, which is NULL for what lies outside.
 */
#include "command/examine_elf.h"

#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/own_machine.h"

struct facts {
    bool interpreter, go, uring, libc, debug, dynamic;
    char loader[256];
    char sanitizer[64];
};

static void read_segments(Elf *elf, int fd, struct facts *facts)
{
    size_t count = 0;
    if (elf_getphdrnum(elf, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (gelf_getphdr(elf, (int)i, &header) == NULL)
            return;
        facts->dynamic = facts->dynamic || header.p_type == PT_DYNAMIC;
        if (header.p_type == PT_INTERP) {
            size_t most = sizeof facts->loader - 1;
            ssize_t got = pread(fd, facts->loader, header.p_filesz < most ? header.p_filesz : most,
                                (off_t)header.p_offset);
            facts->interpreter = got > 0;
        } else if (header.p_type == PT_NOTE) {
            char note[16] = ""; /* namesz, descsz, type, name */
            if (pread(fd, note, sizeof note, (off_t)header.p_offset) == sizeof note &&
                memcmp(note + 12, "Go\0", 4) == 0)
                facts->go = true;
        }
    }
}

static void read_dynamic(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct facts *facts)
{
    static const char *const sanitizers[] = {"libasan.so", "libtsan.so", "libclang_rt.asan",
                                             "libclang_rt.tsan", "libhwasan.so"};
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Dyn entry;
    for (int i = 0; data != NULL && gelf_getdyn(data, i, &entry) != NULL; i++) {
        if (entry.d_tag != DT_NEEDED)
            continue;
        const char *name = elf_strptr(elf, header->sh_link, entry.d_un.d_val);
        if (name == NULL)
            continue;
        facts->libc = facts->libc || strcmp(name, "libc.so.6") == 0;
        for (size_t j = 0; j < sizeof sanitizers / sizeof sanitizers[0]; j++)
            if (strncmp(name, sanitizers[j], strlen(sanitizers[j])) == 0)
                snprintf(facts->sanitizer, sizeof facts->sanitizer, "%s", name);
    }
}

/* liburing linked in: its waits are system calls that pass nobody. */
static void read_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct facts *facts)
{
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Sym symbol;
    for (int i = 0; data != NULL && gelf_getsym(data, i, &symbol) != NULL; i++) {
        if (symbol.st_shndx == SHN_UNDEF)
            continue;
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        if (name != NULL && strcmp(name, "io_uring_queue_init") == 0)
            facts->uring = true;
    }
}

/* Debian's -dbgsym packages have it by its build id. */
static bool has_debug_file(Elf_Scn *section)
{
    char path[256] = "/usr/lib/debug/.build-id/";
    const Elf_Data *data = elf_getdata(section, NULL);
    size_t length = strlen(path);
    if (data == NULL || data->d_size < 16 + 4 || data->d_size > 16 + 64)
        return false; /* namesz, descsz, type, "GNU", then the id */
    const unsigned char *id = (const unsigned char *)data->d_buf + 16;
    for (size_t i = 0; i < data->d_size - 16; i++)
        length +=
            (size_t)snprintf(path + length, sizeof path - length, i == 0 ? "%02x/" : "%02x", id[i]);
    snprintf(path + length, sizeof path - length, ".debug");
    return access(path, R_OK) == 0;
}

static void read_sections(Elf *elf, struct facts *facts)
{
    size_t names;
    Elf_Scn *section = NULL;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return;
    while ((section = elf_nextscn(elf, section)) != NULL) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == NULL)
            continue;
        const char *name = elf_strptr(elf, names, header.sh_name);
        if (name != NULL && (strcmp(name, ".go.buildinfo") == 0 || strcmp(name, ".gopclntab") == 0))
            facts->go = true;
        if (name != NULL && strcmp(name, ".debug_info") == 0)
            facts->debug = true;
        if (name != NULL && strcmp(name, ".note.gnu.build-id") == 0)
            facts->debug = facts->debug || has_debug_file(section);
        if (header.sh_type == SHT_DYNAMIC)
            read_dynamic(elf, section, &header, facts);
        else if (header.sh_type == SHT_SYMTAB)
            read_symbols(elf, section, &header, facts);
    }
}

static void say_linkage(struct sw_examination *examination, const struct facts *facts)
{
    if (facts->go)
        sw_findings_add(
            examination, SW_FINDING_FATAL,
            "it is a Go program: it makes its system calls by itself, not through libc%s", "",
            "Go has tools of its own for this: go tool trace, runtime/metrics (sched)");
    if (!facts->interpreter)
        sw_findings_add(examination, SW_FINDING_FATAL,
                        "it is statically linked: there is no loader that would preload anything%s",
                        "", facts->go ? "" : "link it dynamically with glibc (without -static)");
    else if (strstr(facts->loader, "ld-musl") != NULL)
        sw_findings_add(examination, SW_FINDING_FATAL,
                        "it is linked with musl (%s): the library needs glibc", facts->loader,
                        "run a glibc build of it (in a Debian image instead of Alpine)");
    else if (facts->dynamic && !facts->libc && !facts->go)
        sw_findings_add(examination, SW_FINDING_NOTE,
                        "it names no libc.so.6 of its own: only libraries that use it are seen%s",
                        "", "");
}

static void say_rest(struct sw_examination *examination, const struct facts *facts)
{
    char advice[SW_FINDING_BYTES];
    if (facts->sanitizer[0] != '\0') {
        /* libasan.so.8 -> libasan.so: what gcc -print-file-name finds */
        snprintf(advice, sizeof advice,
                 "LD_PRELOAD=\"$(cc -print-file-name=%.*s.so) /path/to/libstallwatch.so\" PROGRAM",
                 (int)strcspn(facts->sanitizer, "."), facts->sanitizer);
        sw_findings_add(examination, SW_FINDING_WARNING,
                        "it is linked with %s, which wants to be the first library",
                        facts->sanitizer, advice);
    }
    if (facts->uring)
        sw_findings_add(examination, SW_FINDING_WARNING,
                        "liburing is linked into it: waits on a ring are not seen%s", "",
                        "link it with liburing.so");
    if (facts->interpreter && !facts->debug)
        sw_findings_add(examination, SW_FINDING_NOTE,
                        "it has no debug information of its own: functions, but no lines%s", "",
                        "build it with -g, or install its -dbgsym package");
}

void sw_examine_elf(struct sw_examination *examination, int fd)
{
    struct facts facts;
    GElf_Ehdr header;
    memset(&facts, 0, sizeof facts);
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    if (elf == NULL || elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &header) == NULL) {
        sw_findings_add(examination, SW_FINDING_FATAL, "it is no ELF program and no script%s", "",
                        "");
        elf_end(elf);
        return;
    }
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != SW_MACHINE_ELF) {
        sw_findings_add(examination, SW_FINDING_FATAL,
                        "it is %s; the library is for " SW_MACHINE_SPOKEN,
                        header.e_ident[EI_CLASS] != ELFCLASS64 && header.e_machine == EM_X86_64
                            ? "an x32 program"
                        : header.e_machine == EM_X86_64  ? "a program for x86-64"
                        : header.e_machine == EM_386     ? "a 32-bit program"
                        : header.e_machine == EM_AARCH64 ? "a program for arm64"
                                                         : "a program for another processor",
                        "");
    } else {
        read_segments(elf, fd, &facts);
        read_sections(elf, &facts);
        say_linkage(examination, &facts);
        say_rest(examination, &facts);
    }
    elf_end(elf);
}
