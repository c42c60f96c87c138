/* What asyncio calls the task that a thread is running. Watchdog thread. */
#ifndef SW_LANGUAGES_PYTHON_TASKS_H
#define SW_LANGUAGES_PYTHON_TASKS_H

#include <stddef.h>

#include "preload/languages/python_layout.h"
#include "preload/stack/unwind.h"

/* The name of the task that runs `coroutine`, the outermost one of a thread that was seen with
 * these registers and this copy of its stack. False: there is none, or it has no name. */
bool sw_python_task_name(const struct sw_python *python, uint64_t coroutine,
                         const struct sw_unwind_input *input, char *name, size_t size);

#endif
