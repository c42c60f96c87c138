/* Files of suppressions and baselines as options name them. */
#ifndef SW_COMMAND_RULES_FILES_H
#define SW_COMMAND_RULES_FILES_H

#include "common/suppressions.h"

/* Reads one file of suppressions into `rules`; bad lines are said. 0, or an exit code where the
 * file cannot be read (has been said). */
int sw_rules_file_read(struct sw_suppressions *rules, const char *path);

/* Says which rules have matched nothing, a line each. */
void sw_rules_say_unused(const struct sw_suppressions *rules);

#endif
