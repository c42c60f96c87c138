/* See numbers.h. Without opendir(3), which mallocs. */
#include "preload/watch/kernel/numbers.h"

#include <stdint.h>

#include "common/kernel.h"

/* As getdents64(2) lays it out. */
struct entry {
    uint64_t inode;
    int64_t next;
    unsigned short length;
    unsigned char type;
    char name[];
};

bool sw_numbers_open(struct sw_numbers *numbers, const char *path)
{
    numbers->fd = sw_kernel_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    numbers->at = numbers->length = 0;
    return numbers->fd >= 0;
}

int sw_numbers_next(struct sw_numbers *numbers)
{
    for (;;) {
        if (numbers->at >= numbers->length) {
            numbers->length = sw_kernel3(SYS_getdents64, numbers->fd, (long)numbers->buffer,
                                         sizeof numbers->buffer);
            numbers->at = 0;
            if (numbers->length <= 0)
                return -1;
        }
        const struct entry *entry = (const struct entry *)(numbers->buffer + numbers->at);
        numbers->at += entry->length;
        int number = 0;
        const char *c = entry->name;
        for (; *c >= '0' && *c <= '9' && number < 100000000; c++)
            number = number * 10 + (*c - '0');
        if (*c == '\0' && c != entry->name)
            return number;
    }
}

void sw_numbers_close(struct sw_numbers *numbers)
{
    sw_kernel_close(numbers->fd);
}
