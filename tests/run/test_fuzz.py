"""The fuzzers of tests/fuzz: each on all inputs that have been kept (tests/fuzz/corpus/NAME), and then for a few seconds on
inputs that it makes up.

    test_fuzz.py SECONDS    each for so long, new inputs kept in the build folder: make fuzz
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import harness
from harness import require

ALONE = True
SOURCES = harness.TOP / "tests/fuzz"
ENVIRONMENT = {"ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1", "UBSAN_OPTIONS": "print_stacktrace=1"}


def build():
    harness.need("clang")
    made = subprocess.run(["make", "-s", "-j2", "fuzz-build", f"BUILD={harness.BUILD}"], cwd=harness.TOP, capture_output=True,
                          text=True, timeout=560)
    if made.returncode != 0 and "libclang_rt.fuzzer" in made.stderr:
        raise harness.Skip("libclang-rt is not installed")
    require(made.returncode == 0, made.stdout[-1000:] + made.stderr[-2000:])
    return sorted(path.stem for path in SOURCES.glob("*.c"))


def fuzz(name, seconds, folder):
    """Runs one; returns how many inputs it tried."""
    corpus = SOURCES / "corpus" / name
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    # By the wall's clock: an input that takes long itself is told from one that waited for a CPU.
    ran = subprocess.run([harness.BUILD / "fuzz" / name, f"-max_total_time={seconds}", "-timeout=60", "-rss_limit_mb=2048",
                          "-max_len=8192", "-print_final_stats=1", f"-artifact_prefix={folder}/found-", folder,
                          *([corpus] if corpus.is_dir() else [])],
                         env={**harness.clean_environment(), **ENVIRONMENT}, capture_output=True, text=True, errors="replace",
                         timeout=seconds + 120)
    found = list(pathlib.Path(folder).glob("found-*"))
    require(ran.returncode == 0 and not found, f"{name}: {[str(path) for path in found]}\n{ran.stderr[-3000:]}")
    return int(re.search(r"stat::number_of_executed_units: +(\d+)", ran.stderr).group(1))


def fuzz_all(seconds, keep=None, say=lambda line: None):
    """All of them, each to its end also where another finds something; `say` gets a line for each that has ended."""
    names = build()
    require(len(names) >= 13, f"only {names}")
    folder = keep or tempfile.mkdtemp(prefix="stallwatch-fuzz-")
    found = []
    try:
        with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
            runs = {pool.submit(fuzz, name, seconds, f"{folder}/{name}"): name for name in names}
            for run in concurrent.futures.as_completed(runs):
                failure = run.exception()
                if failure:
                    found.append(f"{runs[run]}: {failure}")
                else:
                    require(run.result() > 10, f"{runs[run]} tried {run.result()} inputs")
                say(f"{runs[run]}: " + ("a finding" if failure else f"{run.result()} inputs, nothing found"))
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    require(not found, "\n".join(found))


def test_a_short_run():
    fuzz_all(1)


if __name__ == "__main__":
    try:
        fuzz_all(int(sys.argv[1]), harness.BUILD / "fuzz/corpus", lambda line: print(line, flush=True))
    except harness.Failure as failure:
        sys.exit(str(failure))
