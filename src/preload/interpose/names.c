/* Looking up names. What libc does inside (sockets, files, NSS modules) belongs to the outer call.
 * Any thread; see notes/call.h. */
#include <netdb.h>

#include "preload/interpose/next.h"
#include "preload/notes/call.h"

SW_NEXT_DEFINE(getaddrinfo);

SW_EXPORT int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                          struct addrinfo **results)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_getaddrinfo, (uintptr_t)host, (uintptr_t)service, 0);
    int result = SW_NEXT(getaddrinfo)(host, service, hints, results);
    SW_CALL_END(call);
    return result;
}
