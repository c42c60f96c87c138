"""JSON lines stay whole: in a process that is killed at any moment, and where many processes write to one file."""

import json
import pathlib
import random
import time

import harness
from harness import require

ALONE = True
KILLS = 12
WRITERS = 16
BUSY = {"STALLWATCH_THRESHOLD_MS": "1", "STALLWATCH_LOG": "none", "STALLWATCH_MAX_REPORTS": "100000"}


def test_killed_at_random_moments():
    moments = random.Random(7)
    for _ in range(KILLS):
        with harness.program("exceptions", environment=BUSY) as run:
            time.sleep(moments.uniform(0.03, 0.2))
            run.process.kill()
            run.process.wait()
            time.sleep(0.05)
            run.records()  # every line is whole and holds to the contract, or this fails


def test_many_writers_on_one_file():
    with harness.program("many_sleeps", environment=BUSY) as first:
        shared = first.folder / "shared.jsonl"
        runs = [harness.program("many_sleeps", environment={**BUSY, "STALLWATCH_JSON": str(shared)})
                for _ in range(WRITERS)]
        try:
            for run in runs:
                require(run.wait().code == 0, f"exit code {run.code}\n{run.stderr}")
            content = shared.read_bytes()
            records = [json.loads(line) for line in content.decode().splitlines()]
            require(content.endswith(b"\n"), "the file does not end with a whole line")
            summaries = {record["pid"] for record in records if record["type"] == "summary"}
            require(summaries == {run.pid for run in runs}, f"{len(summaries)} summaries of {WRITERS} processes")
        finally:
            for run in runs:
                run.__exit__(None, None, None)
        first.wait()
        require(pathlib.Path(shared).exists(), "nothing was written")
