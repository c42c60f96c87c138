/*
 * ELF headers and build ids, from a file by pread or from memory by memory.h.
 *
 * Called by modules.c (what is mapped) and symbols.c (what the file says now); that both build ids
 * come from one piece of code is what makes comparing them sound. Watchdog thread only.
 */
#include "preload/stack/elf.h"

#include <errno.h>
#include <string.h>

#include "common/kernel.h"
#include "preload/machine/machine.h"
#include "preload/stack/memory.h"

#define NOTES_SIZE 65536 /* bytes of one PT_NOTE looked through */

int sw_elf_read(const struct sw_elf *elf, uint64_t offset, void *to, size_t size)
{
    uint8_t *bytes = to;
    if (offset > INT64_MAX || size > INT64_MAX - offset)
        return -EFAULT;
    if (elf->fd < 0)
        return sw_memory_read(elf->base + offset, to, size);
    while (size > 0) {
        long got = sw_kernel_pread(elf->fd, bytes, size, offset);
        if (got <= 0)
            return -EFAULT;
        bytes += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return 0;
}

int sw_elf_open(struct sw_elf *elf, int fd, uint64_t base)
{
    elf->fd = fd;
    elf->base = base;
    elf->segment_count = 0;
    if (sw_elf_read(elf, 0, &elf->header, sizeof elf->header) < 0)
        return -EFAULT;
    const Elf64_Ehdr *header = &elf->header;
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_machine != SW_MACHINE_ELF ||
        (header->e_type != ET_EXEC && header->e_type != ET_DYN) ||
        header->e_phentsize != sizeof(Elf64_Phdr))
        return -ENOEXEC;
    unsigned count = header->e_phnum < SW_ELF_SEGMENTS ? header->e_phnum : SW_ELF_SEGMENTS;
    if (sw_elf_read(elf, header->e_phoff, elf->segment, count * sizeof(Elf64_Phdr)) < 0)
        return -EFAULT;
    elf->segment_count = count;
    return 0;
}

const Elf64_Phdr *sw_elf_segment(const struct sw_elf *elf, uint32_t type)
{
    for (unsigned i = 0; i < elf->segment_count; i++)
        if (elf->segment[i].p_type == type)
            return &elf->segment[i];
    return NULL;
}

uint64_t sw_elf_first_address(const struct sw_elf *elf)
{
    const Elf64_Phdr *load = sw_elf_segment(elf, PT_LOAD);
    return load ? (load->p_vaddr - load->p_offset) & ~UINT64_C(4095) : 0;
}

static void put_hex(const uint8_t *bytes, size_t size, char *hex)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        *hex++ = digits[bytes[i] >> 4];
        *hex++ = digits[bytes[i] & 15];
    }
    *hex = '\0';
}

static int read_note(const struct sw_elf *elf, const Elf64_Phdr *segment, uint64_t at, void *to,
                     size_t size)
{
    if (elf->fd >= 0)
        return sw_elf_read(elf, segment->p_offset + at, to, size);
    uint64_t bias = elf->base - sw_elf_first_address(elf);
    return sw_memory_read(bias + segment->p_vaddr + at, to, size);
}

static bool find_in_notes(const struct sw_elf *elf, const Elf64_Phdr *segment, char hex[65])
{
    uint64_t size = segment->p_filesz < NOTES_SIZE ? segment->p_filesz : NOTES_SIZE;
    uint64_t align = segment->p_align == 8 ? 8 : 4;
    uint64_t at = 0;
    while (at + sizeof(Elf64_Nhdr) <= size) {
        Elf64_Nhdr note;
        char name[4];
        uint8_t id[32];
        if (read_note(elf, segment, at, &note, sizeof note) < 0)
            return false;
        uint64_t id_at = (at + sizeof note + note.n_namesz + align - 1) & -align;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && note.n_descsz > 0 &&
            note.n_descsz <= sizeof id && id_at + note.n_descsz <= size &&
            read_note(elf, segment, at + sizeof note, name, sizeof name) == 0 &&
            memcmp(name, "GNU", 4) == 0 && read_note(elf, segment, id_at, id, note.n_descsz) == 0) {
            put_hex(id, note.n_descsz, hex);
            return true;
        }
        at = (id_at + note.n_descsz + align - 1) & -align;
    }
    return false;
}

void sw_elf_build_id(const struct sw_elf *elf, char hex[65])
{
    hex[0] = '\0';
    for (unsigned i = 0; i < elf->segment_count; i++)
        if (elf->segment[i].p_type == PT_NOTE && find_in_notes(elf, &elf->segment[i], hex))
            return;
}
