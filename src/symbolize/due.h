/* What is written in the place of a program that died without a farewell. Helper process only. */
#ifndef SW_SYMBOLIZE_DUE_H
#define SW_SYMBOLIZE_DUE_H

#include "common/symbolize_protocol.h"

/* Maps the shared memory of `fd`, read-only. NULL where it is not what the library makes: too
 * small, or not sealed. */
const struct sw_symbolize_shared *sw_due_map(int fd);
/* Writes what is due, if anything is: the text to its path or, where that is "", to `text_fd` (-1:
 * none), the lines to theirs. Waits for nobody at the other end of a pipe for long. */
void sw_due_write(const struct sw_symbolize_shared *shared,
                  const struct sw_symbolize_outputs *outputs, int text_fd);

#endif
