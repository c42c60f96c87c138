/*
 * Requests that go on by themselves, where they are waited for: POSIX asynchronous reads and
 * writes, and lookups of hosts. Any thread; see wrap.h. What is named is the first of the list,
 * which the call reads itself.
 */
#include <aio.h>
#include <netdb.h>

#include "preload/interpose/wrap.h"

/* The same structure: what differs is the size of an offset, which on 64 bits does not. */
_Static_assert(sizeof(struct aiocb) == sizeof(struct aiocb64), "one form of request");

static int first_file(const void *list, int count)
{
    const struct aiocb *const *requests = list;
    for (int i = 0; i < count; i++)
        if (requests[i] != NULL)
            return requests[i]->aio_fildes;
    return -1;
}

/* With a mode that is none the call looks no further (EINVAL). */
#define IF_KNOWN(mode, family, count)                                                              \
    ((mode) == family##_WAIT || (mode) == family##_NOWAIT ? (count) : 0)

#define ON_FIRST(list, count) first_file(list, count), 0, 0

SW_WRAP(int, aio_suspend, aio_suspend,
        (const struct aiocb *const list[], int count, const struct timespec *timeout),
        (list, count, timeout), ON_FIRST(list, count))
SW_WRAP(int, aio_suspend64, aio_suspend,
        (const struct aiocb64 *const list[], int count, const struct timespec *timeout),
        (list, count, timeout), ON_FIRST(list, count))
SW_WRAP(int, lio_listio, lio_listio,
        (int mode, struct aiocb *const list[], int count, struct sigevent *told),
        (mode, list, count, told), ON_FIRST(list, IF_KNOWN(mode, LIO, count)))
SW_WRAP(int, lio_listio64, lio_listio,
        (int mode, struct aiocb64 *const list[], int count, struct sigevent *told),
        (mode, list, count, told), ON_FIRST(list, IF_KNOWN(mode, LIO, count)))

static const struct gaicb *first_host(const struct gaicb *const *list, int count)
{
    static const struct gaicb none;
    for (int i = 0; i < count; i++)
        if (list[i] != NULL)
            return list[i];
    return &none;
}

#define OF_FIRST(list, count)                                                                      \
    (uintptr_t) first_host((const struct gaicb *const *)(list), count)->ar_name,                   \
        (uintptr_t)first_host((const struct gaicb *const *)(list), count)->ar_service, 0

SW_WRAP_FULL(int, getaddrinfo_a, getaddrinfo_a,
             (int mode, struct gaicb *list[], int count, struct sigevent *told),
             (mode, list, count, told), result == 0, OF_FIRST(list, IF_KNOWN(mode, GAI, count)))
SW_WRAP_FULL(int, gai_suspend, gai_suspend,
             (const struct gaicb *const list[], int count, const struct timespec *timeout),
             (list, count, timeout), false, OF_FIRST(list, count))
