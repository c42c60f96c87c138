/*
 * What the rooms of detail share: a call's arguments, whichever way they were kept, and the parts
 * of a text that several kinds of call have in common. Watchdog thread.
 */
#ifndef SW_WATCH_DETAIL_PARTS_H
#define SW_WATCH_DETAIL_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"
#include "preload/notes/calls_table.h"

#define SW_DETAIL_NAME 200 /* bytes of a name that are shown */
#define SW_DETAIL_HALF 120 /* ... of each, where there are two */

struct sw_detail_call {
    uint32_t id; /* enum sw_call_id */
    enum sw_detail_kind kind;
    uint64_t value[3];
    uint64_t entered; /* ticks */
    uint64_t span_ns; /* of its timespec; UINT64_MAX: none, or not known */
    bool closed;      /* its descriptor has been closed since */
    bool have_strings;
    char first[256], second[160]; /* strings, or an address's bytes with its length */
    uint32_t first_length;
};

/* "no timeout", or how long. */
void sw_detail_say_timeout(struct sw_text *text, int64_t timeout_ns);
/* How long a time to come was away when the call was entered (ticks): `absolute_ns` of `clock`. */
uint64_t sw_detail_until(uint64_t entered, uint64_t absolute_ns, uint64_t clock);
/* What descriptor `fd` of the program is: a path, "pipe fd 5"; a socket as below. */
void sw_detail_say_descriptor(struct sw_text *text, int fd, int option);
/* A socket: its other end (its own address where it has none), and whether it has a timeout in the
 * direction given. `option`: SO_RCVTIMEO or SO_SNDTIMEO; 0: not asked. */
void sw_detail_say_socket(struct sw_text *text, int fd, int option);
/* ", no timeout" or ", timeout …" of a socket; nothing where `fd` is none. */
void sw_detail_say_socket_timeout(struct sw_text *text, int fd, int option);
/* A struct sockaddr: "127.0.0.1:80", "[::1]:80", the path of a unix socket. false: nothing that can
 * be said. */
bool sw_detail_say_address(struct sw_text *text, const void *address, uint64_t length);
/* An address without its port, of `family`. */
bool sw_detail_say_host(struct sw_text *text, const void *bytes, uint64_t length, int family);
/* The directory that a relative path begins in, with a slash, unless it is the current one. */
void sw_detail_say_directory(struct sw_text *text, int fd);

/* Whom waitpid(2) and its kin wait for. */
void sw_detail_say_process(struct sw_text *text, const struct sw_detail_call *call);
/* A lock and its kin, with the timeout if there is one. */
void sw_detail_say_lock(struct sw_text *text, const struct sw_detail_call *call);
/* The thread that is joined. */
void sw_detail_say_join(struct sw_text *text, const struct sw_detail_call *call);

#endif
