/*
 * See other_end.h. A pipe has one inode, which both ends' descriptors name
 * (/proc/PID/fd/N -> "pipe:[INODE]"). A TCP connection of this machine has two sockets: the other
 * one's inode is in the line of /proc/net/tcp whose addresses are ours the other way round. A UNIX
 * socket tells by SO_PEERCRED who connected or listened (unix(7)); a pair made by this process
 * itself says nothing.
 */
#include "preload/watch/holder/other_end.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "common/kernel.h"
#include "common/text.h"
#include "preload/notes/process.h"
#include "preload/report/descriptors.h"
#include "preload/watch/kernel/account.h"
#include "preload/watch/kernel/numbers.h"

#define LONGEST_SEARCH_NS UINT64_C(30000000) /* of the watchdog's CPU time */
#define PATH_SIZE         64
#define INODE_SIZE        64

static void make_path(char path[PATH_SIZE], const char *before, int number, const char *behind)
{
    struct sw_text text;
    sw_text_init(&text, path, PATH_SIZE);
    sw_text_string(&text, before);
    sw_text_unsigned(&text, (uint64_t)number);
    sw_text_string(&text, behind);
}

/* Adds the children of one of our threads; our own helper's forerunner is the watchdog's. */
static void count_children(int tid, int *count, int *child)
{
    char path[PATH_SIZE], list[4096];
    if (tid == atomic_load(&sw_process->watchdog_tid))
        return;
    make_path(path, "/proc/self/task/", tid, "/children");
    if (sw_kernel_slurp(path, list, sizeof list) <= 0)
        return;
    for (const char *c = list; *c != '\0';) {
        int number = 0;
        for (; *c >= '0' && *c <= '9'; c++)
            number = number * 10 + (*c - '0');
        if (number > 0) {
            *child = number;
            (*count)++;
        }
        while (*c != '\0' && (*c < '0' || *c > '9'))
            c++;
    }
}

int sw_other_end_only_child(void)
{
    struct sw_numbers tasks;
    int count = 0, child = 0;
    if (!sw_numbers_open(&tasks, "/proc/self/task"))
        return 0;
    for (int tid; (tid = sw_numbers_next(&tasks)) >= 0;)
        count_children(tid, &count, &child);
    sw_numbers_close(&tasks);
    return count == 1 ? child : 0;
}

static bool links_to(const char *path, const char *wanted)
{
    char target[INODE_SIZE];
    long length =
        sw_kernel6(SYS_readlinkat, AT_FDCWD, (long)path, (long)target, sizeof target - 1, 0, 0);
    if (length <= 0)
        return false;
    target[length] = '\0';
    return strcmp(target, wanted) == 0;
}

static bool process_has(int pid, const char *wanted)
{
    char folder[PATH_SIZE], path[PATH_SIZE];
    struct sw_numbers descriptors;
    bool found = false;
    make_path(folder, "/proc/", pid, "/fd/");
    if (!sw_numbers_open(&descriptors, folder))
        return false;
    for (int fd; !found && (fd = sw_numbers_next(&descriptors)) >= 0;) {
        make_path(path, folder, fd, "");
        found = links_to(path, wanted);
    }
    sw_numbers_close(&descriptors);
    return found;
}

/* On a crowded machine the same work takes longer by the clock on the wall, and is the same work.
 */
static uint64_t own_cpu_ns(void)
{
    struct timespec now = {0, 0};
    sw_kernel3(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, (long)&now, 0);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* The one process but ours that has a descriptor of what `wanted` names; 0 also where there are too
 * many to look at. */
static int find_process(const char *wanted)
{
    struct sw_numbers processes;
    int found = 0;
    uint64_t until = own_cpu_ns() + LONGEST_SEARCH_NS;
    if (!sw_numbers_open(&processes, "/proc"))
        return 0;
    for (int pid; (pid = sw_numbers_next(&processes)) >= 0;) {
        bool has = pid != sw_process->pid && process_has(pid, wanted);
        if ((has && found != 0) || own_cpu_ns() > until) {
            found = 0;
            break;
        }
        if (has)
            found = pid;
    }
    sw_numbers_close(&processes);
    return found;
}

static long get_option(int fd, int option, void *value, socklen_t size)
{
    return sw_kernel6(SYS_getsockopt, fd, SOL_SOCKET, option, (long)value, (long)&size, 0);
}

static int find_by_credentials(int fd)
{
    struct ucred peer = {0, 0, 0};
    if (get_option(fd, SO_PEERCRED, &peer, sizeof peer) != 0 || peer.pid == sw_process->pid)
        return 0;
    return peer.pid;
}

/* An address as /proc/net/tcp writes it: words in the machine's order, the port as a number. */
static bool write_address(struct sw_text *text, const struct sockaddr_storage *address)
{
    uint32_t words[4];
    unsigned count = 0, port = 0;
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        memcpy(words, &in->sin_addr, 4);
        port = ntohs(in->sin_port);
        count = 1;
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)address;
        memcpy(words, &in->sin6_addr, 16);
        port = ntohs(in->sin6_port);
        count = 4;
    }
    for (unsigned i = 0; i < count; i++)
        sw_text_hex(text, words[i], 8);
    sw_text_char(text, ':');
    sw_text_hex(text, port, 4);
    return count > 0;
}

/* Upper case, as there. */
static void raise_letters(char *text)
{
    for (; *text != '\0'; text++)
        if (*text >= 'a' && *text <= 'f')
            *text = (char)(*text - 'a' + 'A');
}

/* The tenth field of a line of /proc/net/tcp. */
static bool copy_inode(const char *line, struct sw_text *text)
{
    for (unsigned field = 0; field < 9; field++) {
        line += strspn(line, " ");
        line += strcspn(line, " \n");
    }
    line += strspn(line, " ");
    sw_text_string(text, "socket:[");
    sw_text_bytes(text, line, strspn(line, "0123456789"));
    sw_text_char(text, ']');
    return *line >= '1' && *line <= '9';
}

static bool find_line(const char *path, const char *wanted, struct sw_text *inode)
{
    char buffer[8192];
    size_t kept = 0;
    bool found = false;
    int fd = sw_kernel_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return false;
    while (!found) {
        long got = sw_kernel_read(fd, buffer + kept, sizeof buffer - 1 - kept);
        if (got <= 0)
            break;
        buffer[kept + (size_t)got] = '\0';
        char *line = buffer;
        for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = '\0';
            if (!found && strstr(line, wanted) != NULL)
                found = copy_inode(line, inode);
        }
        kept = strlen(line);
        memmove(buffer, line, kept + 1);
        if (kept == sizeof buffer - 1)
            break;
    }
    sw_kernel_close(fd);
    return found;
}

static int find_by_addresses(int fd, int family)
{
    struct sockaddr_storage own, peer;
    socklen_t own_size = sizeof own, peer_size = sizeof peer;
    char wanted[128], inode[INODE_SIZE];
    struct sw_text text, inode_text;
    if (sw_kernel3(SYS_getsockname, fd, (long)&own, (long)&own_size) != 0 ||
        sw_kernel3(SYS_getpeername, fd, (long)&peer, (long)&peer_size) != 0)
        return 0;
    sw_text_init(&text, wanted, sizeof wanted);
    sw_text_init(&inode_text, inode, sizeof inode);
    write_address(&text, &peer);
    sw_text_char(&text, ' ');
    write_address(&text, &own);
    raise_letters(wanted);
    if (!find_line(family == AF_INET ? "/proc/self/net/tcp" : "/proc/self/net/tcp6", wanted,
                   &inode_text))
        return 0;
    return find_process(inode);
}

static int find_peer(int fd)
{
    int family = 0, type = 0;
    if (get_option(fd, SO_DOMAIN, &family, sizeof family) != 0 ||
        get_option(fd, SO_TYPE, &type, sizeof type) != 0)
        return 0;
    if (family == AF_UNIX)
        return find_by_credentials(fd);
    if ((family == AF_INET || family == AF_INET6) && type == SOCK_STREAM)
        return find_by_addresses(fd, family);
    return 0;
}

/* "pipe:[4711]", "anon_inode:[eventfd]". */
static bool what_is(int fd, char target[INODE_SIZE])
{
    char path[PATH_SIZE];
    if (fd < 0)
        return false;
    make_path(path, "/proc/self/fd/", fd, "");
    long length =
        sw_kernel6(SYS_readlinkat, AT_FDCWD, (long)path, (long)target, INODE_SIZE - 1, 0, 0);
    target[length > 0 ? length : 0] = '\0';
    return length > 0;
}

int sw_other_end_of(int fd)
{
    char target[INODE_SIZE];
    if (!what_is(fd, target))
        return 0;
    if (strncmp(target, "pipe:[", 6) == 0)
        return find_process(target);
    if (strncmp(target, "socket:[", 8) != 0)
        return 0;
    /* The watchdog's descriptors are its own. */
    int socket = sw_descriptors_borrow(fd);
    int pid = socket >= 0 ? find_peer(socket) : 0;
    sw_descriptors_return(socket);
    return pid;
}

/* What a process and its child talk by, and what wakes a loop from within. */
static bool is_of_the_family(int fd)
{
    char target[INODE_SIZE];
    if (!what_is(fd, target))
        return false;
    if (strncmp(target, "socket:[", 8) != 0)
        return strncmp(target, "pipe:[", 6) == 0 || strcmp(target, "anon_inode:[eventfd]") == 0;
    int family = 0, socket = sw_descriptors_borrow(fd);
    bool known = socket >= 0 && get_option(socket, SO_DOMAIN, &family, sizeof family) == 0;
    sw_descriptors_return(socket);
    return known && family == AF_UNIX;
}

/* /proc/self/fdinfo has a line "tfd: N" for each that is in the set (proc(5)). */
static bool is_set_of_the_family(int epoll)
{
    char path[PATH_SIZE], lines[4096];
    unsigned count = 0;
    make_path(path, "/proc/self/fdinfo/", epoll, "");
    long length = epoll >= 0 ? sw_kernel_slurp(path, lines, sizeof lines) : -1;
    if (length <= 0 || length == sizeof lines - 1)
        return false;
    for (const char *at = strstr(lines, "tfd:"); at != NULL; at = strstr(at + 4, "tfd:")) {
        int fd = 0;
        for (const char *c = at + 4 + strspn(at + 4, " "); *c >= '0' && *c <= '9'; c++)
            fd = fd * 10 + (*c - '0');
        if (!is_of_the_family(fd))
            return false;
        count++;
    }
    return count > 0;
}

/* The kernel lists a thread's children in the order in which they were made, and says when in
 * hundredths of a second. */
int sw_other_end_young_child(int tid, int epoll, uint64_t most_ns)
{
    int count = 0, child = 0;
    count_children(tid, &count, &child);
    return count > 0 && sw_account_process_age_ns(child) <= most_ns + UINT64_C(10000000) &&
                   is_set_of_the_family(epoll)
               ? child
               : 0;
}
