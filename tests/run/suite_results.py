"""Runs one module of CPython's own tests in the interpreter that it is started with, and writes what became of each test.

    suite_results.py MODULE FILE     a line of JSON for each: its name and "ok", "failure", "error", "skip", "left out", ...
"""

import json
import sys
import unittest

# Classes that cannot end here, with the library or without.
LEFT_OUT = {
    "ThreadedVSOCKSocketStreamTest": "waits without end for a connection to itself where the guest's kernel has no loopback for it",
}


class Results(unittest.TestResult):
    def __init__(self, out):
        super().__init__()
        self.out = out

    def note(self, test, outcome):
        print(json.dumps([str(test), outcome]), file=self.out, flush=True)

    def addSuccess(self, test):
        self.note(test, "ok")

    def addFailure(self, test, problem):
        self.note(test, "failure")
        super().addFailure(test, problem)

    def addError(self, test, problem):
        self.note(test, "error")
        super().addError(test, problem)

    def addSkip(self, test, reason):
        self.note(test, "skip")

    def addExpectedFailure(self, test, problem):
        self.note(test, "expected failure")

    def addUnexpectedSuccess(self, test):
        self.note(test, "unexpected success")


def without_left_out(suite, results):
    kept = unittest.TestSuite()
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            kept.addTest(without_left_out(test, results))
        elif type(test).__name__ in LEFT_OUT:
            results.note(test, "left out")
        else:
            kept.addTest(test)
    return kept


def main(module, path):
    suite = unittest.defaultTestLoader.loadTestsFromName(f"test.{module}")
    with open(path, "w", encoding="utf-8") as out:
        results = Results(out)
        without_left_out(suite, results).run(results)
    for test, problem in results.failures + results.errors:
        print(f"== {test}\n{problem}")


main(*sys.argv[1:])
