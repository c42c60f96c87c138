/* The parts of the page that `report --format html` writes. */
#ifndef SW_COMMAND_FORMATS_HTML_H
#define SW_COMMAND_FORMATS_HTML_H

#include "command/merge.h"
#include "command/output.h"

#define SW_HTML_SIGNATURES                                                                         \
    1000 /* those with the most time; the page says how many are left out                          \
          */

/* The merge as one JSON object, which may stand within a script element. */
void sw_html_data(struct sw_output *output, const struct sw_merge *merge);

/* The files of formats/html/, as they are there; each ended by a NUL. */
extern const char sw_html_page[], sw_html_style[], sw_html_script[];

#endif
