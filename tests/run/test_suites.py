"""Other people's test suites, unchanged, at a threshold of 1 ms with 64 samples, where sampling never stops: result by result
the same with the library as without.

    test_suites.py [NAME...]     all of CPython's modules that are named here, libuv, libevent, redis, GLib: make check-suites

A test that fails now and then by itself is run again, without and with: what is asked is whether it ever passes with the
library, if it does without.
"""

import collections
import concurrent.futures
import subprocess
import sys

import harness
import suites
from harness import require

ALONE = True
SHORT = ("test_epoll", "test_select")
LONG = ("test_asyncio", "test_eintr", "test_select", "test_selectors", "test_epoll", "test_poll", "test_signal",
        "test_subprocess", "test_socket", "test_threading", "test_fork1", "test_faulthandler")
TRIES = 3


def both(suite):
    """Its results without the library, and with it: at once, where one does not disturb the other."""
    with concurrent.futures.ThreadPoolExecutor(2 if suite.together else 1) as pool:
        plain, watched = [pool.submit(suite.results, preload) for preload in (False, True)]
        return plain.result(), watched.result()


def compare(suite):
    """What differs, after as many tries as a test may need by itself; and the results both ways."""
    plain, watched = both(suite)
    require(plain.outcomes and plain.code >= 0, f"{suite.name} without the library: exit code {plain.code}\n{plain.said[-1000:]}")
    require(watched.code >= 0, f"{suite.name} was ended by signal {-watched.code}\n{watched.said[-2000:]}")
    different = {test for test in plain.outcomes.keys() | watched.outcomes.keys()
                 if plain.outcomes.get(test) != watched.outcomes.get(test)}
    again = watched
    for _ in range(TRIES):
        if not different:
            break
        again = suite.results(True, different)
        different = {test for test in different if again.outcomes.get(test) != plain.outcomes.get(test)}
    if different:
        alone = suite.results(False, different).outcomes
        different = {test for test in different if alone.get(test) == plain.outcomes.get(test)}
    return {test: (plain.outcomes.get(test), again.outcomes.get(test)) for test in different}, plain, watched, again.said


def check(names):
    if subprocess.run([harness.PYTHON, "-c", "import test.test_epoll"], capture_output=True).returncode != 0:
        raise harness.Skip("libpython3.11-testsuite is not installed")
    tests = 0
    for name in names:
        if name in suites.BUILDS:
            suites.prepare(name)
        different, plain, watched, said = compare(suites.BUILDS.get(name) or suites.CPython(name))
        require(not different, f"{name}, otherwise with the library (without, with): {different}\n{said[-3000:]}")
        counts = ", ".join(f"{count} {outcome}" for outcome, count in collections.Counter(plain.outcomes.values()).most_common())
        print(f"{name}: {len(plain.outcomes)} tests as without the library ({counts}), {watched.watched} processes watched",
              flush=True)
        tests += len(plain.outcomes)
    return tests


def test_cpython():
    return check(SHORT)


if __name__ == "__main__":
    failed = 0
    total = 0
    for each in sys.argv[1:] or [*LONG, *suites.BUILDS]:
        try:
            total += check([each])
        except (harness.Failure, harness.Skip) as problem:
            print(f"{'skip' if isinstance(problem, harness.Skip) else 'FAIL'} {each}: {problem}", flush=True)
            failed += not isinstance(problem, harness.Skip)
    print(f"{total} tests, result by result the same; {failed} suites with a difference")
    sys.exit(failed > 0)
