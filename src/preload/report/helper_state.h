/*
 * What the library knows of its helper. Shared by report/helper.c, helper_link.c and helper_due.c,
 * by nobody else. Watchdog thread only.
 */
#ifndef SW_REPORT_HELPER_STATE_H
#define SW_REPORT_HELPER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/symbolize_protocol.h"
#include "preload/report/helper_spawn.h"

enum sw_helper_phase {
    SW_HELPER_IDLE,    /* not started */
    SW_HELPER_RUNNING, /* started, and its socket not yet found dead */
    SW_HELPER_OVER     /* dead, never to be had, or said farewell to: not started again */
};

struct sw_helper_state {
    enum sw_helper_phase phase;
    char path[SW_SYMBOLIZE_PATH + 1]; /* "": no helper */
    int socket;                       /* ours only if it is the file below */
    uint64_t socket_device,
        socket_inode; /* programs close everything, and open something else there */
    struct sw_symbolize_shared *shared;
    uint32_t sequence;
    long user; /* real user id of the program when it was started */
    struct sw_helper_spawn spawn;
    char problem[512]; /* "": none to be said */
    char text_path[SW_SYMBOLIZE_PATH + 1];
    char json_path[SW_SYMBOLIZE_PATH + 1];
    bool outputs_unsent;
    unsigned char packet[SW_SYMBOLIZE_PACKET];
};

extern struct sw_helper_state sw_helper;

/* Makes socket and shared memory and spawns the helper. 0 or a negative errno, with `problem`
 * filled in. helper_link.c */
int sw_helper_link(void);
/* Is the descriptor still our socket? */
bool sw_helper_link_is_ours(int fd);
/* The helper is gone, or of no more use: closes and unmaps, and notes `why` as the problem (NULL:
 * none). */
void sw_helper_unlink(const char *why);
/* Sends `length` bytes of `packet`, with descriptor `fd` (-1: none); waits for `wait_ms` at most.
 * 0; -EAGAIN; another negative errno where the helper is gone, with sw_helper_unlink done. */
int sw_helper_send(size_t length, int fd, int wait_ms);
/* CLOCK_MONOTONIC in nanoseconds, past the program's own idea of time. */
uint64_t sw_helper_now_ns(void);
/* Waits until the socket is ready for `events`, or `timeout_ns` have passed. The events there are,
 * or 0. */
int sw_helper_wait(int events, uint64_t timeout_ns);

#endif
