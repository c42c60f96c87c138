"""A stall of Python has one signature from the first on, though the interpreter waits from other depths as it warms up, and the
loop's own frames are learnt only once it has been seen to wait."""

import contextlib

import harness
import pythons
from harness import require

PROGRAM = """
import asyncio, time

async def bad():
    time.sleep(0.15)

async def main():
    for _ in range(4):
        await asyncio.sleep(0.02)
        await bad()
    await asyncio.sleep(0.02)

asyncio.run(main())
"""


def test_one_from_the_first_stall_on():
    signatures = []
    for _ in range(3):
        with harness.Run([harness.PYTHON, "-c", PROGRAM]) as run:
            run.wait()
            require(run.code == 0, run.stderr)
            stalls = run.stalls(phase="running")
            require(len(stalls) == 4, f"{len(stalls)} stalls\n" + harness.show(run.records()))
            signatures += [stall["signature"] for stall in stalls if stall["stacks"]]
    require(len(set(signatures)) == 1 and len(signatures) >= 9, f"signatures {signatures}")


# The first wait is over before anybody could read what it runs, and the stall that follows is told while it goes on.
AT_ONCE = """
import asyncio, time

def bad():
    time.sleep(0.3)

async def main():
    for wait in 0.0002, 0.05, 0.05:
        await asyncio.sleep(wait)
        bad()

asyncio.new_event_loop().run_until_complete(main())
"""


def test_one_though_its_loop_has_hardly_waited():
    with contextlib.ExitStack() as stack:
        runs = {version: stack.enter_context(harness.Run([path, "-c", AT_ONCE], environment={"STALLWATCH_ONGOING_MS": "120"}))
                for version, path in pythons.found().items()}
        for version, run in runs.items():
            run.wait()
            require(run.code == 0, run.stderr)
            # Where 0.2 ms are over before they could be waited for, the first of them is one of the program's start.
            stalls = [stall for stall in run.stalls(state="any") if stall["cause"] == "blocking-call"]
            require({stall["state"] for stall in stalls[:2]} >= {"ongoing"} and len({stall["id"] for stall in stalls}) == 3,
                    f"{version}: not three stalls, told while they go on\n" + harness.show(run.records()))
            signatures = [stall["signature"] for stall in stalls]
            require(len(set(signatures)) == 1, f"{version}: {signatures}")
