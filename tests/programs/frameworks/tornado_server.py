"""tornado's HTTP server on asyncio's loop: a handler that blocks, a callback of IOLoop, a periodic one; and a load without any.

@needs: python:tornado
@run handler handler
@expect stall cause=blocking-call call=clock_nanosleep detail='[23]* ms' ms=300 calls=1 wait=epoll_wait main=true
@run coroutine coroutine
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_wait
@run callback callback
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_wait
@run periodic periodic
@expect stall times=2 cause=blocking-call call=clock_nanosleep ms=150 calls=1 wait=epoll_wait
@run load load
@expect clean
@run pool pool
@expect clean
"""
import sys
import threading
import time
import urllib.request

import tornado.httpserver
import tornado.ioloop
import tornado.netutil
import tornado.web


def on_event(seconds=0.3):
    time.sleep(seconds)


class Plain(tornado.web.RequestHandler):
    def get(self, what):
        if what == "handler":
            on_event()
        self.write("hello")


class Coroutine(tornado.web.RequestHandler):
    async def get(self, what):
        if what == "coroutine":
            on_event()
        elif what == "pool":
            await tornado.ioloop.IOLoop.current().run_in_executor(None, on_event)
        self.write("hello")


def ask(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}") as answer:
        assert answer.read() == b"hello"


def client(loop, port, mode):
    """In a thread of its own: its sockets block, and never poll."""
    for _ in range(100 if mode == "load" else 6):
        ask(port, "plain/quick")
        ask(port, "coroutine/quick")
    if mode == "handler":
        ask(port, "plain/handler")
    elif mode in ("coroutine", "pool"):
        ask(port, f"coroutine/{mode}")
    elif mode == "callback":
        loop.add_callback(on_event)
    for _ in range(6):
        ask(port, "plain/quick")
    loop.add_callback(loop.stop)


def main(mode):
    loop = tornado.ioloop.IOLoop.current()
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server = tornado.httpserver.HTTPServer(tornado.web.Application([("/plain/(.*)", Plain), ("/coroutine/(.*)", Coroutine)]))
    server.add_sockets(sockets)
    seen = []

    def every():
        seen.append(1)
        if len(seen) in (3, 5):
            on_event(0.15)
        if len(seen) == 7:
            loop.stop()

    if mode == "periodic":
        tornado.ioloop.PeriodicCallback(every, 20).start()
    else:
        threading.Thread(target=client, args=(loop, sockets[0].getsockname()[1], mode)).start()
    loop.start()
    print("done")


main(sys.argv[1])
