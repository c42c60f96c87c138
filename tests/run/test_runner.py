"""The tests' own tools can fail: wrong records and missing or surplus stalls are found."""

import copy
import os
import pathlib
import subprocess
import tempfile

import contract
import expectations
import harness
import run
from harness import require

CALL = {"name": "usleep", "detail": "300 ms", "ms": 300.1, "count": 1}
FRAME = {"lang": "native", "function": "on_event", "file": None, "line": None, "module": "x", "offset": 1,
         "build_id": None, "inlined": False}
STALL = {
    "v": 1, "type": "stall", "time": "2026-01-01T00:00:00.000Z", "host": "h", "pid": 1, "exe": "/x", "comm": "x", "id": 1,
    "state": "ended", "duration_ms": 300.2, "threshold_ms": 100, "counted": True, "phase": "running",
    "thread": {"tid": 1, "name": "x", "main": True},
    "loop": {"id": 1, "wait": "epoll_wait", "fd": 3, "iteration": 5, "events": 1}, "cause": "blocking-call",
    "call": CALL, "calls": [CALL], "time_ms": {"cpu": 0.1, "runqueue": 0.1, "blocked": 299.0, "accounted": 299.2},
    "faults": {"major": 0, "minor": 0}, "stacks": [{"samples": 2, "at_ms": 25.0, "frames": [FRAME]}], "holder": None,
    "signature": "0123456789abcdef", "occurrence": 1, "label": None, "hint": None, "suppressed": None,
}


def test_contract():
    require(contract.check(STALL) == [], f"a right record is refused: {contract.check(STALL)}")
    for key in STALL:
        wrong = copy.deepcopy(STALL)
        del wrong[key]
        require(contract.check(wrong), f"a record without {key} is taken")
    for key, value in (("counted", 1), ("id", "1"), ("cause", "moon"), ("signature", "xyz"), ("time", "now"),
                       ("state", "exiting"), ("stacks", None), ("duration_ms", "300")):
        require(contract.check({**STALL, key: value}), f"{key}={value!r} is taken")
    for line in ('{"a":1,"a":2}', '{"a":NaN}', '[1]', '{"a":1'):
        try:
            contract.parse(line)
        except ValueError:
            continue
        raise harness.Failure(f"{line} is taken")


def fails(expected, records):
    try:
        expectations.check_stalls([expectations.Expected(line, 1) for line in expected], records)
        return False
    except harness.Failure:
        return True


def test_expectations():
    if expectations.STRESS:
        raise harness.Skip("STRESS widens the durations")
    right = "stall cause=blocking-call call=usleep ms=300 function=on_event calls=1 wait=epoll_wait detail='300*' main=true"
    require(not fails([right], [STALL]), "a right stall is refused")
    require(fails([right], []), "a missing stall is not noticed")
    require(fails([], [STALL]), "a surplus stall is not noticed")
    require(fails([right], [STALL, STALL]), "a second stall is not noticed")
    loose = "stall cause=*"
    late = {**STALL, "thread": {**STALL["thread"], "name": "y"}}
    require(not fails([loose, "stall thread=x"], [STALL, late]), "what the last one needs was given to the first one")
    require(not fails([loose + " times=0..2", "stall thread=x"], [STALL, late]), "more than the first one needs was given to it")
    require(fails([loose, "stall thread=x"], [late, late]), "two that fit the first one pass for one that fits each")
    for word in ("cause=cpu", "call=null", "call=read", "ms=100", "ms=310..400", "function=main", "calls=2..", "wait=poll",
                 "phase=startup", "counted=false", "state=ongoing", "thread=y", "process=child", "iteration=4", "detail=x"):
        require(fails(["stall " + word], [STALL]), f"{word} is taken")


def test_runs():
    lines = [["env", "A=b"], ["expect", "clean"], ["run", "one -x 1"], ["text", "t"], ["run", "two"], ["args", "y"]]
    require(expectations.runs(lines) == [
        ("one", [["env", "A=b"], ["expect", "clean"], ["args", "-x 1"], ["text", "t"]]),
        ("two", [["env", "A=b"], ["expect", "clean"], ["args", ""], ["args", "y"]])], expectations.runs(lines))
    apart = [["run", "one"], ["lacks:", "the moon"], ["expect", "clean"], ["run", "two"], ["expect", "clean"]]
    (_, one), (_, two) = expectations.runs(apart)
    require(["lacks:", "the moon"] in one and "lacks:" not in dict(two), "what one run lacks is taken for the others")
    require(expectations.runs(lines[:2]) == [(None, lines[:2])], "a head without runs is not one run")


def test_order():
    """Each test once, what computes at even distances; those that must be alone after the others, prepared while these run."""
    require(run.spread(["a", "b"], [*"uvwxyz"]) == ["u", "a", "v", "w", "x", "b", "y", "z"], run.spread(["a", "b"], [*"uvwxyz"]))
    require(run.spread([], ["u"]) == ["u"] and run.spread(["a"], []) == ["a"], "one list is empty")
    seen = []

    def one(name, alone):
        return run.Test(name, lambda: seen.append(name), alone, lambda: seen.append(f"before {name}"))

    totals = run.Totals(quiet=True)
    totals.run([one("alone", True), *(one(f"programs/{i}", False) for i in range(9)), one("other", False)])
    require(totals.passed == len(set(seen)) - 1 == 11 and seen[-2:] == ["before alone", "alone"], f"{totals.passed}: {seen}")


def test_languages():
    """The heads of all languages are read, and their programs are started by what runs them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, head, first in (("x.c", "/*\n * @run a b\n * @expect clean\n */\n// @expect no-loop\n", "x"),
                                  ("x.rs", "/*\n * @run a b\n * @expect clean\n */\n/* @expect no-loop */\n", "x"),
                                  ("x.js", "/*\n * @run a b\n * @expect clean\n */\n/* @expect no-loop */\n", "node"),
                                  ("X.java", "/*\n * @run a b\n * @expect clean\n */\n/* @expect no-loop */\n", "java"),
                                  ("x.rb", "=begin\nWhat it is.\n\n@run a b\n@expect clean\n=end\n# @expect no-loop\n", "ruby"),
                                  ("x.py", '"""What it is.\n\n@run a b\n@expect clean\n"""\nx = """\n@expect no-loop\n"""\n', "python3")):
            source = pathlib.Path(folder) / name
            source.write_text(head)
            require(expectations.parse(source) == [["run", "a b"], ["expect", "clean"]], f"{name}: {expectations.parse(source)}")
        for source in ("tests/programs/idle.c", "tests/programs/frameworks/tokio_tasks.rs", "tests/programs/frameworks/NioLoop.java"):
            path = harness.TOP / source
            require(str(expectations.command_of(path)[0]).endswith(("idle", "tokio_tasks", "java")), expectations.command_of(path))


def test_needs():
    """The flags of what is there; a sentence and no flags where anything is not."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "x.c"
        for needs, wanted, missing in (("-lmoon stdio.h", "-lmoon", ""), ("no/such.h -lm", "", "no/such.h"),
                                       ("no-such-library", "", "no-such-library"), ("check", "-lcheck", ""),
                                       ("command:sh -lm", "-lm", ""), ("command:no-such-command", "", "no-such-command"),
                                       ("python:json -lm", "-lm", ""), ("python:no_such_module", "", "no_such_module"),
                                       ("ruby:no_such_library", "", "no_such_library"),
                                       ("crate:no-such-crate", "", "no-such-crate")):
            source.write_text(f"/*\n * @needs: {needs}\n */\n// @needs: ignored\n")
            ran = subprocess.run([harness.TOP / "tests/programs/needs", source], capture_output=True, text=True)
            require((ran.returncode == 0) == bool(wanted) and wanted in ran.stdout and missing in ran.stderr,
                    f"{needs}: {ran}")


def test_crowded():
    """A machine that others load makes a thread wait for a CPU, whatever else it does; the record has to show that itself."""
    if expectations.STRESS:
        raise harness.Skip("STRESS widens the durations")
    wanted = "stall cause=cpu call=usleep ms=300 function=on_event"
    starved = {**STALL, "cause": "starved", "counted": False, "duration_ms": 900.0, "cause_ms": {"starved": 550.0}}
    require(not fails([wanted], [starved]), "a starved one is refused on a crowded machine")
    require(not fails([wanted], [{**starved, "cause": "mixed", "counted": True}]), "a mixed one is refused there")
    require(fails([wanted], [{**starved, "cause": "unknown"}]), "any cause is taken there")
    require(fails([wanted], [{**starved, "cause_ms": {"starved": 200.0}}]), "one that did not wait is taken")
    require(fails([wanted], [{**starved, "duration_ms": 1000.0}]), "one that lasted longer than it waited is taken")
    slept = wanted.replace("cpu", "blocking-call")
    require(not fails([slept], [starved]), "one that slept, and waited for a CPU then, is refused")
    require(fails([slept], [{**starved, "cause_ms": {"starved": 200.0}}]), "one that slept and did not wait is taken")
    none = wanted.replace("call=usleep", "call=null")
    require(not fails([none], [starved]), "a call that lasted as long as the thread waited is refused where none is expected")
    require(fails([none], [{**starved, "call": {**STALL["call"], "ms": 600.0}}]), "a call that lasted longer is taken there")


def test_stress():
    """A machine that the tests load themselves makes stalls longer and starved, nothing else."""
    starved = {**STALL, "cause": "starved", "counted": False, "duration_ms": 900.0}
    wanted = "stall cause=blocking-call ms=300 function=on_event"
    require(fails([wanted], [starved]), "a starved one is taken on an idle machine")
    expectations.STRESS = True
    try:
        require(not fails([wanted], [starved]), "a starved one is refused under load")
        require(fails([wanted], []), "silence is taken under load")
        require(fails([], [STALL]), "a report too many is taken under load")
        unseen = {**starved, "stacks": [], "call": None, "time_ms": {**STALL["time_ms"], "accounted": 10.0}}
        require(not fails([wanted + " call=usleep"], [unseen]), "one that the watchdog could not see is refused")
        require(fails([wanted], [{**unseen, "time_ms": {**STALL["time_ms"], "accounted": 800.0}}]), "one that it saw is taken without a stack")
        for word in ("cause=cpu", "ms=1000", "function=main"):
            require(fails(["stall " + word], [STALL]), f"{word} is taken under load")
    finally:
        expectations.STRESS = bool(os.environ.get("STRESS"))
