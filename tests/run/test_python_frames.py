"""Python's frames: no stack that is plausible but wrong. A program whose chain of calls is known at each moment
(tests/run/python/chains.py) stalls while it calls, raises, collects garbage, yields, awaits, recurses and compiles;
every stack that was sampled must show that chain, with its lines, and nothing that cannot be. On each CPython there is.

STALLWATCH_PYTHON_SECONDS=10 (make check-python) runs each kind for so long on each version, at a threshold of 1 ms."""

import ast
import concurrent.futures
import os

import harness
import pythons
from harness import require

ALONE = True
PROGRAM = harness.TOP / "tests/run/python/chains.py"
SECONDS = os.environ.get("STALLWATCH_PYTHON_SECONDS")


def lines_of_functions():
    """{name: (first, last, {callee: {lines}})} of the program, by its own source."""
    functions = {}
    for node in ast.walk(ast.parse(PROGRAM.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            functions[node.name] = (node.lineno, node.end_lineno)
    return functions


FUNCTIONS = lines_of_functions()
LOOP_FILES = {"selectors.py", "base_events.py", "events.py"}
# Who may be called by whom, of what the work calls; "*": by the garbage collector, anywhere.
CALLERS = {
    "leaf": {"work_calls", "deeper", "work_sort", "others"}, "inner_leaf": {"leaf", "__del__", "numbers", "down", "made"},
    "fails": {"work_exceptions", "fails"}, "__init__": {"work_garbage"}, "__del__": {"work_garbage"},
    "numbers": {"all_numbers", "work_generators", "<genexpr>"}, "all_numbers": {"work_generators"},
    "<genexpr>": {"work_generators"}, "deeper": {"drive", "deeper", "work_coroutines"}, "drive": {"work_coroutines"},
    "down": {"work_recursion", "down"}, "made": {"<module>"}, "<module>": {"work_new_code"},
}


def plain(function):
    """Without what a qualified name has before it: 3.11 has those, older ones have not."""
    return (function or "?").split(".")[-1]


def wrong(frames, label):
    """What is wrong with a stack, innermost first; None: nothing."""
    frames = [(plain(frame["function"]), os.path.basename(frame["file"] or "?"), frame["line"]) for frame in frames
              if frame["lang"] == "python"]
    names = [frame[0] for frame in frames]
    if not frames:
        return None  # counted apart
    if "_run" not in names:  # between two callbacks, or waiting for the lock after the loop's wait
        return None if {frame[1] for frame in frames[:-1]} <= LOOP_FILES and names[-1] == "<module>" else "no Handle._run"
    inside = frames[:names.index("_run")]
    if [frame[0] for frame in inside[-2:]] != ["callback", "<lambda>"]:
        return None if not any(frame[0] in label.split() for frame in inside) else "not called by callback"
    chain = [frame[0] for frame in inside[:-2]][::-1]
    wanted = label.split()
    if chain[:len(wanted)] != wanted[:len(chain)]:
        return f"the chain is {wanted}"
    for name, _, line in inside[-len(wanted) - 2 + 1:-2]:
        if line != FUNCTIONS[name][0] + 1:
            return f"{name} calls in line {FUNCTIONS[name][0] + 1}"
    return wrong_work(inside[:max(0, len(inside) - 2 - len(wanted) + 1)])


def wrong_work(frames):
    for i, (name, file, line) in enumerate(frames):
        if file == "chains.py" and name in FUNCTIONS and not FUNCTIONS[name][0] <= line <= FUNCTIONS[name][1]:
            return f"{name} has no line {line}"
        if file == "chains.py" and name == "<genexpr>" and not 1 <= line:
            return "<genexpr> without a line"
        caller = frames[i + 1][0] if i + 1 < len(frames) else None
        if name in CALLERS and caller is not None and caller not in CALLERS[name]:
            # The collector finds a knot at any allocation.
            if name != "__del__":
                return f"{name} is not called by {caller}"
    return None


def check(path, kind, seconds, threshold_ms=5, work_ms=25):
    arguments = [path, PROGRAM, kind, seconds, work_ms]
    with harness.Run(arguments, environment={
            "STALLWATCH_THRESHOLD_MS": str(threshold_ms), "STALLWATCH_SAMPLES": "64", "STALLWATCH_MAX_REPORTS": "1000000",
            "STALLWATCH_LOG": "none", "PYTHONDONTWRITEBYTECODE": "1"}) as run:
        run.wait(seconds * 4 + 30)
        callbacks, done = run.stdout.split()
        require(run.code == 0 and callbacks == done, f"the program's own result: {run.code} {run.stdout} {run.stderr[-1000:]}")
        stacks = told = 0
        bad = []
        for stall in run.stalls():
            for stack in stall["stacks"]:
                if not stall["label"]:
                    continue
                stacks += 1
                told += any(frame["lang"] == "python" for frame in stack["frames"])
                problem = wrong(stack["frames"], stall["label"])
                if problem:
                    bad.append(f"{problem}: " + " ← ".join(f"{frame['function']}:{frame['line']}" for frame in stack["frames"]
                                                           if frame["lang"] == "python"))
        require(not bad, f"{len(bad)} of {stacks} stacks are wrong\n" + "\n".join(bad[:5]))
        require(stacks >= min(int(callbacks), 5) and told >= stacks * 0.9, f"{told} of {stacks} stacks show Python's frames")
        return callbacks, stacks, told


def check_version(version):
    path = pythons.need(version)
    kinds = ("calls", "exceptions", "garbage", "generators", "coroutines", "recursion", "sort", "new_code", "threads")
    if SECONDS is None:
        kinds = ("all", "threads")
    seconds = float(SECONDS or (2 if version == "debian" else 1.2))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:  # each keeps one CPU busy
        # At a millisecond nearly every callback is sampled more often than it would be by default.
        found = pool.map(lambda kind: check(path, kind, seconds, threshold_ms=1 if SECONDS else 5), kinds)
        for kind, figures in zip(kinds, found):
            print(version, kind, *figures)


def test_debian():
    check_version("debian")


for version in pythons.VERSIONS:
    globals()[f"test_{version.replace('.', '_')}"] = lambda version=version: check_version(version)
del version
