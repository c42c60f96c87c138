"""What a stall of asyncio says of whom it worked for: the task's name, an ASGI request's method and path; the program's own label
comes first, and what is true of less than three quarters of a stall is no label."""

import subprocess

import harness
import pythons
from harness import require


def check(python, *arguments, names=True):
    with harness.Run([python, "-W", "ignore", harness.TOP / "tests/run/python/tasks.py", *arguments]) as run:
        run.wait()
        require(run.code == 0, run.stderr)
        stalls = run.stalls(phase="running")
        require(len(stalls) == 10, f"{len(stalls)} stalls\n" + harness.show(run.records()))
        labels = [stall["label"] for stall in stalls]
        wanted = [{"nightly export \u00e9"}, {"computes"}, {f"Task-{number}" for number in range(1, 9)}, {"GET /items/7"}, {"GET /items/9"}, {"no scope"},
                  {"the program's own"}, {"mostly"}, {None, "piece 0", "piece 1"}, {None}]
        for stall, label, expected in zip(stalls, labels, wanted):
            if not names and label is None and not min(str(one) for one in expected).startswith("GET "):
                continue
            # A stall that nobody had a CPU to look at has no stack and nothing that depends on it.
            require(label in expected or not stall["stacks"], f"{label!r} for {expected}: {labels}\n" + harness.show(run.records()))
        require(sum(len(stall["stacks"]) > 0 for stall in stalls) >= 6, harness.show(run.records()))
        require("  label: GET /items/7\n" in run.stderr, run.stderr)


def test_debian():
    check(harness.PYTHON)


def test_uvloop():
    if subprocess.run([harness.PYTHON, "-c", "import uvloop"], capture_output=True, timeout=60).returncode != 0:
        raise harness.Skip("python3-uvloop is not installed")
    check(harness.PYTHON, "uvloop")


def add_tests():
    for version in pythons.VERSIONS:
        globals()["test_" + version.replace(".", "_")] = lambda version=version: check(
            pythons.need(version), names=version not in ("3.6", "3.7"))


add_tests()
