"""STALLWATCH_EXITCODE, and that a program's own end is otherwise untouched: codes, buffered output, signals."""

import contextlib
import os
import signal
import tempfile
import time

import harness
from harness import require

WAYS = ("return", "exit", "_exit", "_Exit", "quick_exit", "thread", "exit256", "return256")  # 256: exit(3) keeps eight bits


def end(way, *rest, code="99", preload=True):
    environment = {"STALLWATCH_EXITCODE": code} if preload and code else {}
    with harness.program("exits", way, *rest, preload=preload, environment=environment) as run:
        run.wait()
        if preload and run.code < 0:  # what the program had no time to tell, its helper does
            harness.until(lambda: run.records("summary"), 5, "the summary of a program that a signal ended")
        return run.code, run.stdout, len(run.counted()) if preload else None, run.stderr


def same_output(way, *rest):
    """The code with the library; stdout and, without EXITCODE, the code must be as without the library."""
    plain_code, plain_out, _, _ = end(way, *rest, preload=False)
    code, out, _, text = end(way, *rest, code=None)
    require((code, out) == (plain_code, plain_out), f"{way}: {code} {out!r}, without: {plain_code} {plain_out!r}\n{text}")
    code, out, counted, text = end(way, *rest)
    require(out == plain_out, f"{way}: stdout {out!r}, without: {plain_out!r}\n{text}")
    return code, counted


def test_zero_becomes_the_code():
    for way in WAYS:
        code, counted = same_output(way)
        require(counted == 1, f"{way}: {counted} counted stalls")
        require(code == 99, f"{way}: exit code {code}, not 99")


def test_pthread_exit_of_main():
    code, counted = same_output("pthread_exit")
    require((code, counted) == (99, 1), f"exit code {code}, {counted} counted stalls")


def test_other_codes_stay():
    for way in ("exit3", "_exit3"):
        code, counted = same_output(way)
        require((code, counted) == (3, 1), f"{way}: exit code {code}, {counted} counted stalls")


def test_quiet_programs_keep_zero():
    for way in ("return", "_exit", "quick_exit"):
        code, counted = same_output(way, "quiet")
        require((code, counted) == (0, 0), f"{way}: exit code {code}, {counted} counted stalls")


def test_quiet_children_keep_zero():
    for way in ("fork", "fork-loop"):
        code, out, _, text = end(way)
        require("child 0" in out, f"{way}: {out!r}: a child that did not stall has not kept its 0\n{text}")
        require(code == 99, f"{way}: the parent's exit code is {code}")


def test_killed_soon_after_a_stall():
    """The helper, which has hardly begun, tells all of it in the text as well."""
    with harness.program("exits", "kill") as run:
        run.wait()
        require(run.code == -signal.SIGKILL, f"exit code {run.code}")
        harness.until(lambda: "stallwatch: summary of exits" in run.stderr, 5, "the summary in the text")
        require(run.stderr.count("event loop stalled for") == 1 and run.counted(), run.stderr)


def in_futex(pid):
    """Does its main thread wait there? proc(5): the number comes first."""
    number = {"x86_64": "202", "aarch64": "98"}[os.uname().machine]
    with open(f"/proc/{pid}/syscall") as file:
        return file.read().startswith(number + " ")


def test_stopped_while_it_ends():
    """A job that is stopped as it ends (Ctrl-Z, docker pause) for longer than an exit waits at the most has its summary when it goes
    on. It takes a second to end, since nobody reads the pipe that its text goes to, which is full."""
    with tempfile.TemporaryDirectory() as folder:
        pipe = os.path.join(folder, "pipe")
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, b"\n" * 4096)
        environment = {"STALLWATCH_LOG": pipe, "STALLWATCH_SUMMARY": "always"}
        with harness.program("exits", "return", "quiet", environment=environment) as run:
            harness.until(lambda: run.records("process") and in_futex(run.pid), 5, "the end of it")
            run.process.send_signal(signal.SIGSTOP)
            require(not run.records("summary"), "it had ended before it was stopped")
            time.sleep(5.2)
            run.process.send_signal(signal.SIGCONT)
            run.wait()
            require(run.records("summary"), "there is no summary")
        os.close(reader)
        os.close(writer)


def test_signals_stay():
    code, counted = same_output("abort")
    require(code == -signal.SIGTERM, f"exit code {code}, not killed by SIGTERM")
    require(counted == 1, f"{counted} counted stalls")


def test_uncounted_stalls_keep_zero():
    with harness.program("start_in_loop", environment={"STALLWATCH_EXITCODE": "99"}) as run:
        run.wait()
        require(run.stalls(counted=False), "no note of the stall at start-up")
        require(run.code == 0, f"exit code {run.code} for a note")
    with harness.program("exits", environment={"STALLWATCH_EXITCODE": "99", "STALLWATCH_COUNT": "cpu"}) as run:
        run.wait()
        require(run.stalls(counted=False) and not run.counted(), "STALLWATCH_COUNT=cpu still counts a blocking call")
        require(run.code == 0, f"exit code {run.code} for a cause that does not count")
    with harness.program("start_in_loop", environment={"STALLWATCH_EXITCODE": "99",
                                                       "STALLWATCH_COUNT": "blocking-call,startup"}) as run:
        run.wait()
        require(run.counted() and run.code == 99, f"STALLWATCH_COUNT=…,startup does not count it; exit code {run.code}")
