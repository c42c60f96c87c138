"""The same stall in the same program has the same signature in every run, whatever else differs."""

import shutil

import harness
from harness import require


def signature(*arguments, environment=None, folder=None, path=None):
    any_cause = {"STALLWATCH_COUNT": "blocking-call,cpu,mixed,starved"}  # what computes is starved on a crowded machine
    run = harness.Run([path or harness.PROGRAMS / "signatures", *arguments], environment={**any_cause, **(environment or {})},
                      folder=folder)
    with run:
        run.wait()
        return run.only_stall()["signature"]


def test_same_in_every_run():
    found = {signature("150", "read") for _ in range(3)}
    require(len(found) == 1, f"signatures of three runs: {found}")


def test_not_of_duration():
    found = {signature(ms, "read") for ms in ("130", "250", "600")}
    require(len(found) == 1, f"signatures of three durations: {found}")


def test_not_of_helper_nor_samples():
    found = {signature("150", "read"), signature("150", "read", environment={"STALLWATCH_HELPER": "none"}),
             signature("300", "read", environment={"STALLWATCH_SAMPLES": "1"}),
             signature("300", "read", environment={"STALLWATCH_THRESHOLD_MS": "40"})}
    require(len(found) == 1, f"signatures with and without the helper, with other settings: {found}")


def test_computing_too():
    found = {signature(ms, "compute") for ms in ("150", "300", "450")}
    require(len(found) == 1, f"signatures of computing stalls: {found}")


def test_told_by_the_whole_stall():
    found = set()
    for threshold in ("40", "300"):
        with harness.program("burns_then_sleeps", environment={"STALLWATCH_THRESHOLD_MS": threshold}) as run:
            run.wait()
            found.add(run.only_stall()["signature"])
    require(len(found) == 1, f"signatures where the threshold was crossed computing, and sleeping: {found}")


def test_not_of_the_folder():
    with harness.program("idle", preload=False) as place:
        place.stop()
        copy = place.folder / "signatures"
        shutil.copy(harness.PROGRAMS / "signatures", copy)
        require(signature("150", "read", path=copy) == signature("150", "read"), "the folder changes the signature")


def test_differs_by_place():
    found = {signature("150", "read"), signature("150", "write"), signature("150", "compute")}
    require(len(found) == 3, f"stalls of three functions have the signatures {found}")
