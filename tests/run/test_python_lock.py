"""Python's lock (the GIL): a loop that is late because another thread holds it is told so, with that thread's Python
stack as the holder: in a callback, while the loop is idle, and as a sum of many short waits. On Debian's CPython, and on
the oldest and newest of pyenv's; make check-python: on each."""

import os

import harness
import pythons
from harness import require

ALONE = True
PROGRAM = harness.TOP / "tests/run/python/lock.py"
TRIES = 3  # where the machine had no CPU for the loop's thread, it is `starved` rightly


def run(path, mode):
    with harness.Run([path, PROGRAM, mode], environment={"STALLWATCH_THRESHOLD_MS": "60"}) as program:
        program.wait(60)
        require(program.code == 0 and program.stdout == "ended\n", f"{program.code} {program.stdout} {program.stderr[-800:]}")
        return program.stalls(), program.stderr


def starved(stalls):
    return any((stall["time_ms"]["runqueue"] or 0) > stall["duration_ms"] / 5 for stall in stalls)


def functions_of_holder(stall):
    frames = stall["holder"]["frames"] if stall["holder"] else []
    return [frame["function"] for frame in frames if frame["lang"] == "python"]


def held(path, mode, holder):
    """The longest stall that the lock caused, of those that were caught while the holder was in function `holder`: of threads
    that take turns the one seen last may have let go before it could be read, and one that has no CPU may have taken the lock
    before it comes to its function."""
    for _ in range(TRIES):
        stalls, text = run(path, mode)
        found = [stall for stall in stalls if stall["cause"] == "gil" and stall["duration_ms"] > 100]
        require(starved(stalls) or found, f"no stall of cause gil\n{harness.show(stalls)}\n{text[-2000:]}")
        caught = [stall for stall in found if holder in functions_of_holder(stall)]
        if caught and not starved(found):
            break
    else:
        require(starved(stalls), f"the holder is in {[functions_of_holder(stall) for stall in found]}")
        raise harness.Skip("the machine is too busy: the loop's thread did not get a CPU")
    stall = max(caught, key=lambda one: one["duration_ms"])
    require(stall["counted"] and stall["cause_ms"]["gil"] >= stall["duration_ms"] * 0.6, harness.show([stall]))
    require(stall["call"]["detail"] == "Python's lock (GIL)", f"{stall['call']}")
    require(stall["holder"]["what"] == "gil", f"holder: {stall['holder']}")
    frame = next(frame for frame in stall["holder"]["frames"] if frame["function"] == holder)
    require(frame["file"].endswith("lock.py"), f"{frame}")
    require("held by: thread" in text and "another thread held Python's lock" in text, text)
    return stall


def check(version):
    path = pythons.need(version)
    # The thread's call begins when the loop has long been waiting, and ends when it should have woken.
    own = held(path, "idle", "keeps_the_lock")
    files = [frame["file"] for frame in own["stacks"][0]["frames"] if frame["lang"] == "python"]
    require(not any(file.endswith("/events.py") for file in files), f"a stall between callbacks is laid on one: {files}")
    if version == "debian":
        held(path, "callback", "keeps_the_lock")
    held(path, "turns", "computes")
    stalls, text = run(path, "lets_go")
    require(not [stall for stall in stalls if stall["counted"]], f"a call that lets go of the lock: {harness.show(stalls)}")


def test_debian():
    check("debian")


for version in pythons.VERSIONS if os.environ.get("STALLWATCH_PYTHON_SECONDS") else ("3.6", "3.12", "3.13"):
    globals()[f"test_{version.replace('.', '_')}"] = lambda version=version: check(version)
del version
