"""ZeroMQ's sockets in asyncio's loop: the library asks a descriptor of its own, an eventfd, again and again whether something has
come (poll of that one, without waiting), from the loop's first iteration on. That is no loop, and takes none away.

@needs: python:zmq
@run answers answers
@expect stall cause=blocking-call call=clock_nanosleep detail='200 ms' ms=200 times=4 wait=epoll_wait main=true
@run soon soon
@expect stall cause=blocking-call call=clock_nanosleep ms=200 times=4 phase=startup|running counted=any wait=epoll_wait main=true
@run idle idle
@expect clean
"""
import asyncio
import sys
import time

import zmq
import zmq.asyncio


def on_message():
    time.sleep(0.2)


async def serve(socket, stalls):
    while True:
        message = await socket.recv()
        if stalls:
            on_message()
        await socket.send(message)


async def main():
    context = zmq.asyncio.Context()
    server, client = context.socket(zmq.REP), context.socket(zmq.REQ)
    client.connect(f"tcp://127.0.0.1:{server.bind_to_random_port('tcp://127.0.0.1')}")
    serving = asyncio.ensure_future(serve(server, sys.argv[1] != "idle"))
    for _ in range(0 if sys.argv[1] == "soon" else 12):  # the loop has started up
        await asyncio.sleep(0.002)
    for number in range(4):
        await client.send(str(number).encode())
        print((await client.recv()).decode(), flush=True)
        await asyncio.sleep(0.05)
    serving.cancel()
    server.close(0)
    client.close(0)
    context.term()


asyncio.run(main())
