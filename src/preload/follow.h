/* STALLWATCH_FOLLOW=0: the program's children are not watched. */
#ifndef SW_PRELOAD_FOLLOW_H
#define SW_PRELOAD_FOLLOW_H

/* Takes our own entry, and only ours, out of LD_PRELOAD in `environment`: in place, without malloc.
 * From the constructor. */
void sw_follow_stop(char **environment);

#endif
