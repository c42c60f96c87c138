"""A helper that is slow, silent or gone costs lines at most: what stalls meanwhile is watched as ever, and told in order."""

import pathlib
import shlex
import signal
import tempfile
import time

import harness
from harness import require

NAMES = ["first", "second", "third", "fourth", "fifth", "sixth"]

# Holds the socket that the real one would be asked over, and ends with the program.
SILENT = f"""#!{harness.PYTHON}
import socket
asked = socket.socket(fileno=3)
while asked.recv(65536):
    pass
"""


def late(seconds):
    """A helper that needs so long to start."""
    return f"#!/bin/sh\nsleep {seconds}\nexec {shlex.quote(str(harness.BUILD / 'stallwatch-symbolize'))} \"$@\"\n"


def start(helper, program="stalls_in_turn", **environment):
    """Six stalls of 120 ms in turn, or another program, with a helper that is this script."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="stallwatch-test-"))
    path = folder / "helper"
    path.write_text(helper)
    path.chmod(0o700)
    return harness.program(program, folder=folder, environment={"STALLWATCH_HELPER": str(path), **environment})


def own_frame(stall):
    """The frame of the function that stalled; fails where there is no stack."""
    frames = [frame for stack in stall["stacks"] for frame in stack["frames"] if frame["function"] in NAMES]
    require(frames, f"no stack: {harness.show([stall])}")
    return frames[0]


def check_order(stalls, at_least=6):
    found = [own_frame(stall)["function"] for stall in stalls]
    require(len(found) >= at_least and found == NAMES[:len(found)], f"told: {found}")


def test_stalls_meanwhile_have_stacks_and_lines():
    with start(late(0.3)) as run:
        run.wait()
        check_order(run.stalls())
        for stall in run.stalls():
            require((own_frame(stall)["file"] or "").endswith("/stalls_in_turn.c"), f"no line: {own_frame(stall)}")


def test_silent_helper():
    with start(SILENT) as run:
        run.wait(8)
        check_order(run.stalls())
        require("no lines" not in run.stderr, run.stderr)


def test_more_than_can_wait():
    """Each of some 75 stalls right after each other is told, once and in order, though nobody answers."""
    with start(SILENT, "calls_more", STALLWATCH_THRESHOLD_MS="4", STALLWATCH_MAX_REPORTS="1000") as run:
        run.wait()
        made = [line.split("\t")[0] for line in run.stdout.splitlines()]
        told = [stall for stall in run.stalls() if stall["call"] and stall["call"]["name"] in made]
        order = [made.index(stall["call"]["name"]) for stall in told]
        require(len(told) > len(made) * 0.8 and order == sorted(order), f"{len(told)} of {len(made)}, in the order {order}")
        ids = [stall["id"] for stall in run.stalls()]
        require(ids == sorted(set(ids)), f"ids {ids}")


def test_killed_meanwhile():
    """What nobody has told yet when the program is killed, the helper tells once it is there."""
    with start(late(1.5)) as run:
        harness.until(lambda: run.records("process"), 10, "the first loop")
        time.sleep(0.6)
        told = run.records("stall")
        run.stop(signal.SIGKILL)
        require(told == [], f"told before the helper was there: {harness.show(told)}")
        summary = harness.until(lambda: run.records("summary"), 10, "the summary of a killed program")[0]
        stalls = run.records("stall")
        check_order(stalls, 3)
        ended = [stall for stall in stalls if stall["state"] == "ended"]
        require(summary["stalls"]["total"] == len(ended), f"{summary['stalls']} of\n{harness.show(stalls)}")


def test_the_watchdog_begins_late():
    """On a busy machine a stall may be over before the watchdog has run at all. (Its first call names it: prctl(2).)"""
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=prctl", "-e", "inject=prctl:delay_enter=1000000",
               "-E", f"LD_PRELOAD={harness.LIBRARY}", harness.PROGRAMS / "epoll_sleep"]
    with harness.Run(command, environment={"LD_PRELOAD": ""}) as run:
        run.wait()
        stall = run.only_stall()
        require(stall["call"]["name"] == "clock_nanosleep" and stall["time_ms"]["accounted"] == 0, harness.show([stall]))
