"""Pools of threads for test_pools.py: which of them are full, and which only look so.

    pools.py full      more work than threads, on an executor and on asyncio's own
    pools.py silent    as much work as threads; idle threads; much short work; an executor that is shut down
    pools.py starved   much short work, of threads that hardly get a CPU
"""

import asyncio
import concurrent.futures
import os
import subprocess
import sys
import time

WORK_S = 0.35


def work():
    time.sleep(WORK_S)


def short():
    time.sleep(0.01)


def shorter():
    sum(range(20000))


async def put(loop, executor, function, times):
    await asyncio.gather(*[loop.run_in_executor(executor, function) for _ in range(times)])


async def keep_full(loop, executor, function, at_once, seconds):
    """As many pieces in the pool as that, at any time."""
    end = time.monotonic() + seconds

    async def go_on():
        while time.monotonic() < end:
            await loop.run_in_executor(executor, function)

    await asyncio.gather(*[go_on() for _ in range(at_once)])


async def full(loop):
    mine = concurrent.futures.ThreadPoolExecutor(3, thread_name_prefix="mine")
    await put(loop, mine, work, 5)
    processors = os.cpu_count() or 1
    await put(loop, None, work, (processors + 4 if sys.version_info >= (3, 8) else processors * 5) + 2)  # two wait


async def silent(loop):
    exact = concurrent.futures.ThreadPoolExecutor(3, thread_name_prefix="exact")
    await put(loop, exact, work, 3)
    flow = concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="flow")
    await keep_full(loop, flow, short, 5, 0.5)
    one = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="one")
    await keep_full(loop, one, shorter, 2, 0.5)
    await asyncio.sleep(0.3)  # all of them idle
    ending = concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="ending")
    running = [loop.run_in_executor(ending, work) for _ in range(2)]
    await asyncio.sleep(0.02)
    ending.shutdown(wait=False)  # what tells the threads to end waits in their queue, and is no work
    await asyncio.gather(*running)


def short_and_last():
    """On the CPU that somebody else computes on, and behind everybody."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    short()


async def starved(loop):
    computes = ("import os, time; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); end = time.monotonic() + 3\n"
                "while time.monotonic() < end: pass")
    other = subprocess.Popen([sys.executable, "-c", computes])
    last = concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="last")
    await keep_full(loop, last, short_and_last, 5, 1.5)
    other.terminate()
    other.wait()


async def main(which):
    loop = asyncio.get_event_loop()
    await asyncio.sleep(0.05)
    await which(loop)
    await asyncio.sleep(0.05)


asyncio.new_event_loop().run_until_complete(main({"full": full, "silent": silent, "starved": starved}[sys.argv[1]]))
