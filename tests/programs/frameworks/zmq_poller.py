"""A loop of zmq.Poller's over two sockets: zmq_poll goes in a circle around poll, for whoever called it, as curl_easy_perform does
with its own; the loop is in the function that called. When that has returned, nothing is a stall any more.

@needs: python:zmq
@run idle idle
@expect clean
@run sleeps sleeps
@expect stall cause=blocking-call call=clock_nanosleep ms=200 function=on_reply times=3 wait=poll main=true
@run computes computes
@expect stall cause=cpu ms=200 function=on_reply times=3 wait=poll main=true
"""
import sys
import time

import zmq


def on_reply():
    if sys.argv[1] == "sleeps":
        time.sleep(0.2)
    if sys.argv[1] == "computes":
        end = time.thread_time() + 0.2
        while time.thread_time() < end:
            pass


def serve(server, client):
    poller = zmq.Poller()
    poller.register(server, zmq.POLLIN)
    poller.register(client, zmq.POLLIN)
    asked = replies = 0
    while replies < 8:
        ready = poller.poll(20)
        for socket, _ in ready:
            socket.recv()
            if socket is server:
                server.send(b"")
            else:
                replies += 1
                if replies % 2 == 0 and replies < 8:
                    on_reply()
        if not ready and asked == replies:
            client.send(b"")
            asked += 1


context = zmq.Context()
sockets = context.socket(zmq.REP), context.socket(zmq.REQ)
sockets[1].connect(f"tcp://127.0.0.1:{sockets[0].bind_to_random_port('tcp://127.0.0.1')}")
serve(*sockets)
time.sleep(0.3)
print("done")
