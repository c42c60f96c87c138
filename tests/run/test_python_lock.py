"""Python's lock (the GIL): a loop that is late because another thread holds it is told so, with that thread's Python
stack as the holder: in a callback, while the loop is idle, and as a sum of many short waits. On Debian's CPython, and on
the oldest and newest of pyenv's."""

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


def held(path, mode, holder):
    """The longest stall that the lock caused, with a holder in function `holder`."""
    for _ in range(TRIES):
        stalls, text = run(path, mode)
        found = [stall for stall in stalls if stall["cause"] == "gil" and stall["duration_ms"] > 100]
        # Of threads that take turns the one seen last may have let go before it could be read.
        if found and not starved(found) and any(stall["holder"] and stall["holder"]["frames"] for stall in found):
            found = [stall for stall in found if stall["holder"] and stall["holder"]["frames"]]
            break
        require(starved(stalls) or found, f"no stall of cause gil\n{harness.show(stalls)}\n{text[-2000:]}")
    else:
        raise harness.Skip("the machine is too busy: the loop's thread did not get a CPU")
    stall = max(found, key=lambda one: one["duration_ms"])
    require(stall["counted"] and stall["cause_ms"]["gil"] >= stall["duration_ms"] * 0.6, harness.show([stall]))
    require(stall["call"]["detail"] == "Python's lock (GIL)", f"{stall['call']}")
    require(stall["holder"] and stall["holder"]["what"] == "gil", f"holder: {stall['holder']}")
    # Each of the stalls was caught at some moment of the holder's; between two calls of its function it is in neither.
    functions = [frame["function"] for one in found for frame in one["holder"]["frames"] if frame["lang"] == "python"]
    require(holder in functions, f"the holder is in {functions}")
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


def test_3_6():
    check("3.6")


def test_3_12():
    check("3.12")


def test_3_13():
    check("3.13")
