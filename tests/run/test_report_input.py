"""`stallwatch report`: what it refuses, what it survives, and that an output is whole, or not there at all."""

import json
import os
import signal
import subprocess

import harness
from command import COMMAND, Folder, process, stall
from harness import require
from test_command_report import FORMATS

NOBODY = 65534


def test_options_that_make_no_sense():
    with Folder() as folder:
        path = folder.write("a.jsonl", [stall(1)])
        for arguments, words in ((["--format", "htlm"], "did you mean html?"), (["--format", "json5"], "did you mean json?"),
                                 (["--format", "pdf"], "expected text, json, markdown, html, folded, speedscope, junit or github"),
                                 (["--format", "x" * 5000], "expected text"), (["--format", ""], "expected text"),
                                 (["--formt", "json"], "did you mean --format?"), (["--ouptut", "x"], "did you mean --output?"),
                                 (["--zzz"], "unknown option --zzz (--help"),
                                 (["--format", "json", "--format", "html"], "given twice: json and html"),
                                 (["--output", "a", "--output", "b"], "given twice: a and b"),
                                 (["--write-suppressions", "--format", "json"], "in no --format"),
                                 (["--format=\x1b[31m"], "\\x1b[31m")):
            line = folder.refused("report", *arguments, path)
            require(words in line, f"{words!r} is not in {line!r}")
        require(sorted(p.name for p in folder.path.iterdir()) == ["a.jsonl"], "something was written")


def test_refused_before_anything_is_read():
    """The log is a FIFO that nobody writes to: whoever opened it would wait."""
    with Folder() as folder:
        os.mkfifo(folder.path / "log")
        (folder.path / "folder").mkdir()
        for output, words in (("missing/out", "No such file"), ("folder", "Is a directory"), ("log/out", "Not a directory"),
                              ("new/", "Is a directory"), ("x" * 300, "name too long"), ("loop", "symbolic links")):
            if output == "loop":
                os.symlink("loop", folder.path / "loop")
            line = folder.refused("report", "--output", output, "log", seconds=10)
            require(words in line, f"{output}: {line}")
        for other in ("missing", "folder"):
            folder.refused("report", "log", other, seconds=10)


def test_inputs_of_other_kinds():
    with Folder() as folder:
        path = folder.write("a.jsonl", [process(), stall(1)])
        os.mkfifo(folder.path / "fifo")
        with subprocess.Popen(["cp", path, folder.path / "fifo"]) as writer:
            require(folder.report("fifo")["stalls"]["total"] == 1, "a FIFO is not read")
            require(writer.wait(10) == 0, "the writer failed")
        require(folder.report("-", input=path.read_bytes())["stalls"]["total"] == 1, "standard input is not read")
        os.symlink("a.jsonl", folder.path / "link")
        require(folder.report("link", "a.jsonl", environment={})["stalls"]["total"] == 1, "a link is another file")


def test_without_permission():
    if os.getuid() != 0:
        raise harness.Skip("only root can become somebody else")
    with Folder() as folder:
        path = folder.write("a.jsonl", [stall(1)])
        os.chmod(folder.path, 0o777)
        secret = folder.write("secret.jsonl", [stall(1)])
        secret.chmod(0o600)
        mine = folder.path / "mine.txt"
        mine.write_text("old")
        mine.chmod(0o444)
        if subprocess.run(["test", "-x", COMMAND], preexec_fn=lambda: os.setuid(NOBODY), check=False).returncode != 0:
            raise harness.Skip("the build is in a folder that others cannot see")
        somebody = {"preexec_fn": lambda: (os.setgid(NOBODY), os.setuid(NOBODY))}
        require("Permission denied" in folder.refused("report", path, secret, **somebody), "an unreadable log")
        require("Permission denied" in folder.refused("report", "--output", mine, path, **somebody), "a read-only file")
        require(mine.read_text() == "old", "a read-only file was replaced")


def test_output_keeps_what_the_file_was():
    with Folder() as folder:
        path = folder.write("a.jsonl", [stall(1)])
        kept = folder.path / "kept.txt"
        kept.write_text("old")
        kept.chmod(0o640)
        if os.getuid() == 0:
            os.chown(kept, NOBODY, NOBODY)
        os.symlink("kept.txt", folder.path / "link.txt")
        folder.run("report", "--output", "link.txt", path)
        about = kept.stat()
        require((folder.path / "link.txt").is_symlink() and kept.read_text().startswith("stallwatch report"), "the link was replaced")
        require(about.st_mode & 0o777 == 0o640 and about.st_uid == (NOBODY if os.getuid() == 0 else os.getuid()), f"{about}")
        folder.run("report", "--output", "new.txt", path, umask=0o027)
        require((folder.path / "new.txt").stat().st_mode & 0o777 == 0o640, "the umask is not kept")
        line = folder.refused("report", "--output", path, path)
        require("cannot take its place" in line and "usleep" in path.read_text(), "a log was replaced by its report")


def test_interrupted_it_leaves_nothing():
    """Ctrl-C while the file is being written: held at its fsync(2) by strace."""
    harness.need("strace")
    with Folder() as folder:
        path = folder.write("a.jsonl", [stall(1)])
        for number in (signal.SIGINT, signal.SIGTERM):
            with subprocess.Popen(["strace", "-qq", "-o", folder.path / "trace", "-e", "trace=fsync", "-e", "inject=fsync:delay_enter=1500000",
                                   COMMAND, "report", "--output", folder.path / "out", path], stderr=subprocess.DEVNULL) as traced:
                harness.until(lambda: list(folder.path.glob("out.*")), 10, "the temporary file")
                children = open(f"/proc/{traced.pid}/task/{traced.pid}/children").read().split()
                require(len(children) == 1, f"strace has the children {children}")
                os.kill(int(children[0]), number)
                require(traced.wait(20) in (-number, 128 + number), f"exit code {traced.returncode}")
            left = sorted(p.name for p in folder.path.iterdir())
            require(left == ["a.jsonl", "trace"], left)


def test_records_at_the_edge():
    """Lines that are JSON and say what nobody should: each is a record or counted as skipped, in every format."""
    good = json.dumps(stall(1))
    huge = json.loads(json.dumps(stall(2, signature="00000000000000b1")))
    huge["stacks"][0]["frames"][1]["function"] = "f\u00e9" * (1 << 18)
    odd = {**stall(3, signature="00000000000000b2"), "duration_ms": 1e308, "id": 2 ** 63 - 1, "pid": -5, "stacks": [
        {"samples": -1, "frames": [{"line": -3, "function": 7, "file": [], "lang": {}}, 5, None, {"line": 2 ** 40}]}, 5, {"frames": 3}],
        "holder": [1], "calls": {"a": 1}, "call": "read", "cause": "weather", "cause_ms": {"cpu": "x", "lock": -1}, "time_ms": 3,
        "thread": None, "loop": [], "label": 5, "host": 3, "time": "yesterday"}
    many = {**stall(4, signature="00000000000000b3"), "stacks": [{"samples": 1, "at_ms": 0, "frames": huge["stacks"][0]["frames"][:1] * 260}] * 66}
    pools = [{**stall(5), "type": "pool", "pool": pool} for pool in ({}, {"name": 5, "threads": 1e99}, None, "libuv")]
    lines = [good.encode(), json.dumps(huge).encode(), json.dumps(odd).encode(), json.dumps(many).encode(),
             good.replace('"id": 1', '"id": 1, "id": 9, "signature": "zz"').encode(),  # the last of two keys is the one
             *(json.dumps(pool).encode() for pool in pools),
             good.replace('"usleep"', '"us\\u0000leep"').encode(), good.encode().replace(b'"usleep"', b'"us\xffleep"'),
             good.replace('"v": 1', '"v": "1"').encode(), good.replace('"v": 1', '"v": 0').encode(),
             good.replace('"usleep"', '"us\\ud800leep"').encode()]
    with Folder() as folder:
        path = folder.path / "edge.jsonl"
        path.write_bytes(b"\n".join(lines) + b"\n")
        for name in FORMATS:
            result = folder.run("report", "--format", name, path)
            require("6 lines skipped" in result.err and len(result.err.splitlines()) == 1, f"{name}: {result.err}")
            require(len(result.stdout) < 3 << 20, f"{name}: {len(result.stdout)} bytes")
            if name in ("json", "speedscope"):
                json.loads(result.out)
        report = folder.report(path)
        require((report["stalls"]["total"], report["pools"]) == (6, 2), f"{report['stalls']} {report['pools']}")
