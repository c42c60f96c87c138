"""The tests' own tools can fail: wrong records and missing or surplus stalls are found."""

import copy

import contract
import expectations
import harness
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
    right = "stall cause=blocking-call call=usleep ms=300 function=on_event calls=1 wait=epoll_wait detail='300*' main=true"
    require(not fails([right], [STALL]), "a right stall is refused")
    require(fails([right], []), "a missing stall is not noticed")
    require(fails([], [STALL]), "a surplus stall is not noticed")
    require(fails([right], [STALL, STALL]), "a second stall is not noticed")
    for word in ("cause=cpu", "call=null", "call=read", "ms=100", "ms=310..400", "function=main", "calls=2..", "wait=poll",
                 "phase=startup", "counted=false", "state=ongoing", "thread=y", "process=child", "iteration=4", "detail=x"):
        require(fails(["stall " + word], [STALL]), f"{word} is taken")
