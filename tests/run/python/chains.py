"""A loop whose callbacks go down a chain of calls that is known, and work at its end: for holding every sampled stack
against the chain that it must show. For test_python_frames.py; any CPython from 3.6 on.

    chains.py KIND SECONDS MS      each callback works for MS milliseconds; KIND is a name of KINDS

A callback's chain is its label ("a b c work_calls"). `a` to `e` call the next of the chain in the line after their def;
what `work_…` calls stays in this file. Its own result is checked: it prints how many callbacks it made and their sum.
"""

import asyncio
import ctypes
import gc
import random
import sys
import threading
import time

label = ctypes.CDLL(None).stallwatch_label
until = 0.0
work_done = 0


def a(chain):
    return chain[0](chain[1:])


def b(chain):
    return chain[0](chain[1:])


def c(chain):
    return chain[0](chain[1:])


class D:
    def d(self, chain):
        return chain[0](chain[1:])


def e(chain):
    return [chain[0](chain[1:])][0]


def leaf(n):
    return inner_leaf(n) + 1


def inner_leaf(n):
    return n * 2


def work_calls(chain):
    while time.monotonic() < until:
        for i in range(50):
            leaf(i)
    return 1


def fails(n):
    if n == 0:
        raise ValueError(n)
    return fails(n - 1)


def work_exceptions(chain):
    while time.monotonic() < until:
        for i in range(10):
            try:
                fails(i)
            except ValueError:
                pass
    return 1


class Knot:
    def __init__(self):
        self.knot = self

    def __del__(self):
        inner_leaf(1)


def work_garbage(chain):
    while time.monotonic() < until:
        for i in range(100):
            Knot()
        gc.collect(0)
    return 1


def numbers(n):
    for i in range(n):
        yield inner_leaf(i)


def all_numbers(n):
    yield from numbers(n)


def work_generators(chain):
    while time.monotonic() < until:
        sum(all_numbers(30))
        sum(x for x in numbers(10))
    return 1


async def deeper(n):
    if n > 0:
        return await deeper(n - 1)
    return leaf(n)


def drive(coroutine):
    try:
        coroutine.send(None)
    except StopIteration:
        return 1


def work_coroutines(chain):
    while time.monotonic() < until:
        drive(deeper(12))
    return 1


def down(n):
    return down(n - 1) if n else inner_leaf(n)


def work_recursion(chain):
    while time.monotonic() < until:
        down(90)
    return 1


def work_sort(chain):
    values = list(range(200))
    while time.monotonic() < until:
        sorted(values, key=leaf)
    return 1


def work_new_code(chain):
    while time.monotonic() < until:
        exec(compile("def made():\n    return inner_leaf(3)\n" + "\n" * random.randrange(9) + "made()\n", "made.py", "exec"),
             {"inner_leaf": inner_leaf})
    return 1


KINDS = {"calls": work_calls, "exceptions": work_exceptions, "garbage": work_garbage, "generators": work_generators,
         "coroutines": work_coroutines, "recursion": work_recursion, "sort": work_sort, "new_code": work_new_code}


def others():
    """Threads that want the lock all the time, for kind `threads`."""
    while not done:
        leaf(3)


def callback(chain, text, seconds):
    """Nothing that it calls before its label is said has frames of its own: what is not of the chain is wrong."""
    global until, work_done
    label(text)
    until = time.monotonic() + seconds
    work_done += chain[0](chain[1:])


async def main(kind, seconds, ms):
    end = time.monotonic() + seconds
    callbacks = 0
    loop = asyncio.get_event_loop()
    while time.monotonic() < end:
        work = KINDS["calls" if kind == "threads" else random.choice(list(KINDS)) if kind == "all" else kind]
        chain = [random.choice((a, b, c, D().d, e)) for _ in range(random.randrange(1, 6))] + [work]
        text = " ".join(step.__name__ for step in chain).encode()
        called = loop.create_future()
        loop.call_soon(lambda: (callback(chain, text, ms / 1e3), called.set_result(None)))
        await called
        await asyncio.sleep(0.002)
        callbacks += 1
    print(callbacks, work_done)


done = False
if sys.argv[1] == "threads":
    for _ in range(3):
        threading.Thread(target=others, daemon=True).start()
asyncio.new_event_loop().run_until_complete(main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))
done = True
