/*
 * Notes of a call in which a thread of a pool may be parked (a condition, a semaphore, a futex):
 * what its wrapper does around the real function, as for any other call.
 */
#ifndef SW_NOTES_PARK_H
#define SW_NOTES_PARK_H

#include "preload/notes/call.h"

#define SW_PARK_BEGIN(call, call_id, a, b, c) SW_CALL_BEGIN(call, call_id, a, b, c)
#define SW_PARK_END(call)                     SW_CALL_END(call)

#endif
