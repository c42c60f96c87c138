"""The loops of tests/programs/frameworks/python_waits.py on each CPython here: their bytecode differs from version to version."""

import harness
import pythons
from harness import require

SHAPES = ("epoll after", "epoll stall", "module after", "reactor stall")


def test_loops_of_each_version():
    source = harness.TOP / "tests/programs/frameworks/python_waits.py"
    found = pythons.found()
    versions = [version for version in pythons.VERSIONS[1:] if version in found]  # 3.6 shows no frames while it waits
    if not versions:
        raise harness.Skip("no CPython but Debian's")
    started = [(f"{version} {shape}", harness.Run([found[version], source, *shape.split()])) for version in versions for shape in SHAPES]
    try:
        for name, run in started:
            require(run.wait().code == 0, f"{name}: exit code {run.code}\n{run.stderr}")
            stalls = run.records("stall")
            require(len(stalls) == name.endswith("stall"), f"{name}: {len(stalls)} stalls\n{harness.show(stalls)}")
    finally:
        for _, run in started:
            run.__exit__(None, None, None)
