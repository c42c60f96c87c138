/* Frames by number, in the order in which they are first met: for forms that list each frame once
 * and write stacks as numbers. */
#ifndef SW_COMMAND_FRAME_NUMBERS_H
#define SW_COMMAND_FRAME_NUMBERS_H

#include "command/record.h"
#include "command/strings.h"

/* All zero at the start; given back by the command's end. */
struct sw_frame_numbers {
    struct sw_table table;
    const struct sw_record_frame **frames;
    size_t count, room;
};

/* The number of a frame of a merge (which has each frame once), from 0. */
size_t sw_frame_number(struct sw_frame_numbers *numbers, const struct sw_record_frame *frame);

#endif
