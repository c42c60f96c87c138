"""What noting costs a server's thread, within one process: it is let go and taken up again every quarter of a second under a steady
load, by writing into its notes while it is stopped. Two processes of the same server differ by more, for as long as they live.

    noting.py LIBRARY [SERVER...]     after `make bench-profile`'s table, as the second of it

A request is counted by the thread's system calls that write (/proc/PID/task/TID/io). What a thread pays is in it, the watchdog's own
time is not.
"""

import os
import pathlib
import signal
import statistics
import struct
import subprocess
import sys
import time

import inside
import pairs
import servers

SECONDS, LIVES, WINDOW_S = 16, 3, 0.25
# Those that answer by write or writev, which the kernel counts.
SERVERS = {"nginx": (servers.nginx_arguments, "/small"), "node http": (servers.node_arguments, "/")}


def spent_ns(pid, tid):
    return int(pathlib.Path(f"/proc/{pid}/task/{tid}/schedstat").read_text().split()[0])


def writes(pid):
    lines = pathlib.Path(f"/proc/{pid}/task/{pid}/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("syscw:"))


class Notes:
    """The notes of a process' main thread, from outside."""

    def __init__(self, pid, library):
        said = subprocess.check_output([inside.PROGRAMS / "note_offsets"], text=True)
        self.offset = {name: int(offset) for name, offset in map(str.split, said.splitlines())}
        said = subprocess.check_output(["nm", library], text=True)
        symbols = {words[2]: int(words[0], 16) for words in map(str.split, said.splitlines()) if len(words) == 3}
        maps = pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
        base = next(int(line.split("-")[0], 16) for line in maps if line.endswith(library))
        self.pid, self.memory = pid, open(f"/proc/{pid}/mem", "r+b", buffering=0)
        self.passive = base + symbols["sw_process_passive"]
        records = [self.read("<Q", base + symbols["registry"] + 8 * i) for i in range(self.read("<I", base + symbols["registry_count"]))]
        self.record = next(at for at in records if self.read("<i", at + self.offset["tid"]) == pid)

    def read(self, form, at):
        self.memory.seek(at)
        return struct.unpack(form, self.memory.read(struct.calcsize(form)))[0]

    def write(self, form, at, value):
        self.memory.seek(at)
        self.memory.write(struct.pack(form, value))

    def switch(self, on):
        """Off: no iteration is in progress, no call is noted, and no wait begins one. On: the next wait does."""
        os.kill(self.pid, signal.SIGSTOP)
        while pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "T":
            time.sleep(0.0005)
        if not on:
            at = self.record + self.offset["sequence"]
            sequence = self.read("<I", at)
            self.write("<I", at, sequence + sequence % 2)
            for form, name in (("<H", "in_iteration"), ("<Q", "hot_key"), ("<Q", "busy_since")):
                self.write(form, self.record + self.offset[name], 0)
        self.write("<B", self.passive, not on)
        os.kill(self.pid, signal.SIGCONT)


def window(notes, on):
    """CPU time of the thread a write, ns."""
    notes.switch(on)
    time.sleep(0.02)
    wrote, spent = writes(notes.pid), spent_ns(notes.pid, notes.pid)
    time.sleep(WINDOW_S)
    return (spent_ns(notes.pid, notes.pid) - spent) / max(writes(notes.pid) - wrote, 1)


def one_life(arguments, path, library):
    """Ratios of pairs of windows, on over off, each pair in the order on, off, off, on or the other way round."""
    server = pairs.Server(arguments, pairs.watched(library))
    words = ["wrk", "-t1", "-c16", f"-d{SECONDS + 10}s", f"http://127.0.0.1:{server.port}{path}"]
    client = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=pairs.environment(),
                              preexec_fn=lambda: os.sched_setaffinity(0, pairs.CLIENT_CPU))
    try:
        time.sleep(2)
        notes = Notes(max(server.pids(), key=lambda pid: spent_ns(pid, pid)), library)
        for turn in range(int(SECONDS / (WINDOW_S + 0.03) / 4)):
            order = (True, False, False, True) if turn % 2 else (False, True, True, False)
            found = [(on, window(notes, on)) for on in order]
            yield sum(ns for on, ns in found if on) / sum(ns for on, ns in found if not on)
    finally:
        client.kill()
        client.wait()
        server.stop()


def main():
    library = os.path.realpath(sys.argv[1])
    print("| the thread's CPU time a request, noting over not | median | 95% interval |\n|---|---|---|")
    for name in sys.argv[2:] or SERVERS:
        if name not in SERVERS:
            continue
        ratios = sorted(ratio for _ in range(LIVES) for ratio in one_life(*SERVERS[name], library))
        far = int(0.98 * len(ratios) ** 0.5)
        low, high = ratios[max(len(ratios) // 2 - far, 0)], ratios[min(len(ratios) // 2 + far, len(ratios) - 1)]
        print(f"| {name} | {statistics.median(ratios):.3f} × | {low:.3f} to {high:.3f} |", flush=True)


if __name__ == "__main__":
    main()
