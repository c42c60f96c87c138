/*
 * Is a place that waits for other threads were entered from one where a scheduler parks its
 * threads? The watchdog's half of notes/park.h; watchdog thread.
 *
 * Judged by the stack that the thread copied there, once for each place:
 *
 *   - by name: a function of the table (parks_table.h) is on the way from the loop to the call;
 *   - by shape, where the loop's descriptor is waited on by other threads too: the very function
 *     that called the loop's wait now waits for another thread (asio's run), or, in a program
 *     without symbols, whatever lies between has no name; in an interpreter, the very function of
 *     its language.
 *
 * A loop that nobody shares is never parked: what waits in it, stalls.
 */
#ifndef SW_WATCH_PARKS_H
#define SW_WATCH_PARKS_H

#include "preload/watch/kept/watch.h"

/* Judges the places that the thread has come to since. The unwinder has been loaded. */
void sw_parks_judge(struct sw_thread *thread, struct sw_watch *watch);
/* Where a place turned out to park after the thread had been there, the iteration was over then and
 * another began. When the one in progress really began, if the loop's notes say `since`. */
uint64_t sw_parks_began(const struct sw_thread *thread, uint64_t since);
/* Of one that has ended: makes `ended` the longer one of both. False: a place is yet to be judged.
 */
bool sw_parks_part(const struct sw_thread *thread, struct sw_ended *ended);
/* A kind of call of the iteration in progress, copied: takes the time out of it that was spent
 * parked. */
void sw_parks_take_out(const struct sw_thread *thread, struct sw_call_slot *slot);
/* Was the thread parked at a sample of the iteration in progress, at a place that was taken for
 * none before another thread was seen at the loop, or the loop's own wait was known? Judged anew by
 * the sample's stack; by its functions of a language, of this iteration alone. */
bool sw_parks_judge_again(struct sw_thread *thread, struct sw_watch *watch);
/* Is loop `index` of the thread waited for in a function of a scheduler that takes the CPU away
 * from what runs on it (the table's "never"), or beside a thread of one ("beside")? Then it is no
 * event loop. Looked up once for each loop, when it matters: an iteration is too long. */
bool sw_parks_never(struct sw_thread *thread, struct sw_watch *watch, unsigned index);

#endif
