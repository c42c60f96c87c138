/* Looking up hosts and services. What libc does inside (sockets, files, NSS modules) belongs to the
 * outer call. Any thread; see wrap.h. */
#include <ifaddrs.h>
#include <netdb.h>

#include "preload/interpose/wrap.h"

#define TEXT(name) (uintptr_t)(name), 0, 0

/* These errors are found after the host's name has been read. */
static bool has_read_host(int result)
{
    return result == 0 || result == EAI_NONAME || result == EAI_AGAIN || result == EAI_FAIL ||
           result == EAI_NODATA || result == EAI_ADDRFAMILY;
}

SW_WRAP_FULL(int, getaddrinfo, getaddrinfo,
             (const char *host, const char *service, const struct addrinfo *hints,
              struct addrinfo **results),
             (host, service, hints, results), has_read_host(result), (uintptr_t)host,
             (uintptr_t)service, 0)
SW_WRAP_FULL(int, getnameinfo, getnameinfo,
             (const struct sockaddr *address, socklen_t size, char *host, socklen_t host_size,
              char *service, socklen_t service_size, int flags),
             (address, size, host, host_size, service, service_size, flags), has_read_host(result),
             -1, (uintptr_t)address, size)

/* The older ones; all of them read the name first of all. */
#define WRAP_NAME(type, name, parameters, arguments, first)                                        \
    SW_WRAP_FULL(type, name, name, parameters, arguments, true, TEXT(first))

WRAP_NAME(struct hostent *, gethostbyname, (const char *name), (name), name)
WRAP_NAME(struct hostent *, gethostbyname2, (const char *name, int family), (name, family), name)
WRAP_NAME(int, gethostbyname_r,
          (const char *name, struct hostent *entry, char *buffer, size_t size,
           struct hostent **result_entry, int *error),
          (name, entry, buffer, size, result_entry, error), name)
WRAP_NAME(int, gethostbyname2_r,
          (const char *name, int family, struct hostent *entry, char *buffer, size_t size,
           struct hostent **result_entry, int *error),
          (name, family, entry, buffer, size, result_entry, error), name)
SW_WRAP_FULL(struct hostent *, gethostbyaddr, gethostbyaddr,
             (const void *address, socklen_t size, int family), (address, size, family),
             result != NULL, (uintptr_t)address, size, family)
SW_WRAP_FULL(int, gethostbyaddr_r, gethostbyaddr_r,
             (const void *address, socklen_t size, int family, struct hostent *entry, char *buffer,
              size_t room, struct hostent **result_entry, int *error),
             (address, size, family, entry, buffer, room, result_entry, error), result == 0,
             (uintptr_t)address, size, family)

WRAP_NAME(struct servent *, getservbyname, (const char *name, const char *protocol),
          (name, protocol), name)
WRAP_NAME(int, getservbyname_r,
          (const char *name, const char *protocol, struct servent *entry, char *buffer, size_t size,
           struct servent **result_entry),
          (name, protocol, entry, buffer, size, result_entry), name)
WRAP_NAME(struct protoent *, getprotobyname, (const char *name), (name), name)
WRAP_NAME(int, getprotobyname_r,
          (const char *name, struct protoent *entry, char *buffer, size_t size,
           struct protoent **result_entry),
          (name, entry, buffer, size, result_entry), name)
WRAP_NAME(struct netent *, getnetbyname, (const char *name), (name), name)
SW_WRAP(struct servent *, getservbyport, getservbyport, (int port, const char *protocol),
        (port, protocol), port, 0, 0)
SW_WRAP(int, getservbyport_r, getservbyport_r,
        (int port, const char *protocol, struct servent *entry, char *buffer, size_t size,
         struct servent **result_entry),
        (port, protocol, entry, buffer, size, result_entry), port, 0, 0)

/* Asks the kernel (netlink(7)) for all addresses of the machine, which may have thousands. */
SW_WRAP(int, getifaddrs, getifaddrs, (struct ifaddrs * *addresses), (addresses), 0, 0, 0)
