"""Daemons of Debian's packages, started, talked to and stopped: without the library, with it as users have it, and at a threshold of
1 ms with 64 samples. `make check-daemons` calls it; what it wants is installed by `scripts/setup daemons`.

    check_daemons.py [PATTERN...]      only those whose name matches one of the globs (or starts with one)

What they answer and their exit code must be the same each time; at the default threshold nothing may count, but for the one
stall that some can be made to have, which must be told as it is. Each has a folder of its own and a port found free, and is
stopped by its own pid. What each is, is in the folder daemons. Most want root: they are daemons, and give it up.
"""

import os
import sys
import time

import daemons
import harness
import run
from harness import require

REST_SECONDS = 0.3  # with nothing to do, before and after
WAYS = {
    "without": None,
    "at 100 ms": {},
    "at 1 ms": {"STALLWATCH_THRESHOLD_MS": "1", "STALLWATCH_SAMPLES": "64", "STALLWATCH_MAX_REPORTS": "1000"},
}


def use(daemon, way, judge):
    """Starts it, asks, lets it stall, stops it, and has what was answered judged, with how it ended."""
    place = daemons.Place(WAYS[way])
    with place.start(daemon) as process:
        try:
            time.sleep(REST_SECONDS)
            answers = [daemon.ask(place)]
            if daemon.stall:
                answers.append(daemon.stall(place))
            time.sleep(REST_SECONDS)
        finally:
            daemon.end(place, process)
        judge(answers + [f"exit code {process.code}"], process)


def check_reports(daemon, process):
    """At the default threshold: nothing counts, or the stall that was asked for."""
    if daemon.stall:
        stall = process.only_stall()
        told = harness.show([stall])
        require(stall["cause"] == daemon.cause and stall["call"]["name"] == daemon.call, told)
        require(298 <= stall["duration_ms"] <= 600, told)
    else:
        require(process.counted() == [], "nothing stalls there\n" + harness.show(process.counted()))
    watched = {record["comm"] for record in process.records("process")}
    require(daemon.has_loop in (None, bool(watched)), f"watched were {watched}")


def check(daemon):
    if os.geteuid() != 0 and daemon.root:
        raise harness.Skip("it wants root")
    plain = []

    def judge(answers, process):
        require(answers == plain, f"{way} it is another: {answers}\nwithout: {plain}\n{process.stderr[-2000:]}")
        process.records(pattern="*.jsonl")  # each is held against the contract, those of clients too
        if way == "at 100 ms":
            check_reports(daemon, process)

    for way in WAYS:
        use(daemon, way, judge if plain else lambda answers, _: plain.extend(answers))
    return len(WAYS) - 1


def main(patterns):
    totals = run.Totals(at_once=2)
    tests = [run.Test(daemon.name, lambda daemon=daemon: check(daemon)) for daemon in daemons.KNOWN if run.wanted(daemon.name, patterns)]
    totals.run(tests)
    print(f"{totals.passed} passed, {totals.failed} failed, {totals.skipped} skipped")
    return 0 if totals.failed == 0 and totals.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
