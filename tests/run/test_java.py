"""A loop on Java's NIO: timed, and named natively; with the map that jcmd writes for perf, and frame pointers kept, the
methods of the program are in the stack."""

import pathlib
import subprocess

import harness
from harness import require

ALONE = True
SOURCE = harness.TOP / "tests/run/java/NioLoop.java"


def run_loop(options, with_map):
    """Runs the loop through its one long turn and returns its run, ended."""
    harness.need("java", "javac", "jcmd")
    place = harness.Run(["/bin/true"], preload=False).wait()
    subprocess.run(["javac", "-d", place.folder, SOURCE], check=True, timeout=60, env=harness.clean_environment())
    run = harness.Run(["java", *options, "-cp", place.folder, "NioLoop", place.folder / "go"], folder=place.folder)
    try:
        harness.until(lambda: "warm" in run.stdout, 40, "the loop to be compiled")
        if with_map:
            done = subprocess.run(["jcmd", str(run.pid), "Compiler.perfmap"], capture_output=True, text=True, timeout=30,
                                  env=harness.clean_environment())
            require(done.returncode == 0, done.stdout + done.stderr)
        (place.folder / "go").touch()
        run.wait(30)
    finally:
        run.stop()
        pathlib.Path(f"/tmp/perf-{run.pid}.map").unlink(missing_ok=True)
    require(run.code == 0 and run.stdout.split() == ["warm", "done"], f"{run.code} {run.stdout}\n{run.stderr[-1500:]}")
    return run


def long_turn(run):
    stalls = [stall for stall in run.stalls() if stall["duration_ms"] >= 300]
    require(len(stalls) == 1, "not the one long turn\n" + harness.show(run.records()))
    stall = stalls[0]
    require(stall["phase"] == "running" and stall["loop"]["wait"] == "epoll_wait" and stall["loop"]["iteration"] > 300
            and stall["cause"] in ("cpu", "starved", "mixed"), harness.show(stalls))
    return stall


def test_loop_is_timed_and_named_natively():
    with run_loop([], with_map=False) as run:
        frames = long_turn(run)["stacks"][0]["frames"]
        require(all(frame["lang"] in ("native", "kernel", "jit") for frame in frames), f"{frames}")


def test_methods_by_the_map_of_jcmd():
    with run_loop(["-XX:+PreserveFramePointer"], with_map=True) as run:
        frames = long_turn(run)["stacks"][0]["frames"]
        names = [frame["function"] or "" for frame in frames if frame["lang"] == "jit"]
        require(any("computeALot" in name for name in names), f"no computeALot among {names}\n{harness.show(run.records())}")
        require(frames[-1]["function"] is not None and "clone" in frames[-1]["function"],
                f"the stack does not reach the thread's beginning: {[frame['function'] for frame in frames]}")
