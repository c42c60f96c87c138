"""No EINTR that was not there: every call that a signal always ends (signal(7), "never restarted"), in callbacks that are
being sampled, alone and beside the program's own signals (tests/storms/never_restarted.c).

    test_interruptions.py SECONDS     the same for so long, and the calls that no wrapper sees counted: make check-eintr
"""

import re
import sys

import harness
from harness import require

ALONE = True
PROGRAM = harness.BUILD / "tests/storms/never_restarted"
SETTINGS = {"STALLWATCH_THRESHOLD_MS": "1", "STALLWATCH_SAMPLES": "64", "STALLWATCH_LOG": "none"}
LINE = re.compile(r"(\w+): (\d+) calls, (\d+) interrupted, (\d+) unexplained, (\d+) slept through, (\d+) early")


def counts(mode, seconds, preload):
    """By call: how many there were, and what befell them."""
    with harness.Run([PROGRAM, mode, seconds], preload=preload, environment=SETTINGS if preload else None) as run:
        run.wait(seconds + 60)
        require(run.code == 0, f"{mode}: exit code {run.code}: {run.stdout[-500:]}")
        found = {name: [int(number) for number in numbers] for name, *numbers in LINE.findall(run.stdout)}
        require(len(found) >= 27, run.stdout)
        if preload:
            stalls = run.stalls(state="any")
            require(stalls, "not one callback was reported: nothing was sampled")
            require(any(stack["samples"] for stall in stalls for stack in stall["stacks"]), "no sample was taken")
        return found


def check_mode(mode, seconds):
    plain, watched = counts(mode, seconds, False), counts(mode, seconds, True)
    for name, (calls, interrupted, unexplained, slept, early) in watched.items():
        wanted = plain[name]
        require(unexplained == 0, f"{mode}: {name} was interrupted {unexplained} times of {calls} by no signal of the program's")
        require(mode != "alone" or interrupted == 0, f"{name} was interrupted {interrupted} times of {calls}")
        require(slept <= wanted[3], f"{mode}: {name} slept through a signal {slept} times of {calls}, without: {wanted[3]}")
        require(early <= wanted[4], f"{mode}: {name} came back early {early} times of {calls}, without: {wanted[4]}")
    return sum(numbers[0] for numbers in watched.values())


def test_no_signals_of_its_own():
    check_mode("alone", 1)


def test_beside_signals_that_restart():
    check_mode("restart", 1)


def test_beside_signals_that_do_not():
    check_mode("plain", 1)


def main(seconds):
    for mode in ("alone", "restart", "plain"):
        print(f"{mode}: {check_mode(mode, seconds)} calls as without the library", flush=True)
    with harness.Run([PROGRAM, "raw", seconds], environment=SETTINGS) as run:
        print("made by an instruction: " + run.wait(seconds + 60).stdout, end="")


if __name__ == "__main__":
    main(int(sys.argv[1]))
