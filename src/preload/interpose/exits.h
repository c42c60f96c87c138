/* See exits.c. */
#ifndef SW_INTERPOSE_EXITS_H
#define SW_INTERPOSE_EXITS_H

/* Registers for the end of the process; from the constructor, so that it runs last of all handlers.
 */
void sw_exits_start(void);

#endif
