"""The unit tests built with AddressSanitizer and UndefinedBehaviorSanitizer (make check-sanitizers): nothing is found in the
library's own code. Some tests cannot be run so, and are named with the reason."""

import concurrent.futures
import os
import subprocess
import sys

import harness

LEFT_OUT = {
    "helper": "the helper is started by a task that shares the program's memory, which the sanitizer cannot follow",
    "helper_due": "the same",
    "modules": "the sanitizer's own functions stand where the test looks for libc's",
    "symbols": "takes too long",
    "unwind": "counts calls of malloc by a malloc of its own",
}
ENVIRONMENT = {"ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1", "STALLWATCH_BUILD": str(harness.BUILD)}


def run(source):
    name = source.stem[len("test_"):]
    if name in LEFT_OUT:
        return f"skip {name}: {LEFT_OUT[name]}", True
    environment = {**harness.clean_environment(), **ENVIRONMENT}
    ran = subprocess.run([harness.BUILD / "tests/unit" / source.stem], cwd=harness.TOP, env=environment, capture_output=True,
                         text=True, errors="replace", timeout=300)
    said = ran.stdout + ran.stderr
    good = ran.returncode == 0 and "AddressSanitizer" not in said and "runtime error" not in said
    return f"{'ok  ' if good else 'FAIL'} {name}" + ("" if good else "\n" + said[-3000:]), good


def main():
    sources = sorted((harness.TOP / "tests/unit").glob("test_*.c"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        results = list(pool.map(run, sources))
    for line, _ in results:
        print(line)
    failed = sum(not good for _, good in results)
    print(f"{len(results) - len(LEFT_OUT) - failed} unit tests without a finding, {failed} failed, {len(LEFT_OUT)} left out")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
