"""Other people's test suites: how each is run and how its results are read. test_suites.py compares them with and without
the library; scripts/suites fetches and builds those that are no package of their own.

They run in a network of their own, which has a loopback and nothing else: some of them try to reach addresses that are not
this machine's, to see it fail.
"""

import ctypes
import fcntl
import json
import os
import re
import socket
import struct
import subprocess
from typing import NamedTuple

import harness
from harness import require

SETTINGS = {"STALLWATCH_THRESHOLD_MS": "1", "STALLWATCH_SAMPLES": "64", "STALLWATCH_LOG": "none"}
BUILT = harness.BUILD / "suites"
CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8914, 0x1


class Results(NamedTuple):
    outcomes: dict  # by test
    code: int
    watched: int  # processes that the library has left records of
    said: str


def own_network():
    """In the child, before it executes: root's privilege."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "no network of its own")
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def has_own_network():
    return subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode == 0


def run(command, preload, seconds, read, environment=None):
    """Runs a command to its end; `read` makes outcomes of the folder that it ran in and its output. That is another one than
    the library's records are in: there are tests that watch what appears in theirs."""
    inside = ["sh", "-c", 'mkdir work && cd work && exec "$@"', "sh"]
    with harness.Run([*inside, *command], preload=preload, environment={**(environment or {}), **(SETTINGS if preload else {})},
                     preexec_fn=own_network if has_own_network() else None) as started:
        started.wait(seconds)
        said = started.stdout + started.stderr
        watched = len(list(started.folder.glob("records.*.jsonl")))
        return Results(read(started.folder / "work", started.stdout), started.code, watched, said)


class CPython:
    """One module of its tests. It can run both ways at once."""

    together = True

    def __init__(self, module):
        self.name = module

    def results(self, preload, only=None):
        def read(folder, _):
            return dict(json.loads(line) for line in (folder / "results").read_text().splitlines())
        return run([harness.PYTHON, harness.TOP / "tests/run/suite_results.py", self.name, "results"], preload, 1500, read)


class LibUV:
    """Its runner starts each test as a process; one by name with an argument."""

    name, together, seconds = "libuv", False, 900

    def results(self, preload, only=None):
        program = BUILT / "libuv/made/uv_run_tests_a"
        commands = [f"{program} {name}" for name in sorted(only)] if only else [str(program)]
        return run(["sh", "-c", ";".join(commands)], preload, self.seconds, self.read,
                   {"UV_RUN_AS_ROOT": "1", "UV_TEST_TIMEOUT_MULTIPLIER": "4"})

    @staticmethod
    def read(_, text):
        lines = re.findall(r"^(ok|not ok) \d+ - (\S+)( # SKIP)?", text, re.MULTILINE)
        return {name: "skip" if skipped else outcome for outcome, name, skipped in lines}


class LibEvent:
    """One program with all tests, each in a process that is forked for it."""

    name, together, seconds = "libevent", False, 900

    def results(self, preload, only=None):
        program = BUILT / "libevent/made/bin/regress"
        return run([program, *sorted(only or [])], preload, self.seconds, self.read)

    @staticmethod
    def read(_, text):
        outcomes, name = {}, None
        for line in text.splitlines():
            found = re.match(r"(\w+/\S+): (.*)", line)
            if found:
                name, line = found.groups()
                outcomes[name] = "no end"
            said = re.search(r"OK|SKIPPED|DISABLED|FAILED", line)
            if name and said:
                outcomes[name] = said.group()
        return outcomes


class Redis:
    """Its Tcl runner, which starts and stops servers of its own; those units that wait and block, and the types' own."""

    name, together, seconds = "redis", False, 1500
    UNITS = ("unit/type/list", "unit/type/list-2", "unit/type/stream", "unit/type/zset", "unit/auth", "unit/protocol",
             "unit/keyspace", "unit/expire", "unit/scripting", "unit/multi", "unit/pubsub", "unit/pause", "unit/querybuf",
             "unit/shutdown", "unit/latency-monitor", "unit/slowlog", "unit/networking", "unit/info", "unit/lazyfree",
             "unit/introspection", "unit/introspection-2", "unit/wait", "unit/tracking", "integration/rdb",
             "integration/aof", "integration/redis-cli", "integration/shutdown", "integration/replication-2",
             "integration/logging", "integration/block-repl")
    # It kills the first of `pgrep -P PID`, which is the library's own task (stallwatch(7), LIMITATIONS), then waits for redis' child.
    LEFT_OUT = "failed bgsave prevents writes"

    def results(self, preload, only=None):
        chosen = [word for unit in self.UNITS for word in ("--single", unit)]
        chosen += ["--skiptest", self.LEFT_OUT] + [word for name in sorted(only or []) for word in ("--only", name)]
        return run(["sh", "-c", f"cd {BUILT}/redis/source && exec ./runtest --clients 2 \"$@\"", "sh", *chosen], preload,
                   self.seconds, self.read, {"TERM": "dumb"})

    @staticmethod
    def read(_, text):
        line = re.compile(r"^\[(ok|err|skip|ignore|exception|timeout)\]: (.*?)(?: \(\d+ ms\))?$", re.MULTILINE)
        outcomes = {}
        for outcome, name in line.findall(text):
            outcomes.setdefault(re.sub(r" in tests/\S+\.tcl.*", "", name), set()).add(outcome)
        return {name: " ".join(sorted(found)) for name, found in outcomes.items()}


class GLib:
    """A program for each file of tests; those that have loops, threads, children, sockets or time in them."""

    name, together, seconds = "glib", False, 1200
    PROGRAMS = ("mainloop", "timeout", "timer", "thread", "thread-pool", "mutex", "rec-mutex", "rwlock", "cond", "once",
                "asyncqueue", "unix", "utils", "logging", "spawn-multithreaded", "spawn-singlethread", "spawn-path-search",
                "io-channel", "fileutils", "cancellable", "task", "contexts", "pollable", "socket", "socket-listener",
                "socket-service", "unix-fd", "unix-streams", "io-stream", "async-close-output-stream",
                "async-splice-output-stream", "buffered-input-stream", "converter-stream", "gsubprocess", "testfilemonitor",
                "g-file", "file", "actions", "gapplication", "gdbus-connection", "gdbus-names", "gdbus-peer", "gdbus-proxy",
                "gdbus-proxy-threads", "gdbus-export", "gdbus-threading", "gdbus-server-auth", "gdbus-close-pending",
                "gdbus-connection-loss", "network-monitor", "resolver-parsing", "simple-async-result", "sleepy-stream",
                "tls-interaction", "inet-address", "proxy-test")

    def results(self, preload, only=None):
        folder = BUILT / "glib/made/usr/libexec/installed-tests/glib"
        programs = sorted({name.split(" ")[0] for name in only}) if only else self.PROGRAMS
        each = 'cd "$0"; for p; do [ -x "$p" ] || continue; echo "# program $p"; timeout 120 "./$p" --tap; echo "ends $?"; done'
        return run(["sh", "-c", each, folder, *programs], preload, self.seconds, self.read,
                   {"G_TEST_SRCDIR": str(folder), "G_TEST_BUILDDIR": str(folder)})

    @staticmethod
    def read(_, text):
        outcomes, program = {}, ""
        for line in text.splitlines():
            begins = re.match(r"# program (\S+)", line)
            test = re.search(r"(ok|not ok) \d+ (/\S+)( # SKIP)?", line)
            ends = re.match(r"ends (\d+)", line)
            program = begins.group(1) if begins else program
            if test:
                outcomes[f"{program} {test.group(2)}"] = "skip" if test.group(3) else test.group(1)
            elif ends:
                outcomes[program] = ends.group(1)
        return outcomes


BUILDS = {suite.name: suite for suite in (LibUV(), LibEvent(), Redis(), GLib())}


def prepare(name):
    """Fetches and builds one."""
    if not has_own_network():
        raise harness.Skip(f"{name}: it has to be kept from other machines' addresses, in a network namespace, which is root's")
    made = subprocess.run([harness.TOP / "scripts/suites", name], cwd=harness.TOP, capture_output=True, text=True,
                          env={**os.environ, "STALLWATCH_BUILD": str(harness.BUILD)})
    require(made.returncode == 0, f"{name}: {made.stderr[-1500:]}")
