"""Loops that a Python program makes itself of select.epoll, select.poll and selectors, in the shapes that they come in. They
return without closing anything, and what the program does then is its own business.

@run epoll epoll after
@expect clean
@run poll poll after
@expect clean
@run selector selector after
@expect clean
@run module module after
@expect clean
@run once once after
@expect clean
@run reactor reactor after
@expect clean
@run quick quick after
@expect clean
@run quick-stall quick stall
@expect stall cause=blocking-call call=clock_nanosleep ms=200 calls=1 wait=poll
@run quick-beside quick stall asyncio
@expect stall cause=blocking-call call=clock_nanosleep ms=200 calls=1 wait=poll
@run epoll-stall epoll stall
@expect stall cause=blocking-call call=clock_nanosleep ms=200 calls=1 wait=epoll_wait
@run poll-stall poll stall
@expect stall cause=blocking-call call=clock_nanosleep ms=200 calls=1 wait=poll
@run selector-stall selector stall
@expect stall cause=blocking-call call=clock_nanosleep ms=200 calls=1 wait=epoll_wait
@run once-stall once stall
@expect stall cause=blocking-call call=clock_nanosleep ms=200 calls=1 wait=epoll_wait
@run reactor-stall reactor stall
@expect stall cause=blocking-call call=clock_nanosleep ms=200 calls=1 wait=epoll_wait
"""
import os
import select
import selectors
import socket
import sys
import threading
import time

TURNS = 12
shape, mode = sys.argv[1:3]
for module in sys.argv[3:]:
    __import__(module)
read_end, write_end = os.pipe()
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
count = 0


def feed():
    for _ in range(TURNS):
        time.sleep(0.015)
        os.write(write_end, b"x")


def handle(descriptor):
    global count
    os.read(descriptor, 1)
    count += 1
    if mode == "stall" and count == TURNS - 3:
        on_event()


def on_event():
    time.sleep(0.2)


def registered(poll, kinds):
    for descriptor in (listener.fileno(), read_end):
        poll.register(descriptor, kinds)
    return poll


def by_epoll():
    """The loop and its wait in one function."""
    with_epoll = registered(epoll, select.EPOLLIN)
    while count < TURNS:
        try:
            for descriptor, _ in with_epoll.poll():
                handle(descriptor)
        except InterruptedError:
            continue


def by_poll():
    poll = registered(select.poll(), select.POLLIN)
    while count < TURNS:
        for descriptor, _ in poll.poll():
            handle(descriptor)


def by_quick():
    """No wait is long enough for anyone to look at it."""
    poll = registered(select.poll(), select.POLLIN)
    while count < 25 * TURNS:
        os.write(write_end, b"x")
        for descriptor, _ in poll.poll():
            handle(descriptor)


def by_selector():
    registered(selector, selectors.EVENT_READ)
    while count < TURNS:
        for key, _ in selector.select():
            handle(key.fd)


def wait_once(poll):
    """The wait in a function of its own, which returns at each turn."""
    return [descriptor for descriptor, _ in poll.poll()]


def by_once():
    poll = registered(epoll, select.EPOLLIN)
    while count < TURNS:
        for descriptor in wait_once(poll):
            handle(descriptor)


class Reactor:
    """What is due runs in one function of the loop's, and the wait is in another."""

    def __init__(self, poll):
        self.poll, self.due = poll, []

    def wait(self):
        for descriptor, _ in self.poll.poll():
            self.due.append(descriptor)

    def run_due(self):
        while self.due:
            handle(self.due.pop())

    def turn(self):
        self.wait()
        self.run_due()

    def run(self):
        while count < TURNS:
            self.turn()


epoll, selector = select.epoll(), selectors.EpollSelector()
if shape != "quick":
    threading.Thread(target=feed, daemon=True).start()
if shape == "module":
    registered(epoll, select.EPOLLIN)
    while count < TURNS:
        for ready, _ in epoll.poll():
            handle(ready)
else:
    {"epoll": by_epoll, "poll": by_poll, "quick": by_quick, "selector": by_selector, "once": by_once,
     "reactor": lambda: Reactor(registered(epoll, select.EPOLLIN)).run()}[shape]()
if mode == "after":
    on_event()
print("done", count)
