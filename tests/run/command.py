"""What the tests of the command have in common: starting it, and records to feed it."""

import json
import os
import pathlib
import subprocess
import tempfile

import contract
import harness
from harness import require

COMMAND = harness.BUILD / "stallwatch"
SCHEMAS = pathlib.Path(__file__).resolve().parent / "schemas"


class Folder:
    """A folder for one test, and the command run in it."""

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="stallwatch-test-"))
        return self

    def __exit__(self, *_):
        subprocess.run(["rm", "-rf", self.path], check=True)

    def run(self, *arguments, environment=None, code=0, seconds=60, **options):
        """The finished process; fails where its exit code is not `code` (None: any)."""
        result = subprocess.run([COMMAND, *map(str, arguments)], cwd=self.path, capture_output=True, timeout=seconds,
                                env={**harness.clean_environment(), "TMPDIR": str(self.path), **(environment or {})}, **options)
        result.out = result.stdout.decode(errors="replace")
        result.err = result.stderr.decode(errors="replace")
        require(code in (None, result.returncode),
                f"{arguments}: exit code {result.returncode}, not {code}\n{result.out[-1500:]}\n{result.err[-1500:]}")
        return result

    def refused(self, *arguments, **options):
        """Bad usage: exit code 2 and one line that says `word`."""
        result = self.run(*arguments, code=2, **options)
        lines = result.err.splitlines()
        require(len(lines) == 1 and lines[0].startswith("stallwatch") and not result.out,
                f"{arguments}: not one line\n{result.out[-800:]}{result.err[-800:]}")
        return lines[0]

    def write(self, name, records):
        path = self.path / name
        path.write_text("".join((record if isinstance(record, str) else json.dumps(record)) + "\n" for record in records))
        return path

    def report(self, *arguments, **options):
        return json.loads(self.run("report", "--format", "json", *arguments, **options).out)


def frame(function, file=None, line=None, module="app", lang="native"):
    return {"lang": lang, "function": function, "file": file, "line": line, "module": module, "offset": 4096,
            "build_id": "ab12", "inlined": False}


FRAMES = [frame("usleep", module="libc.so.6"), frame("ask", "/srv/app/ask.c", 7), frame("main", "/srv/app/main.c", 20)]


def common(kind, pid=100, host="h1", time="2026-11-23T04:10:11.123Z", exe="/srv/app/app"):
    return {"v": 1, "type": kind, "time": time, "host": host, "pid": pid, "exe": exe, "comm": os.path.basename(exe)[:15]}


def process(**keys):
    return {**common("process", **keys), "version": "0.1.0", "argv": ["app"], "threshold_ms": 100}


def stall(number=1, ms=250.0, signature="00000000000000aa", state="ended", counted=True, frames=None, call="usleep",
          keys=None, **where):
    named = {"name": call, "detail": "250 ms", "ms": ms - 0.1, "count": 1} if call else None
    record = {**common("stall", **where), "id": number, "state": state, "duration_ms": ms, "threshold_ms": 100,
              "counted": counted, "phase": "running", "thread": {"tid": where.get("pid", 100), "name": "app", "main": True},
              "loop": {"id": 1, "wait": "epoll_wait", "fd": 4, "iteration": 9, "events": 1},
              "cause": "blocking-call" if call else "cpu", "call": named, "calls": [named] if named else [],
              "time_ms": {"cpu": 1.0, "runqueue": 0.0, "blocked": ms - 1, "accounted": ms}, "faults": {"major": 0, "minor": 0},
              "stacks": [{"samples": 4, "at_ms": 110.0, "frames": FRAMES if frames is None else frames}], "holder": None,
              "signature": signature, "occurrence": 1, "label": None, "hint": None, "suppressed": None}
    record.update(keys or {})
    problems = contract.check(record)
    require(not problems, f"a record of the test itself breaks the contract: {problems}")
    return record


def summary(**keys):
    return {**common("summary", **keys), "uptime_ms": 1000.0, "stalls": {"total": 1, "counted": 1, "suppressed": 0,
            "unreported": 0}, "loops": [], "worst": []}
