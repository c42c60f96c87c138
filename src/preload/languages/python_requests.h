/* The request that a server written in Python works on. Watchdog thread. */
#ifndef SW_LANGUAGES_PYTHON_REQUESTS_H
#define SW_LANGUAGES_PYTHON_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>

#include "preload/languages/language.h"
#include "preload/languages/python_layout.h"

/* "GET /items", of the request that an ASGI server runs these coroutines for, the outermost of a
 * thread as struct sw_language_stack has them; the first is there. False: they are none's. */
bool sw_python_request_name(const struct sw_python *python,
                            const uint64_t coroutine[SW_LANGUAGE_OUTER], char *name, size_t size);

#endif
