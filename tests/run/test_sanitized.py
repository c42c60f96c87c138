"""Programs built with AddressSanitizer and ThreadSanitizer, with the library preloaded as `stallwatch doctor` says: sampled while
they compute, they print and end as without it. (The library's own code under sanitizers: make check-sanitizers.)"""

import pathlib
import subprocess
import tempfile

import harness
from harness import require


def same(source, sanitizer, runtime):
    """Builds a program with a sanitizer, and runs it both ways; returns the records of the run with the library."""
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "program"
        built = subprocess.run(["cc", "-w", "-O1", "-g", "-D_GNU_SOURCE", f"-fsanitize={sanitizer}", "-pthread", "-Itests/programs",
                                "-o", program, f"tests/programs/{source}.c"], cwd=harness.TOP, capture_output=True, text=True)
        if built.returncode != 0:
            raise harness.Skip(f"cc cannot build with -fsanitize={sanitizer}")
        found = subprocess.run(["cc", f"-print-file-name={runtime}"], capture_output=True, text=True, check=True).stdout.strip()
        with harness.Run([program], preload=False) as plain:
            plain.wait(60)
            before = (plain.code, plain.stdout)
        settings = {"LD_PRELOAD": f"{found} {harness.LIBRARY}", "STALLWATCH_THRESHOLD_MS": "5", "STALLWATCH_SAMPLES": "64",
                    "STALLWATCH_LOG": "none"}
        with harness.Run([program], environment=settings) as watched:
            watched.wait(60)
            require((watched.code, watched.stdout) == before, f"exit code {watched.code}\n{watched.stderr[:2500]}")
            require("Sanitizer" not in watched.stderr, watched.stderr[:2500])
            return watched.stalls(state="any")


def test_address_sanitizer():
    """A copy of the stack by memcpy would be the sanitizer's memcpy, which ends the program for reading what it has put between
    the variables."""
    stacks = [stack for stall in same("epoll_cpu", "address", "libasan.so") for stack in stall["stacks"]]
    require(any(frame["function"] == "burn" for stack in stacks for frame in stack["frames"]), f"no sample: {stacks[:1]}")


def test_thread_sanitizer():
    """What the library's thread opens in a table of its own is no race with the program's files of the same numbers."""
    require(same("two_loops", "thread", "libtsan.so"), "nothing was watched")
