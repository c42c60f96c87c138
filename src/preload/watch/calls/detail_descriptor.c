/*
 * What a descriptor of the program is, asked of /proc and of the kernel when it is wanted: the
 * watchdog borrows a socket for the moment of the question. See detail_parts.h. Watchdog thread.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "common/kernel.h"
#include "preload/report/descriptors.h"
#include "preload/watch/calls/detail_parts.h"

static long read_link(int fd, char *target, size_t size)
{
    char path[64];
    struct sw_text name;
    if (fd < 0)
        return -EBADF;
    sw_text_init(&name, path, sizeof path);
    sw_text_string(&name, "/proc/self/fd/");
    sw_text_unsigned(&name, (uint64_t)fd);
    long length =
        sw_kernel6(SYS_readlinkat, AT_FDCWD, (long)path, (long)target, (long)size - 1, 0, 0);
    target[length > 0 ? length : 0] = '\0';
    return length;
}

static void say_number(struct sw_text *text, int fd)
{
    sw_text_string(text, "fd ");
    sw_text_signed(text, fd);
}

bool sw_detail_say_host(struct sw_text *text, const void *bytes, uint64_t length, int family)
{
    const unsigned char *byte = bytes;
    if (family == AF_INET && length >= 4) {
        for (int i = 0; i < 4; i++) {
            if (i > 0)
                sw_text_char(text, '.');
            sw_text_unsigned(text, byte[i]);
        }
        return true;
    }
    if (family != AF_INET6 || length < 16)
        return false;
    /* The longest run of zero groups is left out (RFC 5952). */
    unsigned group[8], best = 8, best_length = 1;
    for (unsigned i = 0; i < 8; i++)
        group[i] = (unsigned)byte[2 * i] << 8 | byte[2 * i + 1];
    for (unsigned i = 0; i < 8; i++) {
        unsigned run = 0;
        while (i + run < 8 && group[i + run] == 0)
            run++;
        if (run > best_length) {
            best = i;
            best_length = run;
        }
    }
    for (unsigned i = 0; i < 8; i++) {
        if (i == best) {
            sw_text_string(text, "::");
            i += best_length - 1;
            continue;
        }
        if (i > 0 && i != best + best_length)
            sw_text_char(text, ':');
        sw_text_hex(text, group[i], 1);
    }
    return true;
}

static void say_port(struct sw_text *text, uint16_t network_order)
{
    sw_text_char(text, ':');
    sw_text_unsigned(text, ntohs(network_order));
}

bool sw_detail_say_address(struct sw_text *text, const void *address, uint64_t length)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
        unsigned char bytes[sizeof(struct sockaddr_storage)];
    } copy;
    memset(&copy, 0, sizeof copy);
    memcpy(&copy, address, length < sizeof copy ? length : sizeof copy);
    if (copy.any.sa_family == AF_INET && length >= sizeof copy.in) {
        sw_detail_say_host(text, &copy.in.sin_addr, 4, AF_INET);
        say_port(text, copy.in.sin_port);
        return true;
    }
    if (copy.any.sa_family == AF_INET6 && length >= 28) {
        sw_text_char(text, '[');
        sw_detail_say_host(text, &copy.in6.sin6_addr, 16, AF_INET6);
        sw_text_char(text, ']');
        say_port(text, copy.in6.sin6_port);
        return true;
    }
    size_t path = offsetof(struct sockaddr_un, sun_path);
    if (copy.any.sa_family != AF_UNIX || length <= path)
        return false;
    size_t most = length - path < sizeof copy.un.sun_path ? length - path : sizeof copy.un.sun_path;
    bool hidden = copy.un.sun_path[0] == '\0'; /* an abstract name, unix(7) */
    if (hidden)
        sw_text_char(text, '@');
    const char *name = copy.un.sun_path + (hidden ? 1 : 0);
    size_t name_length = hidden ? most - 1 : strnlen(name, most);
    sw_text_escaped(text, name, name_length, SW_DETAIL_NAME);
    return true;
}

static void say_socket_timeout(struct sw_text *text, int borrowed, int option)
{
    struct timeval limit;
    int32_t size = sizeof limit;
    if (sw_kernel6(SYS_getsockopt, borrowed, SOL_SOCKET, option, (long)&limit, (long)&size, 0) != 0)
        return;
    sw_text_string(text, ", ");
    uint64_t ns = (uint64_t)limit.tv_sec * UINT64_C(1000000000) + (uint64_t)limit.tv_usec * 1000;
    if (ns > 0)
        sw_text_string(text, "timeout ");
    sw_detail_say_timeout(text, ns > 0 ? (int64_t)ns : -1);
}

void sw_detail_say_socket_timeout(struct sw_text *text, int fd, int option)
{
    int borrowed = sw_descriptors_borrow(fd);
    if (borrowed >= 0)
        say_socket_timeout(text, borrowed, option);
    sw_descriptors_return(borrowed);
}

void sw_detail_say_socket(struct sw_text *text, int fd, int option)
{
    struct sockaddr_storage address;
    int32_t size = sizeof address;
    int borrowed = sw_descriptors_borrow(fd);
    size_t before = text->length;
    bool said = false;
    if (borrowed >= 0) {
        if (sw_kernel3(SYS_getpeername, borrowed, (long)&address, (long)&size) == 0) {
            said = sw_detail_say_address(text, &address, (uint64_t)size);
        } else {
            size = sizeof address;
            said = sw_kernel3(SYS_getsockname, borrowed, (long)&address, (long)&size) == 0 &&
                   sw_detail_say_address(text, &address, (uint64_t)size);
        }
    }
    if (!said) {
        sw_text_rewind(text, before);
        sw_text_string(text, "socket ");
        say_number(text, fd);
    }
    if (option != 0 && borrowed >= 0)
        say_socket_timeout(text, borrowed, option);
    sw_descriptors_return(borrowed);
}

void sw_detail_say_descriptor(struct sw_text *text, int fd, int option)
{
    char target[512];
    long length = read_link(fd, target, sizeof target);
    if (length <= 0) {
        say_number(text, fd);
        return;
    }
    if (target[0] == '/') {
        sw_text_escaped(text, target, (size_t)length, SW_DETAIL_NAME);
        return;
    }
    if (strncmp(target, "socket:", 7) == 0) {
        sw_detail_say_socket(text, fd, option);
        return;
    }
    /* "pipe:[1234]", "anon_inode:[eventfd]": the number would make two runs differ. */
    const char *colon = strchr(target, ':');
    const char *what = target;
    size_t what_length = colon != NULL ? (size_t)(colon - target) : (size_t)length;
    if (strncmp(target, "anon_inode:", 11) == 0) {
        what = target + 11;
        what_length = (size_t)length - (size_t)(what - target);
        if (what_length > 2 && what[0] == '[') {
            what++;
            what_length -= 2;
        }
    }
    sw_text_escaped(text, what, what_length, SW_DETAIL_NAME);
    sw_text_char(text, ' ');
    say_number(text, fd);
}

void sw_detail_say_directory(struct sw_text *text, int fd)
{
    char target[512];
    if (fd == AT_FDCWD || read_link(fd, target, sizeof target) <= 0 || target[0] != '/')
        return;
    sw_text_escaped(text, target, strlen(target), SW_DETAIL_NAME);
    sw_text_char(text, '/');
}
