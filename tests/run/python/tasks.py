"""Stalls of tasks with names, for test_python_tasks.py; in this order.

    tasks.py [uvloop]
"""

import asyncio
import ctypes
import sys
import time

if "uvloop" in sys.argv:
    import uvloop

    uvloop.install()

NAMES = sys.version_info >= (3, 8)


def task(loop, coroutine, name):
    return loop.create_task(coroutine, name=name) if NAMES and name else loop.create_task(coroutine)


async def deep(levels):
    if levels > 0:
        await deep(levels - 1)
    else:
        time.sleep(0.15)


async def computes():
    end = time.perf_counter() + 0.2
    while time.perf_counter() < end:
        sum(range(100))


async def waits():
    time.sleep(0.6)


class Cycle:
    """A request as uvicorn has it: the scope in an attribute."""

    def __init__(self, path):
        self.scope = {"type": "http", "asgi": {"version": "3.0"}, "method": "GET", "path": path, "headers": []}

    async def run(self):
        await deep(1)


async def handle(scope):
    """... and as hypercorn has it: in an argument. This one is a dict that is no scope."""
    await deep(0)


async def behind(scope):
    """... and as it gets behind Starlette's BaseHTTPMiddleware, in a task of AnyIO's: further in."""
    await deep(0)


async def run_wrapped(application, scope):
    async def call_next():
        await application(dict(scope))

    await call_next()


async def labelled():
    label = getattr(ctypes.CDLL(None), "stallwatch_label", None)
    if label:
        label(b"the program's own")
    await deep(0)
    if label:
        label(None)


async def main(loop):
    for _ in range(10):
        await asyncio.sleep(0.005)
    for coroutine, name in ((deep(3), "nightly export \u00e9"), (computes(), "computes"), (deep(0), None), (Cycle("/items/7").run(), "cycle"),
                            (run_wrapped(behind, Cycle("/items/9").scope), "wrapped"),
                            (handle({"type": "http", "method": "GET", "path": "/no"}), "no scope"), (labelled(), "labelled")):
        await task(loop, coroutine, name)
        await asyncio.sleep(0.02)
    mostly = task(loop, waits(), "mostly")
    loop.call_soon(time.sleep, 0.12)  # in the same iteration, after it
    await mostly
    await asyncio.sleep(0.02)
    pieces = [task(loop, deep(0), f"piece {number}") for number in range(2)]  # two in one iteration
    await asyncio.gather(*pieces)
    await asyncio.sleep(0.02)
    loop.call_soon(time.sleep, 0.15)  # nobody's task
    await asyncio.sleep(0.2)


loop = asyncio.new_event_loop()
loop.run_until_complete(main(loop))
