/*
 * chroot(2): see roots.h. Where the folder has a /proc, nothing is done: that is a system of its
 * own, which a thread with another root would lead out of (/proc/self/task/TID/root).
 */
#include "preload/interpose/roots.h"

#include <errno.h>
#include <linux/capability.h>
#include <unistd.h>

#include "common/kernel.h"
#include "preload/interpose/next.h"
#include "preload/notes/process.h"

SW_NEXT_DEFINE_COLD(chroot);

static bool may_change(void)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}, {0, 0, 0}};
    return sw_kernel3(SYS_capget, (long)&head, (long)data, 0) == 0 &&
           (data[0].effective >> CAP_SYS_CHROOT & 1) != 0;
}

/* A folder, and one without a /proc? */
static bool is_bare(const char *path)
{
    int fd = sw_kernel_open(path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool bare = sw_kernel6(SYS_faccessat, fd, (long)"proc/self/task", F_OK, 0, 0, 0) != 0;
    sw_kernel_close(fd);
    return bare;
}

void sw_roots_change(const char *path)
{
    int saved_errno = errno;
    if (sw_process_is_watched() && sw_process_shut_in != NULL && may_change() && is_bare(path))
        sw_process_shut_in(true);
    errno = saved_errno;
}

SW_EXPORT int chroot(const char *path)
{
    sw_roots_change(path);
    return SW_NEXT(chroot)(path);
}
