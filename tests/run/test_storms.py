"""Storms: thousands of forks, threads, execs, exceptions, jumps and cancellations while samples are taken all the time
(threshold 1 ms, 64 samples). What a storm prints and how it ends is the same without the library (tests/storms)."""

import json
import os
import pathlib
import subprocess

import harness
from harness import require

ALONE = True
STORMS = harness.BUILD / "tests/storms"
SETTINGS = {"STALLWATCH_THRESHOLD_MS": "1", "STALLWATCH_SAMPLES": "64", "STALLWATCH_LOG": "none"}


def check_lines(run):
    """Each line is whole, and of the process whose file it is in; returns how many processes ran loops and stalled."""
    processes = stalls = 0
    for path in pathlib.Path(run.folder).glob("records.*.jsonl"):
        content = path.read_bytes()
        require(content == b"" or content.endswith(b"\n"), f"{path.name} ends within a line")
        for line in content.splitlines():
            record = json.loads(line)
            require(record["pid"] == int(path.name.split(".")[1]), f"{path.name} has a record of process {record['pid']}")
            processes += record["type"] == "process"
            stalls += record["type"] == "stall"
    return processes, stalls


def storm(command, least_stalls):
    """Both ways at once, since the one without the library is there only to be compared."""
    with harness.Run(command, preload=False) as plain, harness.Run(command, environment=SETTINGS) as watched:
        for run in (plain, watched):
            run.wait(110)
        require((plain.code, plain.stdout) == (watched.code, watched.stdout),
                f"without: {plain.code} {plain.stdout[-500:]}\nwith: {watched.code} {watched.stdout[-500:]}{watched.stderr[-500:]}")
        require(watched.code == 0, f"exit code {watched.code}: {watched.stdout[-500:]}")
        require(watched.stderr == plain.stderr, f"standard error differs: {watched.stderr[-1000:]}")
        processes, stalls = check_lines(watched)
        require(processes > 0 and stalls >= least_stalls, f"only {stalls} stalls: the storm has not been watched")


def test_signals_reset():
    """Each of the ways to set a signal back to its default action, all the time, on two threads."""
    storm([STORMS / "signals_reset_often"], 50)


def test_exec_chain():
    """On a busy machine, where a signal is on its way for longer: it used to end the program that followed."""
    hogs = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        storm([STORMS / "exec_sampled"], 10)
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def test_forks():
    storm([STORMS / "forks"], 100)


def test_threads():
    storm([STORMS / "threads"], 50)


def test_children():
    storm([STORMS / "children"], 20)


def test_modules():
    storm([STORMS / "modules"], 20)


def test_throws():
    storm([STORMS / "throws"], 5)  # how many there are is how fast the machine throws


def test_jumps():
    storm([STORMS / "jumps"], 20)


def test_cancels():
    storm([STORMS / "cancels"], 0)  # who is cancelled in a callback leaves no report


def test_greenlets():
    probe = subprocess.run([harness.PYTHON, "-c", "import greenlet"], capture_output=True)
    if probe.returncode != 0:
        raise harness.Skip("python3-greenlet is not installed")
    storm([harness.PYTHON, harness.TOP / "tests/storms/greenlets.py"], 20)
