"""What each program of tests/programs says must be reported of it, and the check that it was.

Programs are C, C++ and Rust (built), Java (compiled), Python, JavaScript, Ruby, Perl and PHP. The comment at a program's top (in Python: its
docstring) holds lines that begin with one of these words (with an @, since clang-format does not
flow text into such lines); what follows up to the next such word or an empty line belongs to it:

    @expect stall KEY=VALUE…   that many ended records (times=N or A..B, default 1) with these values:
                               cause, call (a|b, null, *), detail (glob), ms (N: up to 80 more; or A..B), function (in
                               its most frequent stack), calls (how many; N, A..B or A..), wait (a|b), phase (a|b), state, counted
                               (true unless said; any), thread, main, iteration, label (glob), process=child, holder (WHAT:NAME, or
                               null), holds (a function in the holder's stack), accounted (ms of it that were watched: A.. or A..B)
    @expect clean              no stall at all (one that is `starved`, on a busy machine, is no failure of the library)
    @expect no-stalls          no stall, nor need there be a loop
    @expect no-loop            no record at all;  no-loop-in-parent: none of the process that was started
    @expect images N           the process said N times that it is watched, having gone on by exec (once unless said)
    @expect one-id             all records of stalls have one id;  one-signature: all have one signature
    @expect summary            there is a summary, though the program was killed
    @env NAME=VALUE            for the run with the library;  @args WORDS;  @kill SIGNAL SECONDS
    @text REGEX                is found in standard error
    @run NAME WORDS…           a run of its own, with these arguments. What follows up to the next @run belongs to it
                               alone, what comes before the first one to all of them; its test is PROGRAM:NAME
    @needs: WORDS              what it is built or run with (tests/programs/needs); skipped where that is missing
    @alone: WHY                runs when no other test does
    @lacks: WHAT               what is expected (of that run, or of all) needs WHAT, which is not there yet: output and exit
                               code are compared, and the rest is skipped

In arguments, %d stands for the run's own empty folder.

Every stall record must be one that was expected (`starved` notes left aside). Standard output and exit code must be
the same without the library.

A stall may be `mixed` or `starved` where its own figures say that the thread waited for a CPU for a quarter of it or more,
and last longer by as much: the machine was busy. Where no call is expected, one may have lasted as long as that.

Where the tests themselves keep the machine busy (STRESS, see repeat.py), a thread that slept or computed waits for a CPU as
well: the stalls last longer (and may be said to be going on), and may be `starved` or `mixed` then; so does what a program does
at its end, of which there is a note that counts for nothing. A sleep of some milliseconds that lasts over the threshold is none
of the program's doing. The watchdog is such a thread too: where by the record's own figures it saw less than half of a stall,
it may have no stack of it, nor know a call that no wrapper notes. A helper that is late leaves names as they are linked. But
none may be missing, and none may be reported where nothing stalls.
"""

import contextlib
import fnmatch
import os
import re
import shlex
import signal
import subprocess
import tempfile
import time

import harness
from harness import Failure, require

KEYWORD = re.compile(r"^\s*\*?\s*@(expect|env|text|args|kill|run|alone:|lacks:) (.*)$")
INTERPRETERS = {".py": lambda source: [harness.PYTHON, source], ".js": lambda source: ["node", source],
                ".rb": lambda source: ["ruby", source], ".pl": lambda source: ["perl", source], ".php": lambda source: ["php", source],
                ".java": lambda source: ["java", "-XX:TieredStopAtLevel=1", "-cp", harness.PROGRAMS / source.parent.name, source.stem]}
COPY_OF = re.compile(r"\.(constprop|isra|part)\.\d+$")  # gcc's name of a copy of a function: all there is without lines
SUFFIXES = {".c", ".cpp", ".rs", *INTERPRETERS}
SKIP_CODE = 77
LATE_MS = 80  # how much longer than asked a sleep may take on a busy machine
# With as many others as there are CPUs that compute all the time, and a second test beside it, a thread gets a third of a
# CPU or more; who sleeps is let in late by some time slices each time that it wakes.
STRESS = bool(os.environ.get("STRESS"))
STRESS_TIMES, STRESS_LATE_MS = 4, 400
SLEEPS = ("nanosleep", "clock_nanosleep", "usleep", "sleep")


def name_of(source):
    """What a program is called: its path in tests/programs, without the suffix."""
    return source.relative_to(harness.TOP / "tests/programs").with_suffix("").as_posix()


def head_of(source):
    text = source.read_text()
    ends = {".rb": "=end", ".pl": "=cut"}
    return text.split('"""', 2)[1] if source.suffix == ".py" else text.split(ends.get(source.suffix, "*/"), 1)[0]


def parse(source):
    """The head's lines as (word, rest), continuation lines joined."""
    found = []
    going = False
    for line in head_of(source).splitlines():
        match = KEYWORD.match(line)
        rest = line.strip().lstrip("*").strip()
        if match:
            found.append([match[1], match[2].strip()])
            going = True
        elif going and rest:
            found[-1][1] += " " + rest
        else:
            going = False
    return found


def runs(lines):
    """The runs that a head asks for, as (name, lines); one without a name where it has no @run."""
    common, blocks = [], []
    for word, rest in lines:
        if word == "run":
            name, _, arguments = rest.partition(" ")
            blocks.append((name, [*common, ["args", arguments]]))
        else:
            (blocks[-1][1] if blocks else common).append([word, rest])
    return blocks or [(None, common)]


def programs():
    """Every run of every program: its name, where it is written, its lines."""
    folder = harness.TOP / "tests/programs"
    for source in sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES):
        for run, lines in runs(parse(source)):
            yield name_of(source) + (f":{run}" if run else ""), source, lines


def is_alone(lines):
    return any(word == "alone:" for word, _ in lines)


def bounds(text, above=0, open_end=float("inf")):
    low, dots, high = text.partition("..")
    if not dots:
        return float(low), float(low) + above
    return float(low), float(high) if high else open_end


def within(value, text):
    low, high = bounds(text)
    return value is not None and low <= value <= high


def starved_ms(record):
    return record.get("cause_ms", {}).get("starved", 0)


def was_unseen(record):
    """Did the watchdog itself get no CPU for most of the stall? Then there may be no stack, nor a call that no wrapper notes."""
    return STRESS and record["time_ms"]["accounted"] < record["duration_ms"] / 2


def was_crowded(record):
    """Did the thread wait for a CPU for a quarter of the stall or more, by the record's own figures?"""
    return starved_ms(record) >= record["duration_ms"] / 4


class Expected:
    """One `@expect stall` line."""

    def __init__(self, line, pid):
        self.line, self.pid = line, pid
        self.keys = {"state": "ended", "counted": "true", "phase": "running"}
        for word in shlex.split(line)[1:]:
            key, sign, value = word.partition("=")
            require(sign and (hasattr(self, key) or key in ("times",)), f"what is {word!r}?")
            self.keys[key] = value
        self.times = bounds(self.keys.pop("times", "1"))

    def matches(self, record):
        return all(getattr(self, key)(record, value) for key, value in self.keys.items())

    def cause(self, record, value):
        wanted = value.split("|")
        excused = STRESS or was_crowded(record)
        return value == "*" or record["cause"] in wanted or (excused and record["cause"] in ("starved", "mixed"))

    def call(self, record, value):
        call, wanted = record["call"], value.split("|")
        waited = call and "null" in wanted and was_crowded(record) and call["ms"] <= starved_ms(record)
        unseen = call is None and was_unseen(record)
        return value == "*" or (call["name"] if call else "null") in wanted or bool(waited) or unseen

    def detail(self, record, value):
        call = record["call"]
        return was_unseen(record) if call is None else fnmatch.fnmatchcase(call["detail"] or "", value)

    def ms(self, record, value):
        low, high = bounds(value, LATE_MS)
        crowded = starved_ms(record) if was_crowded(record) else 0
        return (low - 2 <= record["duration_ms"]
                and record["duration_ms"] - crowded <= (high * STRESS_TIMES + STRESS_LATE_MS if STRESS else high))

    def function(self, record, value):
        stacks = record["stacks"]
        names = [COPY_OF.sub("", frame["function"] or "") for frame in stacks[0]["frames"]] if stacks else []
        mangled = STRESS and any(all(f"{len(part)}{part}" in name for part in value.split("::")) for name in names)
        return was_unseen(record) if not stacks else value in names or mangled

    def calls(self, record, value):
        return was_unseen(record) if record["call"] is None else within(record["call"]["count"], value)

    def accounted(self, record, value):
        return within(record["time_ms"]["accounted"], value)

    def wait(self, record, value):
        return record["loop"]["wait"] in value.split("|")

    def label(self, record, value):
        return fnmatch.fnmatchcase(record["label"] or "null", value)

    def iteration(self, record, value):
        return record["loop"]["iteration"] == int(value)

    def phase(self, record, value):
        return record["phase"] in value.split("|")

    def state(self, record, value):
        return record["state"] == value or (value == "ended" and ended_late(record))

    def counted(self, record, value):
        return value == "any" or record["counted"] == (value == "true") or ended_late(record) or (
            (STRESS or was_crowded(record)) and record["cause"] == "starved") or (STRESS and record["cause"] == "mixed")

    def holder(self, record, value):
        holder = record["holder"]
        return value == ("null" if holder is None else f"{holder['what']}:{holder['name']}")

    def holds(self, record, value):
        return any(frame["function"] == value for frame in (record["holder"] or {"frames": []})["frames"])

    def thread(self, record, value):
        return record["thread"]["name"] == value

    def main(self, record, value):
        return record["thread"]["main"] == (value == "true")

    def process(self, record, value):
        return (record["pid"] != self.pid) == (value == "child")


def was_drawn_out(record, records):
    """Is it of a stall that was still going on, which it had not been but for a busy machine? What it came to is in its last record."""
    ended = any(other["id"] == record["id"] and other["state"] == "ended" for other in records)
    return record["state"] == "ongoing" and ended and (STRESS or was_crowded(record))


def overslept(record):
    """Was it a sleep that ended so much later than it asked for that there would be no stall without that?"""
    call = record["call"]
    asked = re.match(r"([\d.]+) (ms|s)$", call["detail"] or "") if call and call["name"] in SLEEPS else None
    if not STRESS or not asked or call["count"] != 1:
        return False
    late_ms = call["ms"] - float(asked[1]) * (1000 if asked[2] == "s" else 1)
    return record["duration_ms"] - late_ms < record["threshold_ms"]


def ended_late(record):
    """A program takes its time to end where its threads get no CPU to do so: a note."""
    return STRESS and record["state"] == "exiting" and not record["counted"]


def place(record, expected, held, most, tried=None):
    """Finds `record` an expectation that it fits, where need be by moving one that is there to another that fits it as well; `held`
    is what each holds by now, `most(one)` how many it may. Returns whether there was a place."""
    tried = set() if tried is None else tried
    for one in expected:
        if one in tried or not one.matches(record):
            continue
        tried.add(one)
        if len(held[one]) < most(one):
            held[one].append(record)
            return True
        for other in held[one]:
            if place(other, expected, held, most, tried):
                held[one][held[one].index(other)] = record
                return True
    return False


def check_stalls(expected, records):
    """Each record goes to one expectation that it fits, so that as many as can be have what they want."""
    held = {one: [] for one in expected}
    records = sorted(records, key=lambda record: record["cause"] == "starved")  # these notes may be left over
    over = [record for record in records if not place(record, expected, held, lambda one: one.times[0])]
    for record in over:
        if not place(record, expected, held, lambda one: one.times[1]) and (
                record["cause"] != "starved" or record["counted"]) and not was_drawn_out(record, records) and not ended_late(record) and not overslept(record):
            raise Failure("a stall that was not expected:\n" + harness.show([record])
                          + "\nexpected:\n" + "\n".join(one.line for one in expected)
                          + "\nall:\n" + harness.show(records))
    for one in expected:
        require(one.times[0] <= len(held[one]), f"not reported: {one.line}\nreported:\n" + harness.show(records))


def check_others(lines, run):
    stalls = run.records("stall")
    images = 1
    for line in lines:
        word = line.split()[0]
        if word == "images":
            images = int(line.split()[1])
        elif word == "no-loop-in-parent":
            require(all(record["pid"] != run.pid for record in run.records()), "there are records of the parent")
        elif word == "no-loop":
            require(run.records() == [], "there are records of a program without a loop")
        elif word == "one-id":
            require(len({record["id"] for record in stalls}) == 1, "the records' ids differ")
        elif word == "one-signature":
            require(len({record["signature"] for record in stalls}) == 1, "the records' signatures differ")
        elif word == "summary":
            require(run.records("summary"), "there is no summary")
        else:
            require(word in ("clean", "stall", "no-stalls"), f"what is {line!r}?")
    if not {"no-loop", "no-loop-in-parent", "no-stalls"}.intersection(lines):
        pids = {record["pid"] for record in run.records("summary")}
        require(run.pid in pids, "there is no summary of the process")
        said = sum(record["pid"] == run.pid for record in run.records("process"))
        require(said == images, f"{said} process records instead of {images}")


def command_of(source):
    """What runs it, before its arguments."""
    interpreter = INTERPRETERS.get(source.suffix)
    return interpreter(source) if interpreter else [harness.PROGRAMS / name_of(source)]


def start(source, lines, preload):
    """Runs the program as its head says, to its end."""
    words = {word: rest for word, rest in lines}
    environment = dict(rest.split("=", 1) for word, rest in lines if word == "env") if preload else {}
    folder = tempfile.mkdtemp(prefix="stallwatch-test-")
    arguments = [word.replace("%d", folder) for word in words.get("args", "").split()]
    run = harness.Run(command_of(source) + arguments, preload=preload, environment=environment, folder=folder)
    try:
        if "kill" not in words:
            return run.wait()
        number, seconds = words["kill"].split()
        time.sleep(float(seconds))
        run.stop(getattr(signal, "SIG" + number))
        if preload:  # what is still to be written, another process writes
            harness.until(lambda: run.records("summary"), 5, "the summary of a killed program")
        return run
    except Exception:
        run.remove()
        raise


def require_built(source):
    """Skips a program that was not built, or cannot run, since this machine lacks what it needs."""
    built = harness.PROGRAMS / name_of(source)
    interpreted = source.suffix in (".py", ".js", ".rb", ".pl", ".php")
    if interpreted or not (built.with_suffix(".class") if source.suffix == ".java" else built).exists():
        needs = subprocess.run([harness.TOP / "tests/programs/needs", source], capture_output=True, text=True)
        if needs.returncode != 0:
            raise harness.Skip(needs.stderr.strip())
        require(interpreted, f"{name_of(source)} is not built")


outcomes = {}  # of programs without the library, by source and lines


def plain_outcome(source, lines):
    """Exit code and standard output of a program without the library: run once, and kept."""
    key = (source, tuple(map(tuple, lines)))
    if key not in outcomes:
        with start(source, lines, False) as run:
            outcomes[key] = run.code, run.stdout
    return outcomes[key]


def prepare(source, lines):
    """Has that outcome ready for check_program, which is also to say what is wrong where there is none."""
    with contextlib.suppress(Exception):
        require_built(source)
        plain_outcome(source, lines)


def check_program(source, lines):
    expects = [rest for word, rest in lines if word == "expect"]
    require(expects, f"{source.name} does not say what is expected of it")
    require_built(source)
    code, stdout = plain_outcome(source, lines)
    if code == SKIP_CODE:
        raise harness.Skip("this machine cannot run it")
    with start(source, lines, True) as watched:
        require("cannot be preloaded" not in watched.stderr, f"it ran without the library\n{watched.stderr}")
        require(watched.code == code, f"exit code {watched.code}, without the library {code}\n{watched.stdout}{watched.stderr}")
        require(watched.stdout == stdout, f"stdout differs:\n{watched.stdout}\nwithout the library:\n{stdout}")
        require(code == 0 or (code < 0 and code != -signal.SIGSEGV), f"the program itself fails: {code}\n{stdout}")
        lacking = [rest for word, rest in lines if word == "lacks:"]
        if lacking:
            raise harness.Skip("needs " + lacking[-1])
        expected = [Expected(line, watched.pid) for line in expects if line.startswith("stall")]
        try:
            check_stalls(expected, watched.records("stall"))
        except Failure as failure:
            raise Failure(f"{failure}\n{harness.show_loops(watched.records())}") from None
        check_others(expects, watched)
        text = watched.stderr
        for word, rest in lines:
            if word == "text":
                require(re.search(rest, text), f"not in the text: {rest}\n{text}")
        for line in text.splitlines():
            require(re.match(r"^==\d+== ", line), f"a line of the text has no prefix: {line!r}")
