"""One way to hold up an asyncio loop, once: for test_python_beside.py, which runs it under asyncio's own debug mode and under
stallwatch. The line to blame ends with "# HERE". Prints what it measured itself, in milliseconds."""

import asyncio
import concurrent.futures
import ctypes
import hashlib
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time

lock = threading.Lock()


def stopwatch(began):
    print("held", round((time.perf_counter() - began) * 1e3, 1), flush=True)


async def sleep():
    time.sleep(0.3)  # HERE


async def busy_loop():
    end = time.perf_counter() + 0.3
    while time.perf_counter() < end:  # HERE
        sum(range(200))  # HERE


async def pbkdf2_hmac():
    hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 900000)  # HERE


async def subprocess_run():
    subprocess.run(["sleep", "0.3"])  # HERE


def silent_name_server():
    """In a mount namespace of its own the process asks a name server that does not answer. False: that may not be had here."""
    libc = ctypes.CDLL(None, use_errno=True)
    new_mounts, private, bind = 0x00020000, 0x44000, 0x1000  # CLONE_NEWNS; MS_REC | MS_PRIVATE; MS_BIND
    pathlib.Path("resolv.conf").write_text("nameserver 127.0.0.77\noptions timeout:1 attempts:1\n")
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        server.bind(("127.0.0.77", 53))
    except OSError:
        return None
    made = libc.unshare(new_mounts) == 0 and libc.mount(b"none", b"/", None, private, None) == 0 and \
        libc.mount(b"resolv.conf", b"/etc/resolv.conf", None, bind, None) == 0
    return server if made else None


async def slow_getaddrinfo():
    server = silent_name_server()
    if server is None:
        sys.exit(77)
    began = time.perf_counter()
    try:
        socket.getaddrinfo("db.internal", 5432)  # HERE
    except socket.gaierror:
        pass
    stopwatch(began)


def in_the_pool():
    time.sleep(0.5)  # HERE


async def full_pool():
    loop = asyncio.get_running_loop()
    pool = concurrent.futures.ThreadPoolExecutor(2)
    await asyncio.gather(*(loop.run_in_executor(pool, in_the_pool) for _ in range(3)))


async def lock_of_a_thread():
    def holder():
        with lock:
            time.sleep(0.4)
    threading.Thread(target=holder).start()
    await asyncio.sleep(0.05)
    began = time.perf_counter()
    with lock:  # HERE
        stopwatch(began)


def keeps_the_lock():
    time.sleep(0.1)
    re.match("(a+)+$", "a" * 23 + "b")  # HERE


async def gil_in_a_callback():
    threading.Thread(target=keeps_the_lock).start()
    end = time.perf_counter() + 0.25
    while time.perf_counter() < end:
        await asyncio.sleep(0)


async def gil_while_idle():
    threading.Thread(target=keeps_the_lock).start()
    await asyncio.sleep(0.2)
    await asyncio.sleep(0.3)


def a_piece(seconds):
    time.sleep(seconds)  # HERE


async def many_callbacks():
    loop = asyncio.get_running_loop()
    for _ in range(30):
        loop.call_soon(a_piece, 0.01)
    await asyncio.sleep(0)


async def gather():
    async def piece():
        a_piece(0.03)
    await asyncio.gather(*(piece() for _ in range(10)))


async def hang():
    while True:
        time.sleep(0.05)  # HERE


async def main(case):
    await asyncio.sleep(0.05)
    began = time.perf_counter()
    await case()
    if case.__name__ in ("sleep", "busy_loop", "pbkdf2_hmac", "subprocess_run", "many_callbacks", "gather"):
        stopwatch(began)
    await asyncio.sleep(0.05)


asyncio.run(main(globals()[sys.argv[1]]))
