/* The request that a server written in Python works on. Watchdog thread. */
#ifndef SW_LANGUAGES_PYTHON_REQUESTS_H
#define SW_LANGUAGES_PYTHON_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>

#include "preload/languages/python_layout.h"

/* "GET /items", of the request that an ASGI server runs `coroutine` for. False: it is none's. */
bool sw_python_request_name(const struct sw_python *python, uint64_t coroutine, char *name,
                            size_t size);

#endif
