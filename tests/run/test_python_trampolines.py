"""CPython with -X perf: a trampoline for each function, which has neither unwind tables nor a frame of its own. Stacks go on
through them, to the thread's beginning, and its names are known from the map that CPython writes."""

import pathlib

import harness
import pythons
from harness import require

PROGRAM = """
import asyncio, time

def bad():
    time.sleep(0.3)

async def main():
    await asyncio.sleep(0.05)
    bad()
    await asyncio.sleep(0.05)

asyncio.run(main())
print("done")
"""


def test_stacks_go_through_them():
    python = pythons.need("3.12")
    place = harness.Run(["/bin/true"], preload=False).wait()
    (place.folder / "program.py").write_text(PROGRAM)
    with harness.Run([python, "-X", "perf", "program.py"], folder=place.folder) as run:
        run.wait(30)
        pathlib.Path(f"/tmp/perf-{run.pid}.map").unlink(missing_ok=True)
        require(run.code == 0 and run.stdout == "done\n", f"{run.code} {run.stdout}\n{run.stderr[-1500:]}")
        frames = run.only_stall()["stacks"][0]["frames"]
        names = [frame["function"] for frame in frames]
        require(names[-1] == "_start", f"the stack ends early: {names}")
        python_frames = [frame["function"] for frame in frames if frame["lang"] == "python"]
        require(python_frames[:2] == ["bad", "main"], f"{python_frames}")
        trampolines = [name for name, frame in zip(names, frames) if frame["lang"] == "jit"]
        require(len(trampolines) == len(python_frames) and trampolines[0].startswith("py::bad:"), f"{trampolines}")
        require("py::" not in run.stderr, run.stderr)  # a text shows the functions, not what leads to them
