/*
 * Descriptors and their closing: a byte each, so that a close of the program's costs a load and a
 * store. Written by interpose/closes.c on any thread, plainly: a lost count of two closes at one
 * instant harms nobody.
 */
#ifndef SW_NOTES_CLOSES_H
#define SW_NOTES_CLOSES_H

#include <stdint.h>

#define SW_CLOSES_DESCRIPTORS 65536 /* higher numbers share the bytes of lower ones */

/* Might it be a loop's, or standard error that the helper has a copy of? Then its closing is looked
 * into. */
extern uint8_t sw_closes_matter[SW_CLOSES_DESCRIPTORS];
/* How often the number has been closed, modulo 256: what a report says of a descriptor is true only
 * if it has not been since. */
extern uint8_t sw_closes_count[SW_CLOSES_DESCRIPTORS];

#define SW_CLOSES_MATTER(fd) (sw_closes_matter[(unsigned)(fd) % SW_CLOSES_DESCRIPTORS])
#define SW_CLOSES_COUNT(fd)  (sw_closes_count[(unsigned)(fd) % SW_CLOSES_DESCRIPTORS])

#endif
