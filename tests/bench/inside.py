"""What the library costs inside a process, and how exact it is: from the small programs beside this file."""

import glob
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile
import time

import pairs
from figures import Row

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = (TOP / os.environ.get("STALLWATCH_BUILD", "build")).resolve() / "tests/bench"
PYTHON = "/usr/bin/python3"


def output(*words, **extra):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=120, check=True,
                          env=pairs.environment(**extra)).stdout


def figures_of(program, library):
    """Lines "NAME MEDIAN LOW HIGH" of a program; the name may have blanks."""
    for line in output(PROGRAMS / program, library).splitlines():
        words = line.rsplit(" ", 3)
        yield (words[0], *map(float, words[1:]))


def loop_wait(library):
    return [Row(f"added to a loop's wait, in times two reads of the clock ({name})", *figures, unit="×", at_most=1.3)
            if "alone" not in name else Row(f"a loop's wait {name}", *figures, unit="ns")
            for name, *figures in figures_of("loop_wait", library)]


def call(library):
    return [Row(f"added to {name}, in reads of the clock", *figures, unit="×",
                at_most=0.3 if "without a loop" in name else 2.5) for name, *figures in figures_of("call", library)]


def start_up(library):
    return [Row(name, *figures, unit="×", at_most=1.10) for name, *figures in figures_of("start_up", library)]


def sample_pause(_library):
    rows = []
    for line in output(PROGRAMS / "sample_pause").splitlines():
        size, *figures = line.split()
        rows.append(Row(f"pause of a loop's thread for one sample, stack of {size} KiB",
                        *(float(figure) / 1000 for figure in figures), unit="us", at_most=10))
    return rows


class Log:
    """A program run with the library, and its records."""

    def __init__(self, library, words, **settings):
        self.folder = tempfile.mkdtemp(prefix="stallwatch-bench-")
        path = os.path.join(self.folder, "records.jsonl")
        self.stdout = output(*words, **pairs.watched(library, STALLWATCH_JSON=path, **settings))
        with open(path, encoding="utf-8") as lines:
            self.records = [json.loads(line) for line in lines]
        shutil.rmtree(self.folder)

    def stalls(self):
        return [record for record in self.records if record["type"] == "stall" and record["state"] == "ended"]


def durations(library):
    log = Log(library, [PROGRAMS / "durations"], STALLWATCH_THRESHOLD_MS="1", STALLWATCH_MAX_REPORTS="100000")
    true_us = sorted(float(line) for line in log.stdout.split())
    told_us = sorted(stall["duration_ms"] * 1000 for stall in log.stalls() if stall["phase"] == "running")
    if len(told_us) != len(true_us):
        return f"{len(true_us)} stalls and {len(told_us)} reports of them"
    errors = [abs(told - true) for told, true in zip(told_us, true_us)]
    return [Row.of("error of a stall's duration, median of 100", errors, unit="us", at_most=50),
            Row("error of a stall's duration, the worst of 100", max(errors), unit="us", at_most=1000)]


def first_sample(library):
    rows = []
    for threshold, limit in ((10, 1), (1, 0.3)):
        log = Log(library, [PROGRAMS / "durations"], STALLWATCH_THRESHOLD_MS=str(threshold), STALLWATCH_SAMPLES="4",
                  STALLWATCH_MAX_REPORTS="100000")
        late = [min(stack["at_ms"] for stack in stall["stacks"]) - threshold
                for stall in log.stalls() if stall["stacks"] and stall["duration_ms"] > threshold * 1.5]
        rows.append(Row.of(f"from the threshold to the sample, at {threshold} ms", late, unit="ms", at_most=limit))
    return rows


def stall_rate(library):
    # As many loops as it takes for 5,000 a second with 1.15 ms each.
    log = Log(library, [PROGRAMS / "stall_rate", 8, 3], STALLWATCH_THRESHOLD_MS="1", STALLWATCH_MAX_REPORTS="0")
    wanted, seconds = map(float, log.stdout.split())
    summary = [record for record in log.records if record["type"] == "summary"][-1]
    startup = sum(1 for stall in log.stalls() if stall["phase"] == "startup")
    return [Row("stalls a second, threshold 1 ms", wanted / seconds, unit="a second", at_least=5000),
            Row("  of them counted", (summary["stalls"]["total"] - startup) / wanted * 100, unit="%", at_least=100)]


def threads_cpu_ns(pid, name):
    """(CPU time in ns, how often they waited) of all the process' threads of that name."""
    spent, wakes = 0, 0
    for path in map(pathlib.Path, glob.glob(f"/proc/{pid}/task/*/comm")):
        if path.read_text().strip() == name:
            spent += int((path.parent / "schedstat").read_text().split()[0])
            wakes += sum(map(int, re.findall(r"voluntary_ctxt_switches:\s+(\d+)", (path.parent / "status").read_text())))
    return spent, wakes


def watch_quiet_loops(extra, thread, threads, wake_ms, seconds=5):
    """The share of a core that threads of a name take, and how often they wake, in a process with loops that have little to do."""
    words = [str(PROGRAMS / "quiet_loops"), str(threads), str(wake_ms), str(seconds + 3)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=pairs.environment(**extra)) as process:
        process.stdout.readline()
        time.sleep(1.5)
        before, wakes_before = threads_cpu_ns(process.pid, thread)
        time.sleep(seconds)
        after, wakes = threads_cpu_ns(process.pid, thread)
    return (after - before) / 1e9 / seconds * 100, wakes - wakes_before


def idle(library):
    watched = pairs.watched(library), "stallwatch"
    share, wakes = watch_quiet_loops(*watched, 1, 0)
    busy, _ = watch_quiet_loops(*watched, 1, 100)
    alone, _ = watch_quiet_loops({}, "quiet_loops", 1, 100)
    many, _ = watch_quiet_loops(*watched, 1000, 1000)
    return [Row("an idle loop: the watchdog's wake-ups in 5 s", wakes, at_most=0),
            Row("an idle loop: the watchdog's share of a core", share, unit="%", at_most=0.02),
            Row("a loop woken 10 times a second: the watchdog's share", busy, unit="%", at_most=0.02),
            Row("  beside it that loop's own thread, without the library", alone, unit="%"),
            Row("1,000 threads with loops, each woken once a second", many, unit="%", at_most=1)]


def private_kib(extra):
    words = [str(PROGRAMS / "quiet_loops"), "1", "0", "2"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=pairs.environment(**extra)) as process:
        process.stdout.readline()
        time.sleep(0.5)
        text = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    return sum(int(found) for found in re.findall(r"Private_(?:Clean|Dirty):\s+(\d+)", text))


def memory(library):
    added = [private_kib(pairs.watched(library)) - private_kib({}) for _ in range(3)]
    return [Row("private memory before the first stall", statistics.median(added) / 1024, unit="MiB", at_most=1)]


DEEP = """
import select, time
epoll = select.epoll()
def deep(levels):
    if levels:
        return deep(levels - 1)
    end = time.thread_time() + {ms} / 1000
    while time.thread_time() < end:
        pass
for _ in range(12):
    epoll.poll(0.001)
for _ in range({stalls}):
    deep(30)
    epoll.poll(0)
    epoll.poll(0.005)
watchdog = [task for task in __import__("os").listdir("/proc/self/task")
            if open("/proc/self/task/" + task + "/comm").read().strip() == "stallwatch"]
print(open("/proc/self/task/" + watchdog[0] + "/schedstat").read().split()[0])
"""


def unwind(library):
    """The watchdog's CPU time for a sample of CPython 30 calls deep, all that it does for one included: with many samples of each
    stall and with one, the difference over the number of samples."""
    script = DEEP.format(ms=80, stalls=8)
    cost = []
    for _ in range(3):
        spent, samples = [], []
        for most in (64, 1):
            log = Log(library, [PYTHON, "-c", script], STALLWATCH_THRESHOLD_MS="20", STALLWATCH_SAMPLES=str(most),
                      STALLWATCH_HELPER="none")
            spent.append(int(log.stdout))
            samples.append(sum(stack["samples"] for stall in log.stalls() for stack in stall["stacks"]))
        cost.append((spent[0] - spent[1]) / max(1, samples[0] - samples[1]) / 1000)
    return [Row.of("one sample of CPython 30 calls deep, on the watchdog's time", cost, unit="us", at_most=200)]


ROWS = {"loop_wait": loop_wait, "call": call, "start_up": start_up, "memory": memory, "idle": idle, "sample_pause": sample_pause,
        "unwind": unwind, "first_sample": first_sample, "durations": durations, "stall_rate": stall_rate}
