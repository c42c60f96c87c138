/* Sockets in blocking mode. Whose address the other end has, and whether a timeout is set, the
 * watchdog asks when it wants to know. Any thread; see wrap.h. Cancellation points. */
#include <string.h>
#include <sys/socket.h>

#include "preload/interpose/wrap.h"

/* Exported by libc, not declared for users. */
int __connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t size);
ssize_t __send(int fd, const void *from, size_t size, int flags);
ssize_t __recv_chk(int fd, void *to, size_t size, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *to, size_t size, size_t room, int flags,
                       __SOCKADDR_ARG address, socklen_t *address_size);

/* Addresses are unions of pointers in glibc's headers, so that any kind may be passed. */
#define AT(address)                                                                                \
    ({                                                                                             \
        uintptr_t at_;                                                                             \
        memcpy(&at_, &(address), sizeof at_);                                                      \
        at_;                                                                                       \
    })

SW_WRAP_READS(SW_MINUS_ONE, int, connect, connect,
              (int fd, __CONST_SOCKADDR_ARG address, socklen_t size), (fd, address, size), fd,
              AT(address), size)
SW_WRAP_READS(SW_MINUS_ONE, int, __connect, connect,
              (int fd, __CONST_SOCKADDR_ARG address, socklen_t size), (fd, address, size), fd,
              AT(address), size)
SW_WRAP(int, accept, accept, (int fd, __SOCKADDR_ARG address, socklen_t *size), (fd, address, size),
        fd, 0, 0)
SW_WRAP(int, accept4, accept4, (int fd, __SOCKADDR_ARG address, socklen_t *size, int flags),
        (fd, address, size, flags), fd, 0, 0)

SW_WRAP(ssize_t, recv, recv, (int fd, void *to, size_t size, int flags), (fd, to, size, flags), fd,
        size, 0)
SW_WRAP(ssize_t, __recv_chk, recv, (int fd, void *to, size_t size, size_t room, int flags),
        (fd, to, size, room, flags), fd, size, 0)
SW_WRAP(ssize_t, recvfrom, recvfrom,
        (int fd, void *to, size_t size, int flags, __SOCKADDR_ARG address, socklen_t *address_size),
        (fd, to, size, flags, address, address_size), fd, size, 0)
SW_WRAP(ssize_t, __recvfrom_chk, recvfrom,
        (int fd, void *to, size_t size, size_t room, int flags, __SOCKADDR_ARG address,
         socklen_t *address_size),
        (fd, to, size, room, flags, address, address_size), fd, size, 0)
SW_WRAP(ssize_t, recvmsg, recvmsg, (int fd, struct msghdr *message, int flags),
        (fd, message, flags), fd, 0, 0)
SW_WRAP(int, recvmmsg, recvmmsg,
        (int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout),
        (fd, messages, count, flags, timeout), fd, count, 0)

SW_WRAP(ssize_t, send, send, (int fd, const void *from, size_t size, int flags),
        (fd, from, size, flags), fd, size, 0)
SW_WRAP(ssize_t, __send, send, (int fd, const void *from, size_t size, int flags),
        (fd, from, size, flags), fd, size, 0)
SW_WRAP_READS(SW_MINUS_ONE, ssize_t, sendto, sendto,
              (int fd, const void *from, size_t size, int flags, __CONST_SOCKADDR_ARG address,
               socklen_t address_size),
              (fd, from, size, flags, address, address_size), fd, AT(address), address_size)
SW_WRAP(ssize_t, sendmsg, sendmsg, (int fd, const struct msghdr *message, int flags),
        (fd, message, flags), fd, 0, 0)
SW_WRAP(int, sendmmsg, sendmmsg, (int fd, struct mmsghdr *messages, unsigned int count, int flags),
        (fd, messages, count, flags), fd, count, 0)
