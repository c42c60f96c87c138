"""Stacks of JavaScript that are known at each moment (tests/run/node/chains.js), at a threshold of 1 ms, while V8 compiles
the functions, puts them into each other and gives that up again: what is told is the truth or a part of it, never else.

A stack that is blocked in a call is told whole, in each tier. Of one that computes, what was inlined into its innermost
frame may be missing, and that frame's line be its function's first.
"""

import datetime
import json
import os
import subprocess

import harness
from harness import require
from test_node import nodes

ALONE = True
CHAINS = harness.TOP / "tests/run/node/chains.js"
FUNCTIONS = ("step", "nest", "before", "between", "after", "leaf", "a", "b", "c", "d", "start")
SECONDS = int(os.environ.get("STALLWATCH_NODE_CHAINS", "2"))


def began(stall):
    return datetime.datetime.fromisoformat(stall["time"].replace("Z", "+00:00")).timestamp() * 1000


def turn_of(stall, stack, turns):
    """The turn in whose stretch the stack was first seen; None: it is of before or after, or of a turn that compiles. A
    thread may stand for long at any place, if another has its CPU; times are those of clocks that tick once a millisecond."""
    seen = began(stall) + stack["at_ms"]
    return next((turn for turn in turns if turn["entered"] + 1.5 < seen < turn["until"] - 1), None)


def first_lines():
    """Where each function begins: what is told of one where nothing better is known."""
    found = {}
    for number, line in enumerate(CHAINS.read_text().splitlines(), 1):
        for name in FUNCTIONS:
            if line.startswith((f"function {name}(", f"const {name} = (")):
                found[name] = number
    return found


def is_part(frames, truth, first):
    """Are these frames the stack, or some of it in its order, each at its line or at its function's first?"""
    at = 0
    for name, line in frames:
        while at < len(truth) and not (truth[at][0] == name and line in (*truth[at][1:], first[name])):
            at += 1
        if at == len(truth):
            return False
        at += 1
    return True


def is_whole(frames, truth):
    """Is it all of the stack? The innermost of `nest` may just not be called."""
    if truth[0][0] == "step" and frames and frames[0][0] == "nest":
        truth = truth[1:]
    return len(frames) == len(truth) and all(name == true[0] and line in true[1:]
                                             for (name, line), true in zip(frames, truth))


def lacks_lines(node):
    """Of this version's baseline compiler's code no line is known: it does not say how long bytecodes are."""
    version = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    return int(version[1:].split(".")[0]) >= 24


def compare(run, turns, lines_lack):
    """What the stacks of the stalls are: {"whole": …, "in part": …}, and those that are wrong."""
    counts, wrong, inlined, first = {"whole": 0, "in part": 0}, [], 0, first_lines()
    for stall in run.stalls():
        for stack in stall["stacks"]:
            turn = turn_of(stall, stack, turns)
            if turn is None:
                continue
            own = [frame for frame in stack["frames"] if frame["file"] == str(CHAINS) and frame["function"] in first]
            frames = [(frame["function"], frame["line"]) for frame in own]
            truth = [tuple(frame) for frame in turn["stack"]]
            inlined += sum(frame["inlined"] for frame in own)
            if is_whole(frames, truth):
                counts["whole"] += 1
            elif (turn["way"] != "wait" and is_part(frames, truth, first)) or (
                    lines_lack and len(frames) == len(truth) and is_part(frames, truth, first)):
                counts["in part"] += 1
            else:
                wrong.append(f"{turn['way']}: told {frames}, was {truth}")
    return counts, wrong, inlined


def test_no_stack_is_wrong():
    for node in nodes():
        place = harness.Run(["/bin/true"], preload=False).wait()
        log = place.folder / "log"
        with place, harness.Run([node, CHAINS, str(SECONDS), log],
                                environment={"STALLWATCH_THRESHOLD_MS": "1", "STALLWATCH_MAX_REPORTS": "100000",
                                             "STALLWATCH_LOG": "none"}) as run:
            run.wait(60 + SECONDS)
            require(run.code == 0 and run.stdout == "done\n", f"{node}: {run.code} {run.stdout}\n{run.stderr[-1500:]}")
            counts, wrong, inlined = compare(run, [json.loads(line) for line in log.read_text().splitlines()], lacks_lines(node))
        print(f"  {node}: {counts['whole']} stacks told whole, {counts['in part']} in part, {len(wrong)} wrong; "
              f"{inlined} frames inlined")
        require(not wrong, f"{node}: {len(wrong)} stacks are wrong:\n" + "\n".join(wrong[:10]))
        require(counts["whole"] >= SECONDS, f"{node}: too few stacks to say anything: {counts}")
