"""Other people's test suites, unchanged, at a threshold of 1 ms with 64 samples, where sampling never stops: result by result
the same with the library as without.

    test_suites.py     all of CPython's modules that are named here: make check-suites

A test that fails now and then by itself is run again, without and with: what is asked is whether it ever passes with the
library, if it does without.
"""

import concurrent.futures
import json
import subprocess
import sys

import harness
from harness import require

ALONE = True
PROGRAM = harness.TOP / "tests/run/suite_results.py"
SETTINGS = {"STALLWATCH_THRESHOLD_MS": "1", "STALLWATCH_SAMPLES": "64", "STALLWATCH_LOG": "none"}
SHORT = ("test_epoll", "test_select")
LONG = ("test_asyncio", "test_eintr", "test_select", "test_selectors", "test_epoll", "test_poll", "test_signal",
        "test_subprocess", "test_socket", "test_threading", "test_fork1", "test_faulthandler")
TRIES = 3


def results(module, preload, seconds):
    """By test: its outcome. Counts the records that the library left."""
    with harness.Run([harness.PYTHON, PROGRAM, module, "results"], preload=preload,
                     environment=SETTINGS if preload else None) as run:
        run.wait(seconds)
        lines = (run.folder / "results").read_text().splitlines()
        watched = len(list(run.folder.glob("records.*.jsonl")))
        return dict(json.loads(line) for line in lines), run.code, watched, run.stdout + run.stderr


def compare(module, seconds=900):
    """What differs, after as many tries as a test may need by itself; and how many tests and processes there were."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(results, module, preload, seconds) for preload in (False, True)]
        plain, code, _, said = runs[0].result()
        require(code == 0 and plain, f"{module} without the library: exit code {code}\n{said[-1000:]}")
        watched, watched_code, processes, said = runs[1].result()
    require(watched_code == code, f"{module}: exit code {watched_code}, without the library {code}\n{said[-2000:]}")
    different = {test for test in plain.keys() | watched.keys() if plain.get(test) != watched.get(test)}
    for _ in range(TRIES):
        if not different:
            break
        again = results(module, True, seconds)
        different = {test for test in different if again[0].get(test) != plain.get(test)}
    if different:
        again = results(module, False, seconds)[0]
        different = {test for test in different if again.get(test) == plain.get(test)}
    return different, len(plain), processes, said


def check(modules):
    if subprocess.run([harness.PYTHON, "-c", "import test.test_epoll"], capture_output=True).returncode != 0:
        raise harness.Skip("libpython3.11-testsuite is not installed")
    tests = 0
    for module in modules:
        different, count, processes, said = compare(module)
        require(not different, f"{module}: {sorted(different)} end otherwise with the library\n{said[-2000:]}")
        print(f"{module}: {count} tests as without the library, {processes} processes watched", flush=True)
        tests += count
    return tests


def test_cpython():
    return check(SHORT)


if __name__ == "__main__":
    try:
        print(f"{check(sys.argv[1:] or LONG)} tests, result by result the same")
    except (harness.Failure, harness.Skip) as problem:
        print(problem)
        sys.exit(1)
