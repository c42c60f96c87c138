"""The corpus many times on end: `make check-repeat N=20 [TESTS=PATTERN…] [STRESS=1] [AT_ONCE=6]` calls it.

    repeat.py N [PATTERN...]     the tests named (all of programs/ where none is), N times

What holds once by luck fails sometime: only failures are shown while it runs, and at the end how often each test failed.
What a program does without the library is seen in the first of the runs. AT_ONCE run at a time: most of them sleep.
With STRESS=1 as many others as there are CPUs compute all the time; expectations.py says what that may change.
"""

import collections
import os
import subprocess
import sys
import time

import harness
import run

AT_ONCE = int(os.environ.get("AT_ONCE") or (4 if os.environ.get("STRESS") else run.AT_ONCE))

# Computes until the process that started it has gone, whatever ended that.
LOAD = """
import os
parent = os.getppid()
while os.getppid() == parent:
    sum(range(100000))
"""


def start_load():
    return [subprocess.Popen([harness.PYTHON, "-c", LOAD]) for _ in range(os.cpu_count())]


def stop_load(load):
    for process in load:
        process.kill()
        process.wait()


def repeat(times, patterns):
    tests = [test for test in run.collect() if run.wanted(test.name, patterns or ["programs/"])]
    failures = collections.Counter()
    skipped = 0
    for number in range(1, times + 1):
        began = time.monotonic()
        totals = run.Totals(quiet=True, at_once=AT_ONCE)
        totals.run(tests)
        failures.update(totals.failures)
        skipped = totals.skipped
        print(f"run {number} of {times}: {totals.failed} failed, {time.monotonic() - began:.0f} s", flush=True)
    for name, count in failures.most_common():
        print(f"FAIL {name}: {count} of {times} runs")
    print(f"{len(tests) - len(failures) - skipped} tests passed in all {times} runs, {len(failures)} did not, {skipped} skipped")
    return 0 if tests and not failures else 1


def main(arguments):
    load = start_load() if os.environ.get("STRESS") else []
    try:
        return repeat(int(arguments[0]), arguments[1:])
    finally:
        stop_load(load)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
