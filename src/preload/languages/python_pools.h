/*
 * Python's pools of threads: concurrent.futures' (asyncio's default executor is one) and AnyIO's
 * (Starlette's, FastAPI's). Watchdog thread.
 */
#ifndef SW_LANGUAGES_PYTHON_POOLS_H
#define SW_LANGUAGES_PYTHON_POOLS_H

#include "preload/languages/pool.h"
#include "preload/languages/python_layout.h"

/* Adds the pools of `python` that there are to the `count` that are in `views` already. Returns how
 * many are there then, `most` at the most. */
unsigned sw_python_pools(const struct sw_python *python, struct sw_pool_view *views, unsigned count,
                         unsigned most);

#endif
