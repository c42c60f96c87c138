"""The contract of the JSON lines, as a check: which keys each record has, of which types, with which values.

Additions are allowed; what is named here must be there. Used on every record of every test.
"""

import json
import re

NUMBER = (int, float)
CAUSES = ("blocking-call", "cpu", "nested-wait", "lock", "gil", "starved", "paging", "stopped", "mixed", "unknown")
LANGUAGES = ("native", "kernel", "python", "js", "java", "jit")
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
SIGNATURE = re.compile(r"^[0-9a-f]{16}$")

COMMON = {"v": int, "type": str, "time": str, "host": str, "pid": int, "exe": str, "comm": str}
PROCESS = {"version": str, "argv": list, "threshold_ms": NUMBER}
STALL = {
    "id": int, "state": str, "duration_ms": NUMBER, "threshold_ms": NUMBER, "counted": bool, "phase": str,
    "thread": dict, "loop": dict, "cause": str, "call": (dict, None), "calls": list, "time_ms": dict, "faults": dict,
    "stacks": list, "holder": (dict, None), "signature": str, "occurrence": int, "label": (str, None),
    "hint": (str, None), "suppressed": (str, None),
}
THREAD = {"tid": int, "name": str, "main": bool}
LOOP = {"id": int, "wait": str, "fd": (int, None), "iteration": int, "events": int}
CALL = {"name": str, "detail": (str, None), "ms": NUMBER, "count": (int, None)}
TIMES = {"cpu": NUMBER, "runqueue": (NUMBER, None), "blocked": NUMBER, "accounted": NUMBER}
FAULTS = {"major": int, "minor": int}
STACK = {"samples": int, "at_ms": NUMBER, "frames": list}
FRAME = {
    "lang": str, "function": (str, None), "file": (str, None), "line": (int, None), "module": (str, None),
    "offset": (object, None), "build_id": (str, None), "inlined": bool,
}
HOLDERS = ("mutex", "rwlock", "gil", "thread", "process")
CAUSE_PARTS = {key: NUMBER for key in ("blocking", "waiting", "lock", "gil", "cpu", "starved", "throttled", "stolen", "paging",
                                       "stopped")}
HOLDER = {"what": str, "tid": (int, None), "name": (str, None), "command": (str, None), "frames": list}
POOL = {"id": int, "state": str, "duration_ms": NUMBER, "threshold_ms": NUMBER, "counted": bool, "pool": dict, "stacks": list,
        "hint": (str, None), "suppressed": (str, None)}
POOL_OF = {"name": str, "threads": int, "busy": int}
SUMMARY = {"uptime_ms": NUMBER, "stalls": dict, "loops": list, "worst": list}
STALLS = {"total": int, "counted": int, "suppressed": int, "unreported": int}
LOOP_SUMMARY = {"id": int, "thread": object, "wait": str, "iterations": int, "busy_ms": NUMBER, "wait_ms": NUMBER,
                "busy_us": dict}
BUSY = {"p50": NUMBER, "p90": NUMBER, "p99": NUMBER, "p999": NUMBER, "max": NUMBER}
WORST = {"signature": str, "count": int, "total_ms": NUMBER, "max_ms": NUMBER, "cause": str, "call": (object, None),
         "top": (str, None)}


def parse(line):
    """One object a line; no NaN, no key twice."""

    def no_constant(name):
        raise ValueError(f"{name} is no JSON")

    def no_double(pairs):
        result = dict(pairs)
        if len(result) != len(pairs):
            raise ValueError("a key is there twice: " + ", ".join(key for key, _ in pairs))
        return result

    record = json.loads(line, parse_constant=no_constant, object_pairs_hook=no_double)
    if not isinstance(record, dict):
        raise ValueError("a line is no object")
    return record


def is_a(value, kinds):
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    if value is None:
        return None in kinds
    kinds = tuple(kind for kind in kinds if kind is not None)
    if isinstance(value, bool) and bool not in kinds:
        return object in kinds
    return isinstance(value, kinds)


class Checker:
    def __init__(self):
        self.problems = []

    def require(self, condition, message):
        if not condition:
            self.problems.append(message)
        return condition

    def keys(self, where, value, shape):
        if not self.require(isinstance(value, dict), f"{where} is no object"):
            return False
        for key, kinds in shape.items():
            if self.require(key in value, f"{where}.{key} is missing"):
                self.require(is_a(value[key], kinds), f"{where}.{key} is {value[key]!r}")
        return not self.problems

    def each(self, where, values, shape):
        return all([self.keys(f"{where}[{i}]", value, shape) for i, value in enumerate(values)])

    def frames(self, where, frames):
        if self.each(where, frames, FRAME):
            for i, frame in enumerate(frames):
                self.require(frame["lang"] in LANGUAGES, f"{where}[{i}].lang is {frame['lang']!r}")
                self.require(frame["function"] is None or not re.search(r"\+0x[0-9a-f]+$", frame["function"]),
                             f"{where}[{i}].function has an offset: {frame['function']!r}")

    def stall(self, record):
        if not self.keys("stall", record, STALL):
            return
        if not (self.keys("thread", record["thread"], THREAD) and self.keys("loop", record["loop"], LOOP)
                and self.keys("time_ms", record["time_ms"], TIMES) and self.keys("faults", record["faults"], FAULTS)
                and self.each("calls", record["calls"], CALL) and self.each("stacks", record["stacks"], STACK)):
            return
        self.require(record["state"] in ("ongoing", "ended", "exiting"), f"state is {record['state']!r}")
        self.require(record["phase"] in ("startup", "running"), f"phase is {record['phase']!r}")
        self.require(record["cause"] in CAUSES, f"cause is {record['cause']!r}")
        self.require(SIGNATURE.match(record["signature"]), f"signature is {record['signature']!r}")
        self.require(record["occurrence"] >= 1, "occurrence is below 1")
        self.require(record["state"] != "exiting" or not record["counted"], "an exiting stall counts")
        self.calls(record)
        self.times(record)
        for i, stack in enumerate(record["stacks"]):
            self.require(stack["samples"] >= 1, f"stacks[{i}].samples is {stack['samples']}")
            self.frames(f"stacks[{i}].frames", stack["frames"])
        samples = [stack["samples"] for stack in record["stacks"]]
        self.require(samples == sorted(samples, reverse=True), f"stacks are not in order: {samples}")
        if record["holder"] is not None and self.keys("holder", record["holder"], HOLDER):
            holder = record["holder"]
            self.require(holder["what"] in HOLDERS, f"holder.what is {holder['what']!r}")
            self.require(holder["tid"] != record["thread"]["tid"], "a thread is said to wait for itself")
            self.require(holder["what"] != "process" or not holder["frames"], "another process has frames")
            self.frames("holder.frames", holder["frames"])
        if "cause_ms" in record and self.keys("cause_ms", record["cause_ms"], CAUSE_PARTS):
            self.require(min(record["cause_ms"].values()) >= 0, f"negative time: {record['cause_ms']}")

    def pool(self, record):
        if not (self.keys("pool", record, POOL) and self.keys("pool", record["pool"], POOL_OF)
                and self.each("stacks", record["stacks"], STACK)):
            return
        self.require(record["state"] in ("ongoing", "ended"), f"state is {record['state']!r}")
        self.require(record["pool"]["busy"] == record["pool"]["threads"] >= 1, f"not all are busy: {record['pool']}")
        self.require(record["duration_ms"] >= record["threshold_ms"], f"full for {record['duration_ms']} ms only")
        for i, stack in enumerate(record["stacks"]):
            self.frames(f"stacks[{i}].frames", stack["frames"])
        self.require(sum(stack["samples"] for stack in record["stacks"]) <= record["pool"]["threads"], "more stacks than threads")

    def calls(self, record):
        calls = record["calls"]
        self.require(len(calls) <= 5, f"{len(calls)} calls")
        spent = [call["ms"] for call in calls]
        self.require(spent == sorted(spent, reverse=True), f"calls are not in order: {spent}")
        if record["call"] is not None and self.keys("call", record["call"], CALL):
            self.require(calls and record["call"] == calls[0], "call is not the first of calls")
            self.require(record["call"]["ms"] >= record["duration_ms"] / 10 - 0.01, "call took less than a tenth")
        for call in calls:
            self.require(not call["name"].startswith("__") and not call["name"].endswith(("_chk", "64")),
                         f"a call's name is {call['name']!r}")
            self.require(call["count"] is None or call["count"] >= 1, f"a call's count is {call['count']}")
            self.require(call["ms"] <= record["duration_ms"] + 1, f"{call['name']} took longer than the stall")

    def times(self, record):
        times = record["time_ms"]
        parts = times["cpu"] + (times["runqueue"] or 0) + times["blocked"]
        self.require(abs(parts - times["accounted"]) <= 0.01, f"time_ms does not add up: {times}")
        self.require(times["accounted"] <= record["duration_ms"] + 1, f"more accounted than it took: {times}")
        self.require(min(times["cpu"], times["runqueue"] or 0, times["blocked"]) >= 0, f"negative time: {times}")

    def summary(self, record):
        if not self.keys("summary", record, SUMMARY):
            return
        self.keys("stalls", record["stalls"], STALLS)
        if self.each("loops", record["loops"], LOOP_SUMMARY):
            for loop in record["loops"]:
                if self.keys("busy_us", loop["busy_us"], BUSY):
                    values = [loop["busy_us"][key] for key in BUSY]
                    self.require(values == sorted(values), f"percentiles are not in order: {values}")
        self.each("worst", record["worst"], WORST)


def check(record):
    """What is wrong with a record: a list of sentences, empty where all is right."""
    checker = Checker()
    if not checker.keys("record", record, COMMON):
        return checker.problems
    checker.require(record["v"] == 1, f"v is {record['v']}")
    checker.require(TIME.match(record["time"]), f"time is {record['time']!r}")
    if record["type"] == "process":
        checker.keys("process", record, PROCESS)
        checker.require(all(isinstance(word, str) for word in record.get("argv", [])), "argv has more than strings")
    elif record["type"] == "stall":
        checker.stall(record)
    elif record["type"] == "summary":
        checker.summary(record)
    elif record["type"] == "pool":
        checker.pool(record)
    else:
        checker.require(False, f"type is {record['type']!r}")
    return checker.problems
