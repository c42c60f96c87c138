/* See descriptors.h. */
#include "preload/report/descriptors.h"

#include <errno.h>
#include <linux/close_range.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <string.h>

#include "common/kernel.h"

#define KEPT_FROM 900

static bool private_table;
static int process_fd = -1;
static bool taken[KEPT_FROM]; /* in our own table, for a moment */

/* Asked with arguments that are wrong in themselves: what comes back tells whether the call is
 * allowed at all. */
static bool may_borrow(void)
{
    return sw_kernel3(SYS_pidfd_getfd, -1, 0, 0) == -EBADF &&
           sw_kernel3(SYS_pidfd_open, 0, 0, 0) == -EINVAL;
}

void sw_descriptors_start(bool may_unshare)
{
    private_table = may_unshare && may_borrow() &&
                    sw_kernel3(SYS_close_range, 0, INT64_C(0xffffffff), CLOSE_RANGE_UNSHARE) == 0;
    if (!private_table)
        return;
    /* 0, 1 and 2 stay taken, so that nothing opened here is mistaken for a standard stream. */
    for (int i = 0; i < 3; i++)
        sw_kernel_open("/dev/null", O_RDWR | O_CLOEXEC, 0);
    process_fd = (int)sw_kernel3(SYS_pidfd_open, sw_kernel_getpid(), 0, 0);
}

bool sw_descriptors_private(void)
{
    return private_table;
}

int sw_descriptors_borrow(int fd)
{
    if (!private_table)
        return fd;
    return (int)sw_kernel3(SYS_pidfd_getfd, process_fd, fd, 0);
}

void sw_descriptors_return(int borrowed)
{
    if (private_table && borrowed >= 0)
        sw_kernel_close(borrowed);
}

int sw_descriptors_keep(int fd)
{
    if (private_table || fd < 0)
        return fd;
    struct rlimit limit = {0, 0};
    sw_kernel3(SYS_getrlimit, RLIMIT_NOFILE, (long)&limit, 0);
    long from = limit.rlim_cur > KEPT_FROM + 16 ? KEPT_FROM : (long)limit.rlim_cur / 2;
    long moved = sw_kernel3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, from);
    if (moved < 0)
        return fd;
    sw_kernel_close(fd);
    return (int)moved;
}

/* All that are free below KEPT_FROM; where there may not be as many, two are left. */
static void take_low_numbers(void)
{
    long fd, last[2] = {-1, -1};
    while ((fd = sw_kernel3(SYS_dup, 0, 0, 0)) >= 0 && fd < KEPT_FROM) {
        taken[fd] = true;
        last[0] = last[1];
        last[1] = fd;
    }
    if (fd >= 0)
        sw_kernel_close((int)fd);
    for (int i = 0; i < 2 && fd < 0 && last[i] >= 0; i++) {
        taken[last[i]] = false;
        sw_kernel_close((int)last[i]);
    }
}

static void free_low_numbers(void)
{
    for (int fd = 0; fd < KEPT_FROM; fd++)
        if (taken[fd])
            sw_kernel_close(fd);
    memset(taken, 0, sizeof taken);
}

void sw_descriptors_pipe_begin(int ends[2], bool numbered)
{
    ends[0] = ends[1] = -1;
    if (private_table && numbered)
        take_low_numbers();
    if (private_table)
        return;
    ends[0] = sw_kernel_open("/dev/null", O_RDONLY | O_CLOEXEC, 0);
    ends[1] = sw_kernel_open("/dev/null", O_RDONLY | O_CLOEXEC, 0);
    sw_kernel_close(ends[0]);
    sw_kernel_close(ends[1]);
}

void sw_descriptors_pipe_end(const int ends[2])
{
    struct stat one, other;
    free_low_numbers();
    if (private_table || sw_kernel3(SYS_fstat, ends[0], (long)&one, 0) != 0 ||
        sw_kernel3(SYS_fstat, ends[1], (long)&other, 0) != 0)
        return;
    if (!S_ISFIFO(one.st_mode) || one.st_ino != other.st_ino || one.st_dev != other.st_dev)
        return;
    sw_kernel_close(ends[0]);
    sw_kernel_close(ends[1]);
}
