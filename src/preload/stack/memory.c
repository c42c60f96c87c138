/*
 * Reads of our own process that cannot fault: process_vm_readv(2) of ourselves.
 *
 * Called by everything that follows the program's pointers: the unwinder, modules, symbols of the
 * vDSO, languages. Watchdog thread only.
 *
 * A page is read whole, once in a capture: unwinding reads CFI byte by byte, and a system call
 * costs about as much for 4096 bytes as for 8. The blocks are direct-mapped, and forgetting them is
 * one addition. Where process_vm_readv is forbidden (seccomp filters of older container engines
 * answer EPERM), /proc/self/mem does the same, opened for each read: a descriptor kept would be
 * closed, or taken over, by programs that close everything.
 */
#include "preload/stack/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "common/kernel.h"
#include "preload/stack/maps.h"

#define PAGE   UINT64_C(4096)
#define BLOCKS 128
#define BATCH  64 /* pages in one system call of sw_memory_copy */

struct block {
    uint64_t page;
    uint64_t capture; /* it holds what was there then; 0: never */
    bool readable;
};

static struct block blocks[BLOCKS];
/* Not aligned: all that is zero at the start would be, and away from what is written then. */
static uint8_t block_bytes[BLOCKS][4096];
static uint64_t capture = 1;
static bool vm_readv_forbidden;

void sw_memory_forget(void)
{
    capture++;
}

void sw_memory_give_back(void)
{
    uint64_t first = ((uint64_t)(uintptr_t)block_bytes + PAGE - 1) / PAGE * PAGE;
    uint64_t end = (uint64_t)(uintptr_t)(block_bytes + BLOCKS) / PAGE * PAGE;
    sw_memory_forget();
    sw_kernel3(SYS_madvise, (long)first, (long)(end - first), MADV_DONTNEED);
}

uint64_t sw_memory_capture(void)
{
    return capture;
}

void sw_memory_forbid_vm_readv(bool forbid)
{
    vm_readv_forbidden = forbid;
}

static size_t copy_through_file(uint64_t address, uint8_t *to, size_t size)
{
    int fd = sw_kernel_open("/proc/self/mem", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    size_t done = 0;
    while (done < size) {
        long got = sw_kernel_pread(fd, to + done, size - done, address + done);
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    sw_kernel_close(fd);
    return done;
}

/* At most BATCH pages. process_vm_readv(2): a transfer ends early between two iovecs, so each page
 * has one. */
static long copy_batch(uint64_t address, uint8_t *to, size_t size)
{
    struct iovec remote[BATCH];
    struct iovec local = {.iov_base = to, .iov_len = size};
    unsigned count = 0;
    for (size_t done = 0; done < size && count < BATCH; count++) {
        size_t part = PAGE - ((address + done) & (PAGE - 1));
        if (part > size - done)
            part = size - done;
        remote[count].iov_base = (void *)(uintptr_t)(address + done);
        remote[count].iov_len = part;
        done += part;
    }
    /* By the caller's own number: a main thread that is gone (pthread_exit) has no memory. */
    return sw_kernel6(SYS_process_vm_readv, sw_kernel_gettid(), (long)&local, 1, (long)remote,
                      count, 0);
}

size_t sw_memory_copy(uint64_t address, void *to, size_t size)
{
    uint8_t *bytes = to;
    size_t done = 0;
    if (size > UINT64_MAX - address)
        size = UINT64_MAX - address;
    while (done < size && !vm_readv_forbidden) {
        size_t part = size - done;
        size_t most = (BATCH - 1) * PAGE;
        long got = copy_batch(address + done, bytes + done, part < most ? part : most);
        if (got == -EPERM || got == -ENOSYS)
            vm_readv_forbidden = true;
        else if (got <= 0)
            return done;
        else
            done += (size_t)got;
    }
    if (done < size)
        done += copy_through_file(address + done, bytes + done, size - done);
    return done;
}

/* A byte of each of `count` pages, at most BATCH, going by `step` from `page` on: of how many. */
static size_t probe_batch(uint64_t page, int64_t step, size_t count)
{
    uint8_t bytes[BATCH];
    struct iovec remote[BATCH];
    struct iovec local = {.iov_base = bytes, .iov_len = count};
    for (size_t i = 0; i < count; i++)
        remote[i] = (struct iovec){(void *)(uintptr_t)(page + (uint64_t)((int64_t)i * step)), 1};
    long got = vm_readv_forbidden ? -EPERM
                                  : sw_kernel6(SYS_process_vm_readv, sw_kernel_gettid(),
                                               (long)&local, 1, (long)remote, (long)count, 0);
    if (got != -EPERM && got != -ENOSYS)
        return got > 0 ? (size_t)got : 0;
    vm_readv_forbidden = true;
    size_t done = 0;
    while (done < count &&
           copy_through_file((uint64_t)(uintptr_t)remote[done].iov_base, bytes, 1) == 1)
        done++;
    return done;
}

size_t sw_memory_pages(uint64_t address, bool down, size_t most)
{
    uint64_t page = address - address % PAGE;
    int64_t step = down ? -PAGE : PAGE;
    uint64_t there = down ? page / PAGE + 1 : (UINT64_MAX - page) / PAGE + 1;
    size_t done = 0;
    if (most > there)
        most = (size_t)there;
    while (done < most) {
        size_t part = most - done < BATCH ? most - done : BATCH;
        size_t got = probe_batch(page + (uint64_t)((int64_t)done * step), step, part);
        done += got;
        if (got < part)
            break;
    }
    return done;
}

/* The bytes of the page, or NULL where it cannot be read (remembered as well: garbage is often
 * followed twice). */
static const uint8_t *block_of(uint64_t page)
{
    unsigned index = (unsigned)((page ^ page >> 7 ^ page >> 14) % BLOCKS);
    struct block *block = &blocks[index];
    if (block->capture != capture || block->page != page) {
        block->readable = sw_memory_copy(page * PAGE, block_bytes[index], PAGE) == PAGE;
        block->page = page;
        block->capture = capture;
    }
    return block->readable ? block_bytes[index] : NULL;
}

int sw_memory_read(uint64_t address, void *to, size_t size)
{
    uint8_t *bytes = to;
    if (size > UINT64_MAX - address)
        return -EFAULT;
    while (size > 0) {
        size_t at = address % PAGE;
        size_t part = PAGE - at < size ? PAGE - at : size;
        const uint8_t *from = block_of(address / PAGE);
        if (!from)
            return -EFAULT;
        memcpy(bytes, from + at, part);
        bytes += part;
        address += part;
        size -= part;
    }
    return 0;
}

int sw_memory_string(uint64_t address, char *to, size_t size)
{
    size_t length = 0;
    if (size == 0)
        return -EFAULT;
    to[0] = '\0';
    while (length + 1 < size) {
        size_t at = address % PAGE;
        size_t part = PAGE - at < size - 1 - length ? PAGE - at : size - 1 - length;
        const uint8_t *from = block_of(address / PAGE);
        if (!from)
            return -EFAULT;
        size_t have = strnlen((const char *)from + at, part);
        memcpy(to + length, from + at, have);
        length += have;
        to[length] = '\0';
        if (have < part)
            return 0;
        address += part;
    }
    return 0;
}

int sw_memory_mapping(uint64_t address, uint64_t *low, uint64_t *high, bool *grows)
{
    struct sw_maps_line line;
    char path[16];
    if (sw_maps_find(address, &line, path, sizeof path) < 0)
        return -ENOENT;
    *low = line.low;
    *high = line.high;
    *grows = strcmp(path, "[stack]") == 0;
    return 0;
}
