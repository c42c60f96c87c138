"""Two servers that differ in one thing, the library say, under short bursts of the same load in turns: what else happens on the
machine hits both. The server has one CPU and its client another, where there are two.

Every server listens on a loopback port that was free, and is stopped by its own pid.
"""

import glob
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPU, CLIENT_CPU = {CPUS[0]}, {CPUS[-1]}
AFRESH = 2


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STALLWATCH_") and name != "LD_PRELOAD"}
    return {**kept, **more}


def watched(library, **more):
    """What a program is watched with: at the defaults, text left out."""
    return {"LD_PRELOAD": str(library), "STALLWATCH_LOG": "none", **more}


class Server:
    """A server in a folder of its own; `arguments` is called with folder and port."""

    def __init__(self, arguments, extra):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="stallwatch-bench-"))
        self.port = free_port()
        words = [str(word) for word in arguments(self.folder, self.port)]
        self.process = subprocess.Popen(words, cwd=self.folder, env=environment(**extra), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        preexec_fn=lambda: os.sched_setaffinity(0, SERVER_CPU))
        self.wait_until_it_answers()

    def wait_until_it_answers(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"{self.process.args[0]} does not answer")

    def pids(self):
        """The server's process and its children."""
        found = [self.process.pid]
        for pid in found:
            for path in glob.glob(f"/proc/{pid}/task/*/children"):
                found += [int(word) for word in pathlib.Path(path).read_text().split()]
        return found

    def cpu_ns(self):
        """What all its threads have had of a CPU, the library's own among them."""
        total = 0
        for pid in self.pids():
            for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
                total += int(pathlib.Path(path).read_text().split()[0])
        return total

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def client(words):
    """Runs a client on its CPU; its output."""
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60, check=True,
                          env=environment(), preexec_fn=lambda: os.sched_setaffinity(0, CLIENT_CPU)).stdout


def compare_bursts(servers, burst, turns):
    """Pairs of bursts, which of the two comes first in turns: (rate of the second server over that of the first, the same of CPU a
    request) of each."""
    for server in servers:
        burst(server.port)
    for turn in range(turns):
        rate, cost = [0, 0], [0, 0]
        for which in (0, 1) if turn % 2 else (1, 0):
            before = servers[which].cpu_ns()
            requests, seconds = burst(servers[which].port)
            rate[which] = requests / seconds
            cost[which] = (servers[which].cpu_ns() - before) / requests
        yield rate[1] / rate[0], cost[1] / cost[0]


def compare(arguments, burst, other, rounds, one=None, afresh=AFRESH):
    """`rounds` pairs of bursts; `burst(port)` returns (requests, seconds). Each pair gives the rate with the environment `other`
    over that with `one` (plain), and the same of CPU a request. Returns the two lists. After `afresh` pairs both servers are
    started anew: which pages a process happens to get makes it faster or slower for as long as it lives, by some percent."""
    found = []
    while len(found) < rounds:
        servers = []
        try:
            for extra in (one or {}, other):
                servers.append(Server(arguments, extra))
            found += compare_bursts(servers, burst, min(afresh, rounds - len(found)))
        finally:
            for server in servers:
                server.stop()
    return [rate for rate, _ in found], [cost for _, cost in found]
