"""Runs every test of stallwatch and says one line for each: `make check` calls it.

    run.py [PATTERN...]      only tests whose name matches one of the globs (or starts with one)

Three kinds: unit/NAME (a Check program, its checks counted one by one), programs/NAME (tests/programs/NAME.c or .cpp,
run with and without the library and held against what its head expects; programs/NAME:RUN where it says that it is to be run
in several ways), and NAME/FUNCTION (test_NAME.py here). Six run at a time, since most of them sleep; those that load the
machine themselves (ALONE = True in their module, @alone in a program) run one by one after the others, but for what a program
does without the library: that is seen while others run. A few that failed are judged by one more run, alone, and named for it.
The last line is `N passed, N failed, N skipped`; the exit code is 0 only where nothing failed.
"""

import concurrent.futures
import fnmatch
import importlib
import pathlib
import re
import subprocess
import sys
import threading
import time
import traceback

import expectations
import harness

HERE = pathlib.Path(__file__).resolve().parent
AT_ONCE = 6  # with more of them they keep each other waiting
MOST_AGAIN = 5  # more than these are no accident of a busy machine
MOST_SAID = 12000  # characters of one failure
CHECK_LINE = re.compile(r"\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)")


class Test:
    """A name, what to call, whether it must have the machine to itself. `run` returns how many checks passed. `before` is called
    of one that must, while others run: what it finds out then need not wait for its turn."""

    def __init__(self, name, run, alone=False, before=lambda: None):
        self.name, self.run, self.alone, self.before = name, run, alone, before


def unit_test(program):
    result = subprocess.run([program], cwd=harness.TOP, capture_output=True, text=True, errors="replace",
                            timeout=240, env={**harness.clean_environment(), "STALLWATCH_BUILD": str(harness.BUILD)})
    lines = CHECK_LINE.findall(result.stdout)
    if result.returncode != 0 or not lines:
        raise harness.Failure(f"exit code {result.returncode}\n{result.stdout[-2000:]}{result.stderr[-1000:]}")
    checks, failures, errors = (sum(int(line[i]) for line in lines) for i in range(3))
    harness.require(checks > 0 and failures == errors == 0, result.stdout[-2000:])
    return checks


def program_test(name, source, lines):
    return Test(name, lambda: expectations.check_program(source, lines), expectations.is_alone(lines),
                lambda: expectations.prepare(source, lines))


def shorten(text):
    """What failed is said first and what there was last: a long text loses its middle."""
    half = MOST_SAID // 2
    return text if len(text) <= MOST_SAID else f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"


def spread(few, many):
    """Both lists as one, those of the first at even distances: what computes is not to come all at one time."""
    ranks = [((i + 0.5) / len(tests), test) for tests in (few, many) for i, test in enumerate(tests)]
    return [test for _, test in sorted(ranks, key=lambda rank: rank[0])]


def collect():
    for source in sorted((harness.TOP / "tests/unit").glob("test_*.c")):
        program = harness.BUILD / "tests/unit" / source.stem
        yield Test(f"unit/{source.stem[5:]}", lambda program=program: unit_test(program))
    for name, source, lines in expectations.programs():
        yield program_test(f"programs/{name}", source, lines)
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        for name, function in vars(module).items():
            if name.startswith("test_") and callable(function):
                yield Test(f"{path.stem[5:]}/{name[5:]}", function, getattr(module, "ALONE", False))


class Totals:
    """How many checks passed, failed and were skipped; a line is printed for each test, unless `quiet` and it passed."""

    def __init__(self, quiet=False, at_once=AT_ONCE):
        self.passed = self.failed = self.skipped = 0
        self.quiet, self.at_once, self.failures = quiet, at_once, []
        self.lock = threading.Lock()

    def run(self, tests):
        alone = [test for test in tests if test.alone]
        kinds = [[test for test in tests if not test.alone and test.name.startswith("programs/") is kind] for kind in (False, True)]
        with concurrent.futures.ThreadPoolExecutor(self.at_once) as pool:
            list(pool.map(self.report, spread(*kinds)))
            list(pool.map(lambda test: test.before(), alone))
        for test in alone:
            self.report(test)
        self.judge_again([test for test in tests if test.name in self.failures])

    def judge_again(self, tests):
        """What failed, where it is a few, is judged by one more run, alone; both are said. Not where unsteadiness is what is looked
        for (repeat.py, quiet)."""
        if not tests or len(tests) > MOST_AGAIN or self.quiet:
            return
        self.failed -= len(tests)
        self.failures = [name for name in self.failures if name not in [test.name for test in tests]]
        print(f"alone once more: {', '.join(test.name for test in tests)}", flush=True)
        expectations.outcomes.clear()  # nothing of the first run is believed
        for test in tests:
            self.report(test)
        steady = [test.name for test in tests if test.name not in self.failures]
        if steady:
            print(f"failed once and passed alone: {', '.join(steady)}", flush=True)

    def report(self, test):
        began = time.monotonic()
        detail = ""
        try:
            passed, word = test.run() or 1, "ok"
        except harness.Skip as reason:
            passed, word, detail = 0, "skip", f": {reason}"
        except harness.Failure as failure:
            passed, word, detail = 0, "FAIL", "\n" + shorten(str(failure).strip())
        except Exception:
            passed, word, detail = 0, "FAIL", "\n" + traceback.format_exc()
        with self.lock:
            self.passed += passed
            self.failed += word == "FAIL"
            self.skipped += word == "skip"
            self.failures += [test.name] if word == "FAIL" else []
            if self.quiet and word != "FAIL":
                return
            many = f" ({passed} checks)" if passed > 1 else ""
            seconds = time.monotonic() - began
            print(f"{word:4} {test.name}{many} {seconds:.1f} s{detail.replace(chr(10), chr(10) + '       ')}", flush=True)


def wanted(name, patterns):
    return not patterns or any(fnmatch.fnmatch(name, p) or name.startswith(p) for p in patterns)


def main(patterns):
    totals = Totals()
    tests = [test for test in collect() if wanted(test.name, patterns)]
    totals.run(tests)
    if not tests:
        print("no test has such a name")
    print(f"{totals.passed} passed, {totals.failed} failed, {totals.skipped} skipped")
    return 0 if totals.failed == 0 and tests else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
