"""asyncio on each of its selectors: ways to block its loop, and what may take long beside it, before it and after it.

@run timer epoll timer
@expect stall cause=blocking-call call=clock_nanosleep detail='[23]* ms' ms=300 calls=1 wait=epoll_wait main=true
@run soon epoll soon
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_wait
@run nested epoll nested
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_wait
@run reader epoll reader
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_wait
@run signal epoll signal
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_wait
@run fifo epoll fifo %d/fifo
@expect stall cause=blocking-call call=read|open detail=*fifo ms=250..350 wait=epoll_wait
@run child epoll child
@expect stall cause=blocking-call call=waitpid|wait4 detail=*sleep* ms=250..400 wait=epoll_wait
@run output epoll output
@expect stall cause=nested-wait|blocking-call call=poll|read ms=250..400 wait=epoll_wait
@run awaits epoll awaits
@expect stall cause=lock call=* ms=250..350 wait=epoll_wait
@run answer epoll answer
@expect stall cause=nested-wait|blocking-call call=poll|recv|recvfrom ms=250..350 wait=epoll_wait
@run many epoll many
@expect stall cause=blocking-call call=clock_nanosleep ms=200..300 calls=20 wait=epoll_wait
@run computes epoll computes
@alone: it computes, and another program would take half of its CPU
@expect stall cause=cpu call=null ms=250..600 wait=epoll_wait
@run poll-timer poll timer
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=poll
@run poll-reader poll reader
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=poll
@run select-timer select timer
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=select
@run again-stall epoll again-stall
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_wait
@run poll-again-stall poll again-stall
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=poll
@run threads-stall epoll threads-stall
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_wait main=false
@run poll-threads-stall poll threads-stall
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=poll main=false
@run again epoll again
@expect clean
@run poll-again poll again
@expect clean
@run select-again select again
@expect clean
@run turns epoll turns
@expect clean
@run turns-stall epoll turns-stall
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_wait
@run pool epoll pool
@expect clean
@run beside epoll beside
@expect clean
@run threads epoll threads
@expect clean
@run end epoll end
@expect clean
@run forks epoll forks
@env PYTHONWARNINGS=ignore::DeprecationWarning
@expect clean
"""
import asyncio
import concurrent.futures
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time

SELECTORS = {"epoll": selectors.EpollSelector, "poll": selectors.PollSelector, "select": selectors.SelectSelector}


def on_event():
    time.sleep(0.3)


def late(seconds, function, *arguments):
    threading.Thread(target=lambda: (time.sleep(seconds), function(*arguments)), daemon=True).start()


def read_file(path):
    """A FIFO stands for a file on a slow disk."""
    os.mkfifo(path)
    late(0.26, lambda: open(path, "w").write("late"))
    assert open(path).read() == "late"


def await_other_thread():
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: time.sleep(0.26) or 7).result() == 7


def read_answer():
    """A client that is synchronous, and has a timeout: it polls."""
    here, there = socket.socketpair()
    here.settimeout(5)
    late(0.26, there.send, b"x")
    assert here.recv(1) == b"x"


def compute():
    end = time.thread_time() + 0.25
    while time.thread_time() < end:
        pass


BLOCKING = {
    "timer": on_event, "soon": on_event, "awaits": await_other_thread, "answer": read_answer, "computes": compute,
    "child": lambda: subprocess.run(["sleep", "0.26"], check=True),
    "output": lambda: subprocess.run(["sleep", "0.26"], check=True, capture_output=True),
    "many": lambda: [time.sleep(0.01) for _ in range(20)],
    "fifo": lambda: read_file(sys.argv[3]),
}


async def ticks(count):
    for _ in range(count):
        await asyncio.sleep(0.02)


async def outer():
    await inner()


async def inner():
    await asyncio.sleep(0)
    on_event()


async def readable():
    here, there = socket.socketpair()
    seen = asyncio.Event()
    asyncio.get_running_loop().add_reader(here, lambda: (here.recv(1), on_event(), seen.set()))
    late(0.02, there.send, b"x")
    await seen.wait()
    asyncio.get_running_loop().remove_reader(here)


async def signalled(handler):
    seen = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lambda: (handler(), seen.set()))
    os.kill(os.getpid(), signal.SIGUSR1)
    await seen.wait()
    asyncio.get_running_loop().remove_signal_handler(signal.SIGUSR1)


async def wait_beside():
    """What takes long without holding the loop up: children, names, signals."""
    child = await asyncio.create_subprocess_exec("sh", "-c", "sleep 0.15; echo x", stdout=-1)
    assert (await child.communicate())[0] == b"x\n"
    for _ in range(5):
        assert await asyncio.get_running_loop().getaddrinfo("localhost", 80)
    for _ in range(20):
        await signalled(lambda: None)


async def fork_children():
    """Children of a fork that work without a loop, while the parent's goes on."""
    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            time.sleep(0.2)
            os._exit(0)
        children.append(child)
    await ticks(15)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0


async def work(mode):
    loop = asyncio.get_running_loop()
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)  # a poll of asyncio's own pipe alone is no loop yet
    await ticks(5)
    if mode == "soon":
        loop.call_soon(on_event)
    elif mode in BLOCKING:
        loop.call_later(0.01, BLOCKING[mode])
    elif mode == "nested":
        await outer()
    elif mode == "reader":
        await readable()
    elif mode == "signal":
        await signalled(on_event)
    elif mode == "beside":
        await wait_beside()
    elif mode == "pool":
        await asyncio.gather(*(loop.run_in_executor(None, on_event) for _ in range(20)))
        await asyncio.to_thread(on_event)
    elif mode == "end":
        loop.run_in_executor(None, on_event)  # asyncio.run awaits the pool's threads when the loop is done
    elif mode == "forks":
        await fork_children()
    await ticks(7)
    server.close()


def run(new_loop, mode):
    """asyncio.run, with a loop of our choice: Python 3.14 warns of the older way."""
    if sys.version_info >= (3, 12):
        asyncio.run(work(mode), loop_factory=new_loop)
        return

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self):
            return new_loop()

    asyncio.set_event_loop_policy(Policy())
    asyncio.run(work(mode))


def clean_up():
    time.sleep(0.2)
    compute()


def main(new_loop, mode):
    if mode.startswith("again"):
        run(new_loop, "")
        clean_up()
        run(new_loop, "timer" if mode == "again-stall" else "")
    elif mode.startswith("turns"):  # as a session's loop of pytest: what is done between is not the loop's
        loop = new_loop()
        for turn in range(3):
            loop.run_until_complete(work("timer" if mode == "turns-stall" and turn == 2 else ""))
            clean_up()
        loop.close()
    elif mode.startswith("threads"):
        def other(mode):
            loop = new_loop()
            loop.run_until_complete(work(mode))
            loop.close()
        threads = [threading.Thread(target=other, args=(own,)) for own in ("", "timer" if mode == "threads-stall" else "")]
        for thread in threads:
            thread.start()
        run(new_loop, "")
        for thread in threads:
            thread.join()
    else:
        run(new_loop, mode)
    if mode in ("again", "end"):
        clean_up()
    print("done")


if __name__ == "__main__":
    main(lambda: asyncio.SelectorEventLoop(SELECTORS[sys.argv[1]]()), sys.argv[2])
