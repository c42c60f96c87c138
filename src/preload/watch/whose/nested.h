/*
 * Two loops of one thread, of which one is waited for inside an iteration of the other: do they
 * take turns (an epoll inside an epoll, two waits in one function), has the inner one taken the
 * outer one's place, or is its wait a call in a callback? Watchdog thread; called by ownership.c at
 * the moment of suspicion.
 */
#ifndef SW_WATCH_NESTED_H
#define SW_WATCH_NESTED_H

#include "preload/notes/thread.h"

/* Numbers of groups that the watchdog makes begin behind it; those below are descriptors'. */
#define SW_GROUP_BY_STACK 0x10000

enum sw_nested {
    SW_NESTED_CALL,  /* the thread waits for no other loop, or in a callback */
    SW_NESTED_TURNS, /* grouped with the loop that the thread waits for now */
    SW_NESTED_LEFT   /* that one has taken the place of `outer` */
};

/* `outer`: the loop whose iteration is too long. Sets the group of both where they take turns. */
enum sw_nested sw_nested_judge(struct sw_thread *thread, struct sw_loop *outer);

#endif
