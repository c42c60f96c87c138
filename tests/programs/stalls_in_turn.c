/*
 * Six stalls right after each other, each in a function of its own, with one short wait between
 * them: while the first one's lines are being looked up, the others are watched all the same.
 *
 * @expect stall cause=blocking-call call=usleep ms=120 function=first
 * @expect stall cause=blocking-call call=usleep ms=120 function=second
 * @expect stall cause=blocking-call call=usleep ms=120 function=third
 * @expect stall cause=blocking-call call=usleep ms=120 function=fourth
 * @expect stall cause=blocking-call call=usleep ms=120 function=fifth
 * @expect stall cause=blocking-call call=usleep ms=120 function=sixth
 */
#include "support.h"

#define STALL(name)                                                                                \
    static NOINLINE void name(void)                                                                \
    {                                                                                              \
        usleep(120000);                                                                            \
        keep_frame++;                                                                              \
    }
STALL(first)
STALL(second)
STALL(third)
STALL(fourth)
STALL(fifth)
STALL(sixth)

int main(void)
{
    static void (*const stalls[])(void) = {first, second, third, fourth, fifth, sixth};
    struct loop loop = loop_begin();
    loop_turn(&loop, 5);
    for (unsigned i = 0; i < sizeof stalls / sizeof *stalls; i++) {
        stalls[i]();
        loop_turn(&loop, 1);
    }
    loop_end(&loop);
    puts("done");
    return 0;
}
