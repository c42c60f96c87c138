"""A stall of Python has one signature from the first on, though the interpreter waits from other depths as it warms up, and the
loop's own frames are learnt only once it has been seen to wait."""

import harness
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
