"""`make bench-profile`: where the time goes that the library adds to a request of each server of servers.py.

    profile_servers.py LIBRARY [SERVER...]

For each: the noted calls a request makes (strace -c), its CPU time, the library's part of that by perf record -e cpu-clock on the
thread that serves, what of it two reads of the clock for each noted call are, and the watchdog's own CPU time (schedstat).
"""

import glob
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import inside
import pairs
import servers

SERVERS = {
    "nginx": (servers.nginx_arguments, servers.wrk("/small", 16)),
    "redis GET, -P 1": (servers.redis_arguments, servers.redis_burst(1, 60000)),
    "redis GET, -P 16": (servers.redis_arguments, servers.redis_burst(16, 600000)),
    "uvicorn, asyncio": (servers.uvicorn_arguments("asyncio"), servers.wrk("/", 8)),
    "uvicorn, uvloop": (servers.uvicorn_arguments("uvloop"), servers.wrk("/", 8)),
    "node http": (servers.node_arguments, servers.wrk("/", 16)),
}
# Those of them that the library notes; what else these servers call is not wrapped.
NOTED = "epoll_wait,epoll_pwait,read,write,writev,recvfrom,sendto,accept4,openat,close,newfstatat,pread64,sendfile"
BURSTS = 5


def threads(server):
    """CPU time in ns of each of its threads: {(id, name): ns}."""
    found = {}
    for pid in server.pids():
        for path in map(pathlib.Path, glob.glob(f"/proc/{pid}/task/*")):
            found[int(path.name), (path / "comm").read_text().strip()] = int((path / "schedstat").read_text().split()[0])
    return found


def serving(server, burst):
    """The thread that took most in a burst."""
    before = threads(server)
    burst(server.port)
    after = threads(server)
    return max(after, key=lambda thread: after[thread] - before.get(thread, after[thread]))[0]


def beside(words, server, burst):
    """Runs a tool beside a burst, ends it as Ctrl-C does; (what it said, requests)."""
    with subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as tool:
        time.sleep(0.3)
        requests, _ = burst(server.port)
        tool.send_signal(signal.SIGINT)
        return tool.communicate(timeout=30)[0], requests


def calls_a_request(tid, server, burst):
    said, requests = beside(["strace", "-c", "-e", f"trace={NOTED}", "-p", tid], server, burst)
    return sum(int(words[3]) for words in map(str.split, said.splitlines())
               if len(words) >= 5 and words[3].isdigit() and words[-1] in NOTED.split(",")) / requests


def library_share(tid, server, burst):
    """Of the thread's CPU time in a burst, the library's part."""
    with tempfile.NamedTemporaryFile(prefix="stallwatch-bench-") as data:
        beside(["perf", "record", "-q", "-F", 5000, "-e", "cpu-clock", "-t", tid, "-o", data.name], server, burst)
        said = subprocess.run(["perf", "report", "-q", "--stdio", "--sort", "dso", "-i", data.name], capture_output=True, text=True,
                              timeout=60, check=True).stdout
    found = re.search(r"([\d.]+)%\s+libstallwatch", said)
    return float(found[1]) / 100 if found else 0.0


def undisturbed(server, burst):
    """(CPU time a request in ns, the watchdog's part of it)"""
    before = threads(server)
    requests = sum(burst(server.port)[0] for _ in range(BURSTS))
    spent = {thread: ns - before.get(thread, ns) for thread, ns in threads(server).items()}
    total = sum(spent.values())
    return total / requests, sum(ns for (_, name), ns in spent.items() if name == "stallwatch") / total


def profile(name, library, two_reads_ns):
    arguments, burst = SERVERS[name]
    server = pairs.Server(arguments, pairs.watched(library))
    try:
        tid = serving(server, burst)
        request_ns, watchdog = undisturbed(server, burst)
        share = statistics.median(library_share(tid, server, burst) for _ in range(BURSTS))
        calls = calls_a_request(tid, server, burst)
    finally:
        server.stop()
    return (f"| {name} | {calls:.2f} | {request_ns:.0f} ns | {share * request_ns:.0f} ns, {share:.1%} | "
            f"{calls * two_reads_ns:.0f} ns, {calls * two_reads_ns / request_ns:.1%} | {watchdog:.2%} |")


def main():
    library = os.path.realpath(sys.argv[1])
    if why := servers.missing("perf", "strace", "wrk"):
        sys.exit(f"bench-profile: {why}")
    two_reads_ns = next(median for name, median, *_ in inside.figures_of("loop_wait", library) if "two reads" in name)
    print("| a request of | noted calls | its CPU time | the library on its thread | of that two reads of the clock a call "
          "| the watchdog |\n|---|---|---|---|---|---|")
    for name in sys.argv[2:] or SERVERS:
        try:
            print(profile(name, library, two_reads_ns), flush=True)
        except (OSError, RuntimeError, subprocess.SubprocessError) as problem:
            print(f"bench-profile: {name}: not measured: {problem}", file=sys.stderr)


if __name__ == "__main__":
    main()
