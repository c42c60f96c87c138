"""A loop that is late because another thread holds Python's lock: never by anything it does itself. For
test_python_lock.py; any CPython from 3.6 on.

    lock.py callback   a thread is in one long call of C that keeps the lock while callbacks run
    lock.py idle       likewise, while the loop waits: it is late between two callbacks
    lock.py turns      three threads compute, and the callback lets go of the lock many times: a sum of short waits
    lock.py lets_go    a thread is in a long call that lets go of the lock: no stall at all
"""

import asyncio
import hashlib
import re
import sys
import threading
import time


def keeps_the_lock():
    time.sleep(0.15)
    re.match("(a+)+$", "a" * 24 + "b")


def lets_go():
    hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 900000)


def computes():
    while not done:
        sum(range(100))


def start(function, count=1):
    for _ in range(count):
        threading.Thread(target=function, daemon=True).start()


def yields_often():
    end = time.monotonic() + 0.4
    while time.monotonic() < end:
        time.sleep(0)  # lets go, and takes it again


async def main(mode):
    await asyncio.sleep(0.05)
    if mode == "callback":
        start(keeps_the_lock)
        end = time.monotonic() + 0.8
        while time.monotonic() < end:
            await asyncio.sleep(0)
    elif mode == "idle":
        start(keeps_the_lock)
        await asyncio.sleep(0.3)
        await asyncio.sleep(0.5)
    elif mode == "turns":
        start(computes, 3)
        await asyncio.sleep(0.2)
        yields_often()
        await asyncio.sleep(0.05)
    else:
        start(lets_go)
        for _ in range(30):
            await asyncio.sleep(0.01)


done = False
asyncio.new_event_loop().run_until_complete(main(sys.argv[1]))
done = True
print("ended")
