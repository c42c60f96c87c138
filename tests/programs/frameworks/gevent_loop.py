"""gevent: greenlets that switch stacks on one thread; the hub's loop is libev's. Whether what the
main greenlet does holds up others, or comes after them, cannot be told from outside: it is no stall.

@needs: python:gevent
@run timer timer
@expect stall cause=blocking-call call=clock_nanosleep detail='[23]* ms' ms=300 calls=1 wait=epoll_wait main=true
@run greenlet greenlet
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_wait
@run nested nested
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_wait
@run server server
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_wait
@run child child
@expect stall cause=blocking-call call=waitpid|wait4 ms=250..400 wait=epoll_wait
@run computes computes
@alone: it computes, and another program would take half of its CPU
@expect stall cause=cpu call=null ms=250..600 wait=epoll_wait
@run idle idle
@expect clean
@run many many
@expect clean
@run pool pool
@expect clean
@run patched patched
@expect clean
@run after after
@expect clean
"""
import subprocess
import sys
import time

import gevent
import gevent.monkey
import gevent.server
import gevent.socket

real_sleep = time.sleep


def on_event():
    real_sleep(0.3)


def compute():
    end = time.thread_time() + 0.25
    while time.thread_time() < end:
        pass


def ticks(count):
    for _ in range(count):
        gevent.sleep(0.02)


def nested(depth):
    if depth > 0:
        gevent.spawn(nested, depth - 1).join()
    else:
        ticks(1)
        on_event()


def serve(mode):
    def answer(connection, _):
        for line in connection.makefile("rb"):
            if mode == "server" and line == b"5\n":
                on_event()
            connection.sendall(line)
    server = gevent.server.StreamServer(("127.0.0.1", 0), answer)
    server.start()
    return server


def ask(port):
    connection = gevent.socket.create_connection(("127.0.0.1", port))
    answers = connection.makefile("rb")
    for number in range(12):
        connection.sendall(b"%d\n" % number)
        assert answers.readline() == b"%d\n" % number
        gevent.sleep(0.02)
    connection.close()


def main(mode):
    if mode == "patched":
        gevent.monkey.patch_all()
    server = serve(mode)
    clients = [gevent.spawn(ask, server.server_port) for _ in range(1 if mode == "server" else 3)]
    ticks(5)
    if mode == "timer":
        gevent.get_hub().loop.timer(0.01).start(on_event)
    elif mode == "greenlet":
        gevent.spawn(on_event).join()
    elif mode == "nested":
        nested(3)
    elif mode == "child":
        gevent.spawn(subprocess.run, ["sleep", "0.26"], check=True).join()
    elif mode == "computes":
        gevent.spawn(compute).join()
    elif mode == "many":
        gevent.joinall([gevent.spawn(ticks, 10) for _ in range(200)])
    elif mode == "pool":
        assert gevent.get_hub().threadpool.apply(lambda: real_sleep(0.3) or 7) == 7
    elif mode == "patched":
        time.sleep(0.3)  # gevent's own by now
        subprocess.run(["sleep", "0.2"], check=True)
    ticks(7)
    gevent.joinall(clients)
    server.stop()
    if mode == "after":
        on_event()
        compute()
    print("done")


main(sys.argv[1])
