"""Runs one program with or without the library, and reads what it left: the tests' common ground.

Every run has a folder of its own, an environment without any STALLWATCH_ variable but those asked for, and a limit of
time. Every JSON line that the library wrote is held against the contract (contract.py) before a test looks at it.
"""

import glob
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import contract

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = (TOP / os.environ.get("STALLWATCH_BUILD", "build")).resolve()
LIBRARY = BUILD / "libstallwatch.so"
PROGRAMS = BUILD / "tests/programs"
# What runs the programs of another architecture (qemu-aarch64 -L FOLDER): they get their environment by it, not with it.
RUNNER = os.environ.get("STALLWATCH_RUNNER", "").split()
PYTHON = "/usr/bin/python3"  # Debian's, for which the packages that the tests need are installed


class Failure(Exception):
    """What a test found wrong; its text is shown."""


class Skip(Exception):
    """Why a test cannot run here."""


def require(condition, message):
    if not condition:
        raise Failure(message)


def clean_environment():
    return {name: value for name, value in os.environ.items()
            if not name.startswith("STALLWATCH_") and name not in ("LD_PRELOAD", "LD_LIBRARY_PATH")}


class Run:
    """A program that was started (and may still run), its folder, its output, its records."""

    def __init__(self, arguments, preload=True, environment=None, folder=None, **options):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="stallwatch-test-"))
        self.environment = clean_environment()
        if preload:
            self.environment["LD_PRELOAD"] = str(LIBRARY)
            self.environment["STALLWATCH_JSON"] = str(self.folder / "records.%p.jsonl")
        self.environment.update(environment or {})
        if RUNNER:
            # qemu-user has no host's signal left for the last ones.
            self.environment.setdefault("STALLWATCH_SIGNAL", "40") if preload else None
            own = {name: value for name, value in self.environment.items() if name == "LD_PRELOAD" or name.startswith("STALLWATCH_")}
            self.environment = {name: value for name, value in self.environment.items() if name not in own}
            arguments = [*RUNNER, *(word for name, value in own.items() for word in ("-E", f"{name}={value}")), *arguments]
        self.preload = preload
        with open(self.folder / "stdout", "wb") as out, open(self.folder / "stderr", "ab") as err:
            self.process = subprocess.Popen([str(argument) for argument in arguments], stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=err, cwd=self.folder, env=self.environment,
                                            start_new_session=True, **options)
        self.pid = self.process.pid
        self.code = None

    def wait(self, seconds=30):
        try:
            self.code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failure(f"still running after {seconds} s; killed\n{self.stderr[-2000:]}") from None
        return self

    def stop(self, number=signal.SIGTERM, seconds=15):
        """Ends the process by its own pid; by SIGKILL where it does not listen."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise Failure(f"did not end within {seconds} s of signal {number}") from None
        self.code = self.process.returncode
        return self

    @property
    def stdout(self):
        return (self.folder / "stdout").read_text(errors="replace")

    @property
    def stderr(self):
        return (self.folder / "stderr").read_text(errors="replace")

    def records(self, kind=None, pattern="records.*.jsonl"):
        """All records of all processes, each checked against the contract."""
        found = []
        for path in sorted(glob.glob(str(self.folder / pattern))):
            content = pathlib.Path(path).read_bytes()
            require(content == b"" or content.endswith(b"\n"), f"{path} does not end with a whole line")
            for line in content.decode("utf-8").splitlines():
                record = contract.parse(line)
                problems = contract.check(record)
                require(not problems, "a record breaks the contract: " + "; ".join(problems) + "\n" + line[:1500])
                found.append(record)
        return [record for record in found if kind in (None, record["type"])]

    def stalls(self, **wanted):
        """Stall records whose keys have the values given; ended ones unless `state` says otherwise ("any": all)."""
        state = wanted.pop("state", "ended")
        return [record for record in self.records("stall") if state in ("any", record["state"])
                and all(record[key] == value for key, value in wanted.items())]

    def counted(self):
        return [record for record in self.records("stall") if record["counted"] and record["state"] == "ended"]

    def only_stall(self):
        """The one counted stall that there must be."""
        stalls = self.counted()
        require(len(stalls) == 1, f"not one counted stall but {len(stalls)}\n{show(self.records())}\n{self.stderr[-1500:]}")
        return stalls[0]

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.remove()


def program(name, *arguments, **options):
    """A test program, started."""
    return Run([PROGRAMS / name, *arguments], **options)


def show(records):
    """Records in short, for a failure's text."""
    lines = []
    for record in records:
        if record["type"] != "stall":
            continue
        call = record["call"] and "{name}({detail}) {ms} ms x{count}".format(**record["call"])
        frames = [(frame["function"] or frame["module"] or "?")[:40] for frame in (record["stacks"] or [{"frames": []}])[0]["frames"]]
        lines.append(f"{record['state']} {record['phase']} {record['duration_ms']} ms cause={record['cause']} call={call} "
                     f"counted={record['counted']} loop={json.dumps(record['loop'])} time={json.dumps(record['time_ms'])} "
                     f"thread={record['thread']['name']} stack={frames[:8]}")
    return "\n".join(lines) or "no stall records"


def until(condition, seconds, what):
    """Waits for `condition()` to become true, and returns its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise Failure(f"waited {seconds} s in vain for {what}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    """Does a server listen there?"""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def need(*commands):
    for command in commands:
        if not shutil.which(command, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            raise Skip(f"{command} is not installed")


def show_loops(records):
    """What was watched, for a failure's text."""
    loops = [f"{loop['wait']}, {loop['iterations']} iterations, busy {loop['busy_ms']} ms, the longest {loop['busy_us']['max']} us"
             for record in records if record["type"] == "summary" for loop in record["loops"]]
    return "\n".join(["loops:", *loops]) if loops else "no loops"
