"""Faults by design: every system call that the library makes, and its helper, fails in every way that it may (strace's
inject), and the program prints and ends as ever, within its time. Which calls those are is asked of a run.

    test_faults.py     each call with each error: make check-faults
"""

import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import harness
from harness import require

ALONE = True
PROGRAM = harness.BUILD / "tests/storms/few_calls"
ERRORS = ("ENOSYS", "EPERM", "ENOMEM", "EMFILE")
# The program's own, and those that cannot fail or whose failure libc ends a process for by itself (futex, rseq).
OWN = {"epoll_wait", "epoll_create1", "epoll_ctl", "timerfd_create", "timerfd_settime", "clock_nanosleep", "writev",
       "rt_sigtimedwait", "exit", "exit_group", "rt_sigreturn", "restart_syscall", "rseq", "futex", "set_robust_list", "execve"}


def traced(options, seconds=20):
    """The program, watched, with strace attached before its loop begins; its standard output and exit code."""
    settings = {"STALLWATCH_THRESHOLD_MS": "10", "STALLWATCH_ONGOING_MS": "20"}
    with harness.Run([PROGRAM], environment=settings) as run:
        harness.until(lambda: "ready" in run.stdout, 10, "the program")
        strace = subprocess.Popen(["strace", "-f", "-qq", "-p", str(run.pid), *options], stderr=subprocess.DEVNULL)
        try:
            status = pathlib.Path(f"/proc/{run.pid}/status")
            harness.until(lambda: "TracerPid:\t0\n" not in status.read_text(), 10, "strace")
            run.process.send_signal(10)
            run.wait(seconds)
        finally:
            try:
                strace.wait(5)
            except subprocess.TimeoutExpired:
                strace.kill()
                strace.wait()
        return run.stdout, run.code


def calls_made():
    harness.need("strace")
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "calls"
        require(traced(["-o", log]) == ("ready\nend\n", 7), "strace alone changes the program")
        names = set(re.findall(r"^\d+ +(\w+)\(", log.read_text(), re.MULTILINE))
    made = sorted(names - OWN)
    require(len(made) >= 25 and "membarrier" in made, f"only {made}")
    return made


def check_fault(name, error):
    began = time.monotonic()
    out, code = traced(["-o", "/dev/null", "-e", f"inject={name}:error={error}"])
    require((out, code) == ("ready\nend\n", 7), f"{name} fails with {error}: exit code {code}, {out!r}")
    require(time.monotonic() - began < 12, f"{name} fails with {error}: took {time.monotonic() - began:.1f} s")


def check_faults(pairs):
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for future in [pool.submit(check_fault, *pair) for pair in pairs]:
            future.result()
    return len(pairs)


def test_each_call_fails():
    """Each call once; which error it is goes round."""
    return check_faults([(name, ERRORS[i % len(ERRORS)]) for i, name in enumerate(calls_made())])


if __name__ == "__main__":
    harness.need("strace")
    names = calls_made()
    print(f"{check_faults([(name, error) for name in names for error in ERRORS])} faults in {len(names)} system calls: "
          "output and exit code as ever")
    sys.exit(0)
