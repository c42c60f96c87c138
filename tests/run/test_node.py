"""Stalls of node's loop: each way of tests/run/node/stalls.js is named by its JavaScript function, file and line, from
plain node without a flag; what does not stall is not reported.

`make check` runs them with the node that is installed; `make check-node` with every version that scripts/setup fetches
(STALLWATCH_NODES=all), a longer load, and beside the npm package blocked-at (test_node_versions.py).
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import harness
from harness import require

STALLS = harness.TOP / "tests/run/node/stalls.js"


def nodes():
    """The programs to run: the one in PATH, and where all are asked for those in build/nodes."""
    found = sorted(harness.BUILD.glob("nodes/node_modules/node-*/bin/node")) if os.environ.get("STALLWATCH_NODES") else []
    installed = shutil.which("node") or shutil.which("nodejs")
    if installed:
        found.insert(0, pathlib.Path(installed))
    if not found:
        raise harness.Skip("node is not installed")
    return found


def line_of(mark):
    lines = STALLS.read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.endswith(f"// HERE {mark}"))


def first_of_program(stall, source=STALLS):
    """The innermost frame of the most frequent stack that is in the program's own file."""
    for frame in stall["stacks"][0]["frames"]:
        if frame["lang"] == "js" and frame["file"] == str(source):
            return frame
    raise harness.Failure(f"no frame of {source.name}\n{harness.show([stall])}")


def run_way(node, way, *arguments, options=(), beside=None):
    """Runs the way, and what is to happen `beside` it."""
    run = harness.Run([node, *options, STALLS, way, *arguments], environment={"STALLWATCH_THRESHOLD_MS": "50"})
    if beside:
        beside(run)
    run.wait(60)
    require(run.code == 0 and run.stdout.endswith("stalls.js is done\n"), f"{node}: {run.code}\n{run.stdout}\n{run.stderr[-2000:]}")
    return run


def longest(run):
    """The longest stall of the running program that was looked at; None where this machine was so busy that nobody looked
    (it waited for a CPU nearly all the time, and so did the watchdog)."""
    stalls = run.stalls(phase="running")
    looked_at = [stall for stall in stalls if stall["stacks"]]
    if not looked_at and any(stall["time_ms"]["accounted"] < stall["duration_ms"] / 4 for stall in stalls):
        return None
    require(looked_at, f"no stall with a stack\n{harness.show(run.records())}\n{run.stderr[-1500:]}")
    return max(looked_at, key=lambda stall: stall["duration_ms"])


def look(node, way, *arguments, beside=None):
    """Runs the way until its stall has been looked at, three times at most, and returns that."""
    for _ in range(3):
        with run_way(node, way, *arguments, beside=beside) as run:
            stall = longest(run)
        if stall:
            return stall
    raise harness.Failure(f"{node} {way}: the watchdog never came to look")


def check_way(way, function, causes, *arguments, advice=None, call=None, lines=None, beside=None):
    """Runs the way under each node and returns the longest stalls. Who computes may be starved on a busy machine, for
    which there is other advice."""
    found = []
    for node in nodes():
        stall = look(node, way, *arguments, beside=beside)
        frame = first_of_program(stall)
        where = f"{node} {way}\n{harness.show([stall])}\n{frame}"
        require(frame["function"] == function, f"not {function}: {where}")
        require(frame["line"] in (lines or [line_of(way)]), f"not line {lines or line_of(way)}: {where}")
        require(stall["cause"] in causes, f"not {causes}: {where}")
        require(call is None or (stall["call"] and stall["call"]["name"] in call), f"not {call}: {where}")
        require(stall["phase"] == "running", where)
        require(advice is None or stall["cause"] in ("starved", "mixed") or advice in (stall["hint"] or ""),
                f"hint {stall['hint']}, not {advice}: {where}")
        found.append(stall)
    return found


COMPUTES = ("cpu", "starved", "mixed")


def test_busy_loop():
    # Compiled while it runs: of such code the line is the function's own.
    check_way("busy", "busyLoop", COMPUTES, advice="setImmediate()", lines=range(line_of("busy") - 2, line_of("busy") + 2))


def test_json_parse():
    check_way("parse", "parseText", COMPUTES, advice="JSON.parse of a text this large")


def test_regular_expression():
    check_way("regex", "matchAll", COMPUTES, advice="it may backtrack")


def test_pbkdf2():
    check_way("pbkdf2", "deriveKey", COMPUTES, advice="use crypto.pbkdf2()")


def test_zlib():
    check_way("zip", "compress", COMPUTES, advice="use zlib's streams")


def test_read_of_a_fifo():
    place = harness.Run(["/bin/true"], preload=False).wait()
    fifo = place.folder / "fifo"
    os.mkfifo(fifo)

    def feed(run):
        harness.until(lambda: "reads" in run.stdout, 30, "the program to read")
        time.sleep(0.4)
        with open(fifo, "wb") as file:
            file.write(b"x")

    with place:
        for stall in check_way("read", "readFifo", ("blocking-call",), fifo, advice="fs.promises", call=("open",), beside=feed):
            require(str(fifo) in stall["call"]["detail"], harness.show([stall]))


def test_exec_sync():
    # The loop that it runs inside waits on an epoll descriptor of its own: no turn of node's.
    for stall in check_way("exec", "runCommand", ("nested-wait", "starved"), advice="execFile()", call=("epoll_wait", "epoll_pwait")):
        require(stall["duration_ms"] >= 290, harness.show([stall]))
        holder = stall["holder"]
        require(holder and holder["what"] == "process" and "sleep 0.3; echo done" in holder["command"], f"whose end? {holder}")


def test_atomics_wait():
    for stall in check_way("atomics", "waitForOther", ("lock", "starved"), advice="Atomics.waitAsync()"):
        require(290 <= stall["duration_ms"] <= 700, harness.show([stall]))


def test_worker():
    for node in nodes():
        stall = look(node, "worker")
        frame = first_of_program(stall)
        require(not stall["thread"]["main"] and frame["function"] == "waitForOther"
                and frame["line"] == line_of("atomics"), f"{node}\n{harness.show([stall])}\n{frame}")


def test_methods_and_callers():
    for node in nodes():
        frames = [(frame["function"], frame["line"]) for frame in look(node, "method")["stacks"][0]["frames"]
                  if frame["lang"] == "js" and frame["file"] == str(STALLS)]
        names = [name for name, line in frames]
        require(names == ["waitHere", "sellAll", "callMethod", "stall", "(anonymous)"], f"{node}: {frames}")
        require(("sellAll", line_of("method")) in frames, f"{node}: {frames}")


def waits_in_tiers(node):
    """The waits of the way `tiers`, one in each, from a run in which the watchdog came to look at all of them."""
    for _ in range(3):
        with run_way(node, "tiers") as run:
            stalls = [stall for stall in run.stalls() if stall["call"] and stall["call"]["ms"] >= 110]
            require(len(stalls) == 4, f"{node}: not four waits\n{harness.show(run.records())}")
            if all(stall["stacks"] for stall in stalls):
                return stalls
    raise harness.Failure(f"{node}: the watchdog never came to look at all four")


def test_callbacks_without_a_name():
    """Whose outermost scope is the module: what lies behind it in V8's heap is none of its names."""
    with tempfile.TemporaryDirectory(prefix="stallwatch-test-") as folder:
        source = pathlib.Path(folder) / "unnamed.js"
        source.write_text("setTimeout(() => { const end = Date.now() + 200; while (Date.now() < end); }, 30);\n"
                          "setTimeout(function () {\n  const end = Date.now() + 200; while (Date.now() < end);\n}, 400);\n")
        for node in nodes():
            with harness.Run([node, source]) as run:
                run.wait(60)
                found = [first_of_program(stall, source) for stall in run.stalls(phase="running") if stall["stacks"]]
            seen = {(frame["function"], frame["line"]) for frame in found}
            require(seen and seen <= {("(anonymous)", 1), ("(anonymous)", 2), ("(anonymous)", 3)}, f"{node}: {seen}")


def test_a_module_is_not_called_as_what_it_imports():
    """What runs at the top of an ES module, whose scope has the imports' names behind its own."""
    with tempfile.TemporaryDirectory(prefix="stallwatch-test-") as folder:
        source = pathlib.Path(folder) / "module.mjs"
        source.write_text("import { readFileSync, statSync as about } from 'node:fs';\n"
                          "import { setTimeout as later } from 'node:timers/promises';\n"
                          "export const started = Date.now();\n"
                          "for (let turn = 0; turn < 10; turn++) await later(5);\n"
                          "const end = Date.now() + 250; while (Date.now() < end);\n"
                          "about('.'); readFileSync('/dev/null'); await later(20);\n")
        for node in nodes():
            with harness.Run([node, source]) as run:
                run.wait(60)
                found = [frame for stall in run.stalls(phase="running") for frame in stall["stacks"][0]["frames"]
                         if frame["file"] == str(source)]
            require({(frame["function"], frame["line"]) for frame in found} == {("(anonymous)", 5)}, f"{node}: {found}")


def test_names_of_the_map_for_perf():
    # What is no JavaScript has a name only there: code of WebAssembly.
    for node in nodes():
        with run_way(node, "wasm", options=["--perf-basic-prof"]) as run:
            pathlib.Path(f"/tmp/perf-{run.pid}.map").unlink(missing_ok=True)
            frames = longest(run)["stacks"][0]["frames"]
        told = [(frame["lang"], frame["function"]) for frame in frames]
        own = [frame["function"] for frame in frames if frame["file"] == str(STALLS)]
        require(own == ["waitHere", "wait", "callWasm", "stall", "(anonymous)"], f"{node}: {told}")
        require(any(frame["lang"] == "jit" and ":work-1" in (frame["function"] or "") for frame in frames), f"{node}: {told}")
        require(all(function for _, function in told), f"{node}: frames without a name: {told}")


def test_each_tier_tells_the_same():
    # Calls from code of every kind have their lines, and the functions that were compiled into others.
    own = [("waitHot", line_of("tiers")), ("addHot", line_of("between")), ("callHot", line_of("outside"))]
    for node in nodes():
        stalls = waits_in_tiers(node)
        require(len({stall["signature"] for stall in stalls}) == 1,
                f"{node}: the signature changed with the tier\n{harness.show(stalls)}")
        for number, stall in enumerate(stalls):
            frames = [frame for frame in stall["stacks"][0]["frames"] if frame["file"] == str(STALLS)][:3]
            require([(frame["function"], frame["line"]) for frame in frames] == own, f"{node}, tier {number}: {frames}")
            require(number < 3 or frames[0]["inlined"], f"{node}: compiled as well as it can be, nothing was inlined: {frames}")


def test_without_a_symbol_table():
    # As distributions ship it: V8's builtins, which lie in the file, have no names then.
    harness.need("strip")
    with harness.Run(["/bin/true"], preload=False).wait() as place:
        stripped = place.folder / "node"
        subprocess.run(["strip", "-o", stripped, nodes()[0]], check=True, timeout=60)
        frames = look(stripped, "method")["stacks"][0]["frames"]
        shown = [frame for frame in frames if not frame.get("machinery")]
        langs = [frame["lang"] for frame in shown]
        own = shown[langs.index("js"):len(langs) - langs[::-1].index("js")]
        require([frame["function"] for frame in own if frame["file"] == str(STALLS)]
                == ["waitHere", "sellAll", "callMethod", "stall", "(anonymous)"], f"{own}")
        require(all(frame["lang"] == "js" for frame in own), f"frames without a name between JavaScript's: {own}")
