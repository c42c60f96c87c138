/*
 * The socket and the shared memory between library and helper: made, checked, given up.
 *
 * Called by report/helper.c and helper_due.c on the watchdog thread. Usually that thread has a
 * descriptor table of its own; where it shares the program's, the one descriptor kept here is
 * CLOEXEC, above the usual range, and checked by device and inode before each use, since programs
 * close all that they do not know. The memory is sealed and not passed on to forked children. All
 * system calls are raw: the libc names are wrapped by us and by others.
 */
#include "preload/report/helper_state.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/kernel.h"
#include "common/text.h"
#include "preload/report/helper_environment.h"

#define FIRST_DESCRIPTOR 500

struct sw_helper_state sw_helper; /* all zero: that a program's start need not map it */

uint64_t sw_helper_now_ns(void)
{
    struct timespec now = {0, 0};
    sw_kernel3(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int sw_helper_wait(int events, uint64_t timeout_ns)
{
    struct pollfd waited = {.fd = sw_helper.socket, .events = (short)events};
    struct timespec left = {(time_t)(timeout_ns / 1000000000u), (long)(timeout_ns % 1000000000u)};
    long ready = sw_kernel6(SYS_ppoll, (long)&waited, 1, (long)&left, 0, 8, 0);
    return ready > 0 ? waited.revents : 0;
}

static bool identify(int fd, uint64_t *device, uint64_t *inode)
{
    struct stat status;
    if (fd < 0 || sw_kernel3(SYS_fstat, fd, (long)&status, 0) != 0)
        return false;
    *device = status.st_dev;
    *inode = status.st_ino;
    return true;
}

bool sw_helper_link_is_ours(int fd)
{
    uint64_t device, inode;
    return identify(fd, &device, &inode) && device == sw_helper.socket_device &&
           inode == sw_helper.socket_inode;
}

static const char *error_text(int error)
{
    switch (error) {
    case ENOENT:
        return "no such file";
    case EACCES:
    case EPERM:
        return "not permitted";
    case ENOEXEC:
        return "not a program for this machine";
    case ENOMEM:
        return "not enough memory";
    case EMFILE:
    case ENFILE:
        return "too many open files";
    case EAGAIN:
        return "too many processes";
    default:
        return NULL;
    }
}

static void note_problem(const char *why, int error)
{
    struct sw_text text;
    sw_text_init(&text, sw_helper.problem, sizeof(sw_helper.problem));
    sw_text_string(&text, "no lines: ");
    sw_text_escaped(&text, sw_helper.path, strlen(sw_helper.path), 300);
    sw_text_string(&text, why);
    if (error == 0)
        return;
    sw_text_string(&text, ": ");
    if (error_text(error) != NULL)
        sw_text_string(&text, error_text(error));
    else
        sw_text_string(&text, "error "), sw_text_signed(&text, error);
}

void sw_helper_unlink(const char *why)
{
    int error = __atomic_load_n(&sw_helper.spawn.error, __ATOMIC_ACQUIRE);
    if (sw_helper_link_is_ours(sw_helper.socket))
        sw_kernel_close(sw_helper.socket);
    sw_helper.socket = -1;
    if (sw_helper.shared != NULL)
        sw_kernel3(SYS_munmap, (long)sw_helper.shared, sizeof(*sw_helper.shared), 0);
    sw_helper.shared = NULL;
    sw_helper.phase = SW_HELPER_OVER;
    if (why != NULL)
        note_problem(error != 0 ? " cannot be run" : why, error);
    sw_helper_reap(&sw_helper.spawn);
}

/* The memory that both share; its descriptor, or a negative errno. */
static int make_memory(void)
{
    size_t size = sizeof(struct sw_symbolize_shared);
    int fd =
        (int)sw_kernel3(SYS_memfd_create, (long)"stallwatch", MFD_CLOEXEC | MFD_ALLOW_SEALING, 0);
    if (fd < 0)
        return fd;
    long error = sw_kernel3(SYS_ftruncate, fd, (long)size, 0);
    if (error == 0)
        error = sw_kernel3(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    long at = error == 0
                  ? sw_kernel6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                  : error;
    if (at < 0 && at > -4096) {
        sw_kernel_close(fd);
        return (int)at;
    }
    /* A forked child has a helper of its own, and must not write into this one's. */
    sw_kernel3(SYS_madvise, at, (long)size, MADV_DONTFORK);
    sw_helper.shared = (struct sw_symbolize_shared *)at;
    sw_helper.shared->magic = SW_SYMBOLIZE_MAGIC;
    return fd;
}

static int make_socket(int ends[2])
{
    int yes = 1;
    long error =
        sw_kernel6(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, (long)ends, 0, 0);
    if (error != 0)
        return (int)error;
    /* The helper sees each packet's user: it does nothing for a program that has since changed its
     * own. */
    sw_kernel6(SYS_setsockopt, ends[1], SOL_SOCKET, SO_PASSCRED, (long)&yes, sizeof(yes), 0);
    long high = sw_kernel3(SYS_fcntl, ends[0], F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR);
    if (high >= 0) { /* else as RLIMIT_NOFILE allows: where it is */
        sw_kernel_close(ends[0]);
        ends[0] = (int)high;
    }
    sw_helper.socket = ends[0];
    identify(ends[0], &sw_helper.socket_device, &sw_helper.socket_inode);
    return 0;
}

/* What a fork left of the parent's: its socket (where descriptors are shared with the program) and
 * its task's stacks. */
static void drop_stale(void)
{
    if (sw_helper.socket >= 0 && sw_helper_link_is_ours(sw_helper.socket))
        sw_kernel_close(sw_helper.socket);
    sw_helper.socket = -1;
    sw_helper_reap(&sw_helper.spawn);
}

int sw_helper_link(void)
{
    int ends[2];
    drop_stale();
    int error = (int)sw_kernel6(SYS_faccessat, AT_FDCWD, (long)sw_helper.path, X_OK, 0, 0, 0);
    sw_helper.spawn.error = -error;
    if (error == 0)
        error = make_socket(ends);
    if (error != 0) {
        sw_helper_unlink(" cannot be run");
        return error;
    }
    int memory = make_memory();
    int pidfd = (int)sw_kernel3(SYS_pidfd_open, sw_kernel_getpid(), 0, 0); /* Linux 5.3 on */
    sw_helper.spawn.path = sw_helper.path;
    sw_helper.spawn.environment = sw_helper_environment();
    sw_helper.spawn.socket = ends[1];
    sw_helper.spawn.memory = memory;
    sw_helper.spawn.pidfd = pidfd >= 0 ? pidfd : -1;
    error = memory < 0 ? memory : sw_helper_spawn(&sw_helper.spawn);
    /* The task has copies of its own. */
    sw_kernel_close(ends[1]);
    if (memory >= 0)
        sw_kernel_close(memory);
    if (pidfd >= 0)
        sw_kernel_close(pidfd);
    if (error != 0) {
        sw_helper.spawn.error = -error;
        sw_helper_unlink(" cannot be run");
        return error;
    }
    sw_helper.user = sw_kernel3(SYS_getuid, 0, 0, 0);
    sw_helper.phase = SW_HELPER_RUNNING;
    return 0;
}

int sw_helper_send(size_t length, int fd, int wait_ms)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {.iov_base = sw_helper.packet, .iov_len = length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (!sw_helper_link_is_ours(sw_helper.socket)) {
        sw_helper_unlink(" is out of reach: the program closed its socket");
        return -EBADF;
    }
    if (fd >= 0) {
        memset(&control, 0, sizeof(control));
        control.align.cmsg_len = CMSG_LEN(sizeof(int));
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        memcpy(CMSG_DATA(&control.align), &fd, sizeof(fd));
        message.msg_control = &control;
        message.msg_controllen = sizeof(control);
    }
    long sent = -EAGAIN;
    for (int tries = 0; tries < 2 && sent == -EAGAIN; tries++) {
        if (tries > 0 && (wait_ms == 0 || !sw_helper_wait(POLLOUT, (uint64_t)wait_ms * 1000000u)))
            break;
        sent =
            sw_kernel3(SYS_sendmsg, sw_helper.socket, (long)&message, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    if (sent < 0 && sent != -EAGAIN)
        sw_helper_unlink(" has ended");
    return sent < 0 ? (int)sent : 0;
}
