"""share/parks.conf and STALLWATCH_PARKS: schedulers whose waits are no loops, and rules of the user's."""

import harness
from command import Folder
from harness import require

PROCESSES = """
Sleeper = fun() -> timer:sleep(30), receive done -> ok after 120 -> ok end end,
lists:foreach(fun(_) -> spawn(Sleeper), timer:sleep(50) end, lists:seq(1, 8)),
Sum = lists:foldl(fun(X, Y) -> X + Y end, 0, lists:seq(1, 2000000)),
io:format("~p~n", [Sum]), init:stop().
"""


def test_schedulers_of_erlang_are_no_loops():
    """They take turns at one descriptor, spin, park, and run processes that each get their share: no stall of anybody's."""
    harness.need("erl")
    with harness.Run(["erl", "-noshell", "-eval", PROCESSES], environment={"STALLWATCH_THRESHOLD_MS": "25"}) as run:
        require(run.wait().stdout.strip() == "2000001000000", run.stdout)
        require(run.records("process"), "nothing was watched")
        require(not run.stalls(), harness.show(run.stalls()))


def test_beside_a_thread_of_a_schedulers():
    """The program's loop is none where the process has a thread that is named by such a rule."""
    with Folder() as folder:
        for rule, wanted in (("beside worke?", 0), ("beside some_other", 1)):
            with harness.program("holder_mutex", "sleep_with_it",
                                 environment={"STALLWATCH_PARKS": folder.write("parks.conf", [rule])}) as run:
                run.wait()
                require(len(run.stalls()) == wanted, f"{rule}: {harness.show(run.stalls())}")


def test_never_by_a_rule_of_the_users():
    with Folder() as folder:
        for rule, wanted in (("never mai?", 0), ("never some_other", 1)):
            with harness.program("epoll_sleep", environment={"STALLWATCH_PARKS": folder.write("parks.conf", [rule])}) as run:
                run.wait()
                require(len(run.stalls()) == wanted, f"{rule}: {harness.show(run.stalls())}")
