"""What `stallwatch report` takes for a log of 200 MB: its speed and its memory."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

from figures import Row

TOP = pathlib.Path(__file__).resolve().parents[2]
COMMAND = (TOP / os.environ.get("STALLWATCH_BUILD", "build")).resolve() / "stallwatch"
MEGABYTES = 200


def record(i):
    """A stall as the library writes it: one of fifty signatures, of one of five hundred processes, 10 to 29 frames deep."""
    frames = [{"lang": "native", "function": f"function_{j}", "file": f"/srv/app/file_{j}.c", "line": j, "module": "app", "offset": 4096,
               "build_id": "ab12", "inlined": False} for j in range(i % 20, 30)]
    call = {"name": "usleep", "detail": "250 ms", "ms": 249.9, "count": 1}
    return {"v": 1, "type": "stall", "time": f"2026-11-23T04:{i // 60 % 60:02}:{i % 60:02}.123Z", "host": "web-1", "pid": i % 500 + 1,
            "exe": "/srv/app/app", "comm": "app", "id": i, "state": "ended", "duration_ms": 250.0 + i % 97, "threshold_ms": 100, "counted": True,
            "phase": "running", "thread": {"tid": i % 500 + 1, "name": "app", "main": True},
            "loop": {"id": 1, "wait": "epoll_wait", "fd": 4, "iteration": 9, "events": 1}, "cause": "blocking-call", "call": call, "calls": [call],
            "time_ms": {"cpu": 1.0, "runqueue": 0.0, "blocked": 249.0, "accounted": 250.0},
            "stacks": [{"samples": 4, "at_ms": 110.0, "frames": frames}], "holder": None, "signature": f"{i % 50:016x}", "occurrence": 1,
            "label": None, "hint": None, "suppressed": None}


def write_log(path):
    block = b"".join((json.dumps(record(i)) + "\n").encode() for i in range(1000))
    with open(path, "wb") as log:
        for _ in range(MEGABYTES * 1000000 // len(block) + 1):
            log.write(block)


def run(name, log):
    """Seconds until the report begins to come, all being read then, and the most memory so far in MiB: it is longer than a pipe
    takes at once, so that the command waits to be read."""
    began = time.monotonic()
    with subprocess.Popen([COMMAND, "report", "--format", name, log], stdout=subprocess.PIPE) as process:
        process.stdout.read(1)
        seconds = time.monotonic() - began
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            memory = int(re.search(r"VmHWM:\s+(\d+)", status.read())[1]) / 1024
        process.stdout.read()
    if process.returncode != 0:
        raise RuntimeError(f"report --format {name} ended with {process.returncode}")
    return seconds, memory


def report(_library):
    rows = []
    with tempfile.TemporaryDirectory(prefix="stallwatch-bench-") as folder:
        log = pathlib.Path(folder) / "stalls.jsonl"
        write_log(log)
        size = log.stat().st_size / 1e6
        for name in ("json", "html"):
            runs = [run(name, log) for _ in range(3)]
            rows.append(Row.of(f"report --format {name} of {MEGABYTES} MB of JSON lines", [size / seconds for seconds, _ in runs], unit="MB/s"))
            rows.append(Row.of("its memory", [memory for _, memory in runs], unit="MiB", at_most=16))
    return rows


ROWS = {"report": report}
