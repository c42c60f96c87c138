"""The environment variables of the contract, on programs that stall: what each does, and what a bad value does."""

import pathlib
import re
import socket

import harness
from harness import require


def stalled(environment, name="epoll_sleep", **options):
    return harness.program(name, environment=environment, **options).wait()


def complaints(run):
    """Lines of the text that name a variable."""
    return [line for line in run.stderr.splitlines() if "STALLWATCH_" in line]


def test_bad_values_get_one_line_each():
    bad = {"STALLWATCH_THRESHOLD_MS": "soon", "STALLWATCH_SAMPLES": "0", "STALLWATCH_EXITCODE": "999",
           "STALLWATCH_COUNT": "cpu,moon", "STALLWATCH_SUMMARY": "perhaps", "STALLWATCH_ONGOING_MS": "-1"}
    with stalled(bad) as run:
        lines = complaints(run)
        for name, value in bad.items():
            found = [line for line in lines if name in line]
            require(len(found) == 1, f"{name}={value}: {len(found)} lines\n{run.stderr}")
            require(value in found[0] and found[0].startswith("=="), f"value or prefix missing: {found[0]!r}")
        require(len(lines) == len(bad), f"{len(lines)} lines for {len(bad)} bad values\n{run.stderr}")
        require(run.code == 0 and run.stdout == "done\n", f"the program's result changed: {run.code} {run.stdout!r}")
        require(len(run.counted()) == 1, "the stall was not reported with the defaults")


def test_unknown_names_get_the_nearest():
    with stalled({"STALLWATCH_TRESHOLD_MS": "50"}) as run:
        lines = complaints(run)
        require(len(lines) == 1 and "STALLWATCH_THRESHOLD_MS" in lines[0], f"not one line with the nearest name: {lines}")


def test_problems_are_said_only_where_a_loop_is():
    with stalled({"STALLWATCH_THRESHOLD_MS": "soon"}, name="loopless") as run:
        require(run.stderr == "", f"a program without a loop has said something: {run.stderr}")


def test_threshold():
    with stalled({"STALLWATCH_THRESHOLD_MS": "400.5"}) as run:
        require(run.stalls() == [], "300 ms were reported with a threshold of 400.5 ms")
        process = run.records("process")[0]
        require(process["threshold_ms"] == 400.5, f"threshold_ms is {process['threshold_ms']}")
    with stalled({"STALLWATCH_THRESHOLD_MS": "7.5"}, name="many_sleeps") as run:
        require(run.counted(), "400 ms were not reported with a threshold of 7.5 ms")
        require(run.stalls()[0]["threshold_ms"] == 7.5, "a record's threshold_ms is not the setting's")


def test_log_path_with_codes():
    with stalled({"STALLWATCH_LOG": "log.%p.%e.%h.%%"}) as run:
        path = run.folder / f"log.{run.pid}.epoll_sleep.{socket.gethostname()}.%"
        require(path.exists(), f"no {path.name}; there is {[p.name for p in run.folder.iterdir()]}")
        text = path.read_text()
        require("event loop stalled for 3" in text, f"no report in the log: {text!r}")
        require(run.stderr == "", f"standard error has text too: {run.stderr!r}")
        require(path.stat().st_mode & 0o777 == 0o600, f"the log's mode is {path.stat().st_mode & 0o777:o}")


def test_log_is_appended():
    with stalled({"STALLWATCH_LOG": "log"}) as run:
        again = harness.program("epoll_sleep", environment={"STALLWATCH_LOG": "log"}, folder=run.folder).wait()
        require(again.code == 0, "the second run failed")
        count = (run.folder / "log").read_text().count("event loop stalled for")
        require(count == 2, f"{count} reports after two runs")


def test_log_none():
    with stalled({"STALLWATCH_LOG": "none"}) as run:
        require(run.stderr == "" and run.counted(), f"stderr {run.stderr!r}, {len(run.counted())} counted stalls")


def test_paths_that_cannot_be_written():
    with stalled({"STALLWATCH_LOG": "/nowhere/log", "STALLWATCH_JSON": "/nowhere/json"}) as run:
        require(run.code == 0 and run.stdout == "done\n", f"the program's result changed: {run.code} {run.stdout!r}")
        for path in ("/nowhere/log", "/nowhere/json"):
            lines = [line for line in run.stderr.splitlines() if path in line]
            require(len(lines) == 1 and "No such file" in lines[0] or "ENOENT" in "".join(lines),
                    f"not one line with the reason for {path}: {run.stderr!r}")


def test_log_is_no_symbolic_link():
    with harness.program("idle", preload=False) as place:
        place.stop()
        target = place.folder / "target"
        target.write_text("mine\n")
        (place.folder / "link").symlink_to(target)
        run = harness.program("epoll_sleep", environment={"STALLWATCH_LOG": "link"}, folder=place.folder).wait()
        require(target.read_text() == "mine\n", "wrote through a symbolic link")
        require(run.code == 0, f"exit code {run.code}")


def test_summary():
    with stalled({}) as run:
        require(run.stderr.count("event loop stalled") == 1, f"not one report: {run.stderr}")
        require(re.search(r"iterations", run.stderr), f"no summary in the text:\n{run.stderr}")
    with stalled({"STALLWATCH_SUMMARY": "never"}) as run:
        require("iterations" not in run.stderr, f"a summary in spite of never:\n{run.stderr}")
        require(run.records("summary"), "the JSON has no summary")
    with stalled({}, name="modal") as run:
        require(run.stderr == "", f"text of a program that did not stall: {run.stderr}")
        summary = run.records("summary")[0]
        loop = summary["loops"][0]
        require(summary["stalls"]["total"] == 0 and loop["iterations"] >= 25, f"a wrong summary: {summary}")
        require(loop["wait_ms"] > 300 > loop["busy_ms"], f"waiting and busy time are wrong: {loop}")
    with stalled({"STALLWATCH_SUMMARY": "always"}, name="modal") as run:
        require("iterations" in run.stderr, f"no summary in spite of always: {run.stderr!r}")


def test_summary_has_the_worst():
    with stalled({}, name="repeats") as run:
        summary, stalls = run.records("summary")[0], run.counted()
        require(summary["stalls"] == {**summary["stalls"], "total": 3, "counted": 3, "suppressed": 0, "unreported": 0},
                f"wrong counts: {summary['stalls']}")
        worst = summary["worst"]
        require(len(worst) == 1 and worst[0]["count"] == 3 and worst[0]["signature"] == stalls[0]["signature"],
                f"wrong list of the worst: {worst}")
        require(abs(worst[0]["total_ms"] - sum(stall["duration_ms"] for stall in stalls)) < 1, f"wrong total: {worst}")
        require("on_event" in (worst[0]["top"] or ""), f"top is {worst[0]['top']!r}")
        require([stall["occurrence"] for stall in stalls] == [1, 2, 3], "occurrences are not 1, 2, 3")
        require(len({stall["id"] for stall in stalls}) == 3, "ids are not unique")


def test_samples():
    with stalled({"STALLWATCH_SAMPLES": "1"}) as run:
        require(sum(stack["samples"] for stack in run.only_stall()["stacks"]) == 1, "not one sample")
    with stalled({"STALLWATCH_SAMPLES": "5"}, name="epoll_cpu") as run:
        samples = sum(stack["samples"] for stack in run.only_stall()["stacks"])
        require(2 <= samples <= 5, f"{samples} samples of at most 5")


def test_max_reports():
    """`sleeps` stalls in six places: one report in full, the other five only counted."""
    with stalled({"STALLWATCH_MAX_REPORTS": "1", "STALLWATCH_ONGOING_MS": "5000"}, name="sleeps") as run:
        stalls = run.counted()
        require(len(stalls) == 6, "a limited report was not counted\n" + harness.show(run.records()))
        require(run.stderr.count("event loop stalled") == 1, f"not one report in the text:\n{run.stderr}")
        require([bool(stall["stacks"]) for stall in stalls] == [True] + 5 * [False], "stacks beyond the limit")
        unreported = run.records("summary")[0]["stalls"]["unreported"]
        require(unreported == 5, f"the summary says that {unreported} went unreported")
    with stalled({"STALLWATCH_MAX_REPORTS": "0", "STALLWATCH_ONGOING_MS": "300"}, name="ongoing") as run:
        require(len(run.stalls(state="ongoing")) == 2, "not told twice while it went on\n" + harness.show(run.records()))
        require("event loop stalled" not in run.stderr, f"a report in the text:\n{run.stderr}")
        counts = run.records("summary")[0]["stalls"]
        require((counts["total"], counts["unreported"]) == (1, 1), f"of one stall that was told of three times: {counts}")


def test_only():
    with stalled({"STALLWATCH_ONLY": "redis-*,nginx"}) as run:
        require(run.records() == [] and run.stderr == "", "a program was watched that STALLWATCH_ONLY leaves out")
    with stalled({"STALLWATCH_ONLY": "redis-*,epoll_*"}) as run:
        require(run.counted(), "a program was not watched that STALLWATCH_ONLY names")


def test_follow():
    shell = "echo $LD_PRELOAD; exec {program}"
    for follow, watched in (("1", True), ("0", False)):
        arguments = ["/bin/sh", "-c", shell.format(program=harness.PROGRAMS / "epoll_sleep")]
        with harness.Run(arguments, environment={"STALLWATCH_FOLLOW": follow}) as run:
            run.wait()
            require(bool(run.counted()) == watched, f"STALLWATCH_FOLLOW={follow}: {len(run.counted())} stalls of a child")
            require(("libstallwatch" in run.stdout) == watched, f"STALLWATCH_FOLLOW={follow}: LD_PRELOAD is {run.stdout!r}")


def test_follow_keeps_other_entries():
    libc = "/lib/x86_64-linux-gnu/libm.so.6"
    with harness.Run(["/bin/sh", "-c", "/usr/bin/env"], environment={
            "STALLWATCH_FOLLOW": "0", "LD_PRELOAD": f"{harness.LIBRARY}:{libc}"}) as run:
        run.wait()
        require(f"LD_PRELOAD={libc}\n" in run.stdout, f"LD_PRELOAD of the child: {run.stdout}")


def test_help():
    with stalled({"STALLWATCH_HELP": "1"}) as run:
        for name in ("THRESHOLD_MS", "LOG", "JSON", "COUNT", "EXITCODE", "HELPER", "VERBOSE"):
            require(name in run.stderr, f"STALLWATCH_HELP=1 does not show {name}")
        require(run.stdout == "done\n" and run.code == 0, "the program did not go on")


def said_of_loops(name, *arguments):
    """What STALLWATCH_VERBOSE=1 says of a program's loops, without prefixes and with numbers of threads as N."""
    environment = {"STALLWATCH_VERBOSE": "1", "STALLWATCH_SUMMARY": "never"}
    with harness.program(name, *arguments, environment=environment).wait() as run:
        prefix = f"=={run.pid}== stallwatch: "
        lines = [line.removeprefix(prefix) for line in run.stderr.splitlines() if line.startswith(prefix)]
        return [re.sub(r"thread \d+", "thread N", line) for line in lines if re.match("loop|no loop|thread", line)]


def test_verbose():
    """Each loop is said once when it is found and once when it is over, with the reason."""
    wait = r'thread N "\w+", epoll_wait on fd \d+'
    expected = {
        "modal": [f"loop 1 found: {wait}", f"loop 1 closed: {wait}"],
        "loop_left": [f"loop {number} {what}" for number in (1, 2)
                      for what in (f"found: {wait}", f"left: {wait}; the function that waited has returned")],
    }
    for name, patterns in expected.items():
        lines = said_of_loops(name)
        require(len(lines) == len(patterns) and all(map(re.fullmatch, patterns, lines)), f"{name} says {lines}")
    lines = said_of_loops("epoll_in_epoll")
    require(any(re.fullmatch(r'thread N "epoll_in_epoll" takes turns at epoll_wait on fd \d+ and epoll_wait on fd \d+: one loop', line)
                for line in lines), f"epoll_in_epoll says {lines}")
    lines = said_of_loops("leader_follower", "work")
    # Which of the three is found first, the scheduler says.
    for pattern in (rf"loop (\d) found: {wait}, as loop (?!\1)\d of thread N", 'thread N "leader_follower" parks in take_turns: .*'):
        require(any(re.fullmatch(pattern, line) for line in lines), f"leader_follower says {lines}")


def test_host_and_exe():
    with stalled({}) as run:
        record = run.only_stall()
        require(record["host"] == socket.gethostname(), f"host is {record['host']!r}")
        require(record["exe"] == str(pathlib.Path(harness.PROGRAMS / "epoll_sleep").resolve()), f"exe is {record['exe']!r}")
        require(record["comm"] == "epoll_sleep" and record["pid"] == run.pid, "comm or pid is wrong")
        require(run.records("process")[0]["argv"] == [str(harness.PROGRAMS / "epoll_sleep")], "argv is wrong")


TITLE = """
$0 = "worker: idle";
pipe(my $reader, my $writer);
for (1 .. 12) { syswrite $writer, "x"; my $set = ""; vec($set, fileno($reader), 1) = 1; vec($set, 0, 1) = 1; select($set, undef, undef, 1); sysread $reader, my $byte, 1 }
"""


def test_a_title_over_the_arguments():
    """What it leaves of them is not many empty ones; an empty one that was given is kept."""
    harness.need("perl")
    words = ["perl", "-e", TITLE, "one", "two", "three"]
    with harness.Run(words) as run:
        run.wait()
        require(run.records("process")[0]["argv"] == ["worker: idle"], run.records("process")[0]["argv"])
    words[2] = TITLE.replace("$0 =", "my $title =")
    with harness.Run([*words, ""]) as run:
        run.wait()
        require(run.records("process")[0]["argv"] == [*words, ""], run.records("process")[0]["argv"])
