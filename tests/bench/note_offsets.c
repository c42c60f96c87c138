/*
 * Where the notes stand that noting.py changes from outside, in the record of a thread. Prints
 * lines "NAME OFFSET".
 */
#include <stddef.h>
#include <stdio.h>

#include "preload/notes/thread.h"

#define SAY(name, member) printf(#name " %zu\n", offsetof(struct sw_thread, member))

int main(void)
{
    SAY(tid, tid);
    SAY(sequence, sequence);
    SAY(hot_key, hot_key);
    SAY(in_iteration, in_iteration);
    SAY(busy_since, loops[0].busy_since);
    return 0;
}
