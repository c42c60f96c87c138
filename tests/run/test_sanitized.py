"""Programs built with AddressSanitizer, with the library preloaded as `stallwatch doctor` says: sampled while they compute, they
print and end as without it. (The library's own code under sanitizers: make check-sanitizers.)"""

import pathlib
import subprocess
import tempfile

import harness
from harness import require


def test_address_sanitizer():
    """A copy of the stack by memcpy would be the sanitizer's memcpy, which ends the program for reading what it has put between
    the variables."""
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "computes"
        built = subprocess.run(["cc", "-w", "-O1", "-g", "-D_GNU_SOURCE", "-fsanitize=address", "-pthread", "-Itests/programs",
                                "-o", program, "tests/programs/epoll_cpu.c"], cwd=harness.TOP, capture_output=True, text=True)
        if built.returncode != 0:
            raise harness.Skip("cc cannot build with AddressSanitizer")
        asan = subprocess.run(["cc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True).stdout.strip()
        with harness.Run([program], preload=False) as plain:
            plain.wait(60)
            before = (plain.code, plain.stdout)
        settings = {"LD_PRELOAD": f"{asan} {harness.LIBRARY}", "STALLWATCH_THRESHOLD_MS": "5", "STALLWATCH_SAMPLES": "64",
                    "STALLWATCH_LOG": "none"}
        with harness.Run([program], environment=settings) as watched:
            watched.wait(60)
            require((watched.code, watched.stdout) == before, f"exit code {watched.code}\n{watched.stderr[:1500]}")
            require("AddressSanitizer" not in watched.stderr, watched.stderr[:1500])
            stacks = [stack for stall in watched.stalls(state="any") for stack in stall["stacks"]]
            require(any(frame["function"] == "burn" for stack in stacks for frame in stack["frames"]), f"no sample: {stacks[:1]}")
