/* The resolver's own functions (resolver(3)), in libc since glibc 2.34; programs linked before have
 * them from libresolv by names with underscores. Any thread; see wrap.h. */
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include "preload/interpose/wrap.h"

#define TEXT(name) (uintptr_t)(name), 0, 0

/* A name is read as the question is made, which is the first thing done. */
static bool has_read_name(int result)
{
    return result >= 0 || h_errno != NO_RECOVERY;
}

#define WRAP_NAME(name, as, parameters, arguments, first)                                          \
    SW_WRAP_FULL(int, name, as, parameters, arguments, has_read_name(result), TEXT(first))

#define ASK(name, as)                                                                              \
    WRAP_NAME(name, as, (const char *host, int class, int type, unsigned char *answer, int size),  \
              (host, class, type, answer, size), host)
#define ASK_DOMAIN(name, as)                                                                       \
    WRAP_NAME(name, as,                                                                            \
              (const char *host, const char *domain, int class, int type, unsigned char *answer,   \
               int size),                                                                          \
              (host, domain, class, type, answer, size), host)
#define ASK_BY(name, as)                                                                           \
    WRAP_NAME(                                                                                     \
        name, as,                                                                                  \
        (res_state state, const char *host, int class, int type, unsigned char *answer, int size), \
        (state, host, class, type, answer, size), host)
#define ASK_DOMAIN_BY(name, as)                                                                    \
    WRAP_NAME(name, as,                                                                            \
              (res_state state, const char *host, const char *domain, int class, int type,         \
               unsigned char *answer, int size),                                                   \
              (state, host, domain, class, type, answer, size), host)
#define SEND(name, as)                                                                             \
    SW_WRAP(int, name, as,                                                                         \
            (const unsigned char *question, int length, unsigned char *answer, int size),          \
            (question, length, answer, size), 0, 0, 0)
#define SEND_BY(name, as)                                                                          \
    SW_WRAP(int, name, as,                                                                         \
            (res_state state, const unsigned char *question, int length, unsigned char *answer,    \
             int size),                                                                            \
            (state, question, length, answer, size), 0, 0, 0)

/* The header of glibc before 2.34 makes the plain names macros for the others. */
#undef res_query
#undef res_search
#undef res_querydomain
#undef res_nquery
#undef res_nsearch
#undef res_nquerydomain
#undef res_send
#undef res_nsend

int __res_query(const char *host, int class, int type, unsigned char *answer, int size);
int __res_search(const char *host, int class, int type, unsigned char *answer, int size);
int __res_querydomain(const char *host, const char *domain, int class, int type,
                      unsigned char *answer, int size);
int __res_nquery(res_state state, const char *host, int class, int type, unsigned char *answer,
                 int size);
int __res_nsearch(res_state state, const char *host, int class, int type, unsigned char *answer,
                  int size);
int __res_nquerydomain(res_state state, const char *host, const char *domain, int class, int type,
                       unsigned char *answer, int size);
int __res_send(const unsigned char *question, int length, unsigned char *answer, int size);
int __res_nsend(res_state state, const unsigned char *question, int length, unsigned char *answer,
                int size);

ASK(res_query, res_query)
ASK(__res_query, res_query)
ASK(res_search, res_search)
ASK(__res_search, res_search)
ASK_DOMAIN(res_querydomain, res_querydomain)
ASK_DOMAIN(__res_querydomain, res_querydomain)
ASK_BY(res_nquery, res_nquery)
ASK_BY(__res_nquery, res_nquery)
ASK_BY(res_nsearch, res_nsearch)
ASK_BY(__res_nsearch, res_nsearch)
ASK_DOMAIN_BY(res_nquerydomain, res_nquerydomain)
ASK_DOMAIN_BY(__res_nquerydomain, res_nquerydomain)
SEND(res_send, res_send)
SEND(__res_send, res_send)
SEND_BY(res_nsend, res_nsend)
SEND_BY(__res_nsend, res_nsend)
