"""Greenlets, whose switches exchange a part of the one C stack for another one's copy, while it is sampled all the time: a
selector's loop runs callbacks that switch to and fro, some from deep frames, some that raise."""

import os
import selectors
import time

import greenlet

ROUNDS = 120


def deep(levels, work):
    return work() if levels == 0 else deep(levels - 1, work)


def worker(number):
    total = 0
    while True:
        value = deep(number % 7, lambda: greenlet.getcurrent().parent.switch(total))
        if value is None:
            raise KeyError(number)
        total += value


def callback(workers):
    end = time.monotonic() + 0.003
    turns = 0
    while time.monotonic() < end or turns < 200:
        workers[turns % len(workers)].switch(1)
        turns += 1


def main():
    reader, writer = os.pipe()
    selector = selectors.DefaultSelector()
    selector.register(reader, selectors.EVENT_READ)
    raised = 0
    for _ in range(ROUNDS):
        workers = [greenlet.greenlet(worker) for _ in range(10)]
        for number, one in enumerate(workers):
            one.switch(number)
        os.write(writer, b"x")
        for key, _events in selector.select():
            os.read(key.fd, 1)
            callback(workers)
        for one in workers:
            try:
                one.switch(None)
            except KeyError:
                raised += 1
    print(f"{ROUNDS} rounds, {raised} raised")


main()
