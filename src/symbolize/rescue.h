/* What becomes of the helper when a file crashes the libraries that read it, or keeps them busy
 * without end. */
#ifndef SW_SYMBOLIZE_RESCUE_H
#define SW_SYMBOLIZE_RESCUE_H

#include "common/symbolize_protocol.h"

/* Takes the arguments after "--resume" of a helper that started itself anew (`count` 0: a first
 * start), and `outputs` out of them; these stay the caller's, and go into a next start as they are
 * then. Answers the question that it broke off at, over SW_SYMBOLIZE_SOCKET. 0, or -EINVAL for
 * arguments that it never writes. */
int sw_rescue_start(int count, char *const *arguments, struct sw_symbolize_outputs *outputs);
/* Around each question: a crash, or more than 20 s, in between leads to a new start without the
 * question's file. */
void sw_rescue_enter(const struct sw_symbolize_question *question);
void sw_rescue_leave(void);

#endif
