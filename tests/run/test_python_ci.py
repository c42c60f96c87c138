"""Python's tests in CI: scripts/ci/pytest.sh fails a pytest run in which a loop stalled, with python3 and in a venv, and
leaves every other exit code as it is."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import harness
from harness import require

SCRIPT = harness.TOP / "scripts/ci/pytest.sh"
TESTS = {
    "clean": """
import asyncio

async def answer():
    await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)
    return 42

def test_answer():
    assert asyncio.run(answer()) == 42
""",
    "stalls": """
import asyncio
import time

async def answer():
    await asyncio.sleep(0.02)
    time.sleep(0.3)
    await asyncio.sleep(0)
    return 42

def test_answer():
    assert asyncio.run(answer()) == 42
""",
    "stalls_at_once": """
import asyncio
import time

async def answer():
    # before its loop has ever waited
    time.sleep(0.3)
    return 42

def test_answer():
    assert asyncio.run(answer()) == 42
""",
    "fails": "def test_answer():\n    assert 42 == 43\n",
}


def run_tests(kind, python=harness.PYTHON, **environment):
    if subprocess.run([harness.PYTHON, "-c", "import pytest"], capture_output=True, timeout=60).returncode != 0:
        raise harness.Skip("python3-pytest is not installed")
    with tempfile.TemporaryDirectory(prefix="stallwatch-test-") as folder:
        (pathlib.Path(folder) / "test_it.py").write_text(TESTS[kind])
        result = subprocess.run([SCRIPT, "-q", "-p", "no:cacheprovider"], cwd=folder, capture_output=True, text=True, timeout=120,
                                env={**harness.clean_environment(), "PYTHON": str(python), "STALLWATCH": str(harness.BUILD / "stallwatch"),
                                     **environment})
        log = pathlib.Path(folder) / "stalls.jsonl"
        records = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return result, [record for record in records if record["type"] == "stall" and record["counted"]]


def check_stall(result, stalls):
    require(result.returncode == 99 and len(stalls) == 1, f"{result.returncode} {len(stalls)} {result.stdout} {result.stderr[-1500:]}")
    frames = [frame for frame in stalls[0]["stacks"][0]["frames"] if frame["lang"] == "python"]
    require(frames[0]["function"] == "answer" and frames[0]["line"] == 7 and frames[0]["file"].endswith("test_it.py"), f"{frames[:2]}")
    require("1 passed" in result.stdout and "the tests passed, and a loop stalled" in result.stderr, result.stdout + result.stderr)


def test_a_stall_fails_the_run():
    check_stall(*run_tests("stalls"))


def test_a_stall_before_the_first_wait_fails_the_run():
    """A loop's start-up is most of a test; unless somebody wants it otherwise."""
    check_stall(*run_tests("stalls_at_once"))
    result, stalls = run_tests("stalls_at_once", STALLWATCH_COUNT="cpu,blocking-call")
    require(result.returncode == 0 and not stalls, f"{result.returncode} {result.stdout} {result.stderr[-1500:]}")


def test_a_clean_run_passes():
    result, stalls = run_tests("clean")
    require(result.returncode == 0 and not stalls, f"{result.returncode} {result.stdout} {result.stderr[-1500:]}")


def test_a_failed_test_keeps_its_code():
    result, stalls = run_tests("fails")
    require(result.returncode == 1 and not stalls, f"{result.returncode} {result.stdout} {result.stderr[-1500:]}")


def test_in_a_venv():
    folder = tempfile.mkdtemp(prefix="stallwatch-test-")
    try:
        made = subprocess.run([harness.PYTHON, "-m", "venv", "--system-site-packages", "--without-pip", folder], capture_output=True,
                              timeout=120)
        if made.returncode != 0:
            raise harness.Skip("python3-venv is not installed")
        check_stall(*run_tests("stalls", os.path.join(folder, "bin/python")))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
