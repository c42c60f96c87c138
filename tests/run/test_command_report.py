"""`stallwatch report`: what is merged, what each format is to somebody else's reader, what bad input does."""

import json
import os
import pty
import re
import select
import subprocess
import time
import xml.etree.ElementTree

import harness
from command import COMMAND, SCHEMAS, Folder, frame, process, stall, summary
from harness import require

EVIL = 'a;b\n|`<x>&"\x1b[31m::%|'
FORMATS = ("text", "json", "markdown", "html", "folded", "speedscope", "junit", "github")


def evil():
    return stall(3, signature="00000000000000ee", frames=[frame(EVIL, "/srv/" + EVIL + ".c", 3), frame("main;\u202e")],
                 keys={"hint": EVIL, "label": EVIL}, exe="/bin/" + EVIL)


def example(folder):
    a = folder.write("a.jsonl", [process(), stall(1), stall(2, ms=1000.0), summary()])
    b = folder.write("b.jsonl", [process(pid=7, host="h2"), stall(1, pid=7, host="h2"),
                                 stall(2, ms=130.5, signature="00000000000000bb", call=None, counted=False, pid=7, host="h2"),
                                 evil(), summary(pid=7, host="h2")])
    return a, b


def test_merges_processes_and_hosts():
    with Folder() as folder:
        report = folder.report(*example(folder))
        require(report["stalls"] == {"total": 5, "counted": 4, "suppressed": 0, "baseline": 0, "ongoing": 0}, report["stalls"])
        require((report["processes"], report["hosts"]) == (3, 2), f"{report['processes']} {report['hosts']}")
        first = report["signatures"][0]
        require((first["signature"], first["count"], first["total_ms"], first["max_ms"], first["min_ms"])
                == ("00000000000000aa", 3, 1500.0, 1000.0, 250.0), first)
        require(first["top"] == "ask /srv/app/ask.c:7" and first["stacks"][0]["samples"] == 12, first)


def test_ongoing_and_final_count_once():
    with Folder() as folder:
        records = [process(), stall(1, 1000.0, state="ongoing"), stall(1, 2000.0, state="ongoing"), stall(1, 2500.0),
                   stall(2, 1000.0, state="ongoing"), stall(2, 2000.0, state="ongoing"),  # never ended
                   stall(3, 300.0), stall(4, 1000.0, state="ongoing"), stall(4, 1100.0, state="exiting", counted=False)]
        report = folder.report(folder.write("a.jsonl", records))
        require(report["stalls"]["total"] == 4 and report["stalls"]["counted"] == 3 and report["stalls"]["ongoing"] == 1,
                report["stalls"])
        require(report["signatures"][0]["total_ms"] == 2500 + 2000 + 300 + 1100, report["signatures"][0]["total_ms"])
        last = folder.report(folder.write("b.jsonl", [stall(1, 1000.0, state="ongoing")]))
        require(last["stalls"]["total"] == last["stalls"]["ongoing"] == 1, last["stalls"])
        again = folder.report(folder.write("c.jsonl", [process(), stall(1, 1000.0, state="ongoing"), process(), stall(1)]))
        require(again["stalls"]["total"] == 2, "a process with the same pid and id, later, is another one")


def test_bad_lines_are_skipped_and_said():
    good = json.dumps(stall(1))
    with Folder() as folder:
        path = folder.path / "bad.jsonl"
        lines = [good.encode(), good[:300].encode(), b"\x00\x01\x02", b"\xff\xfe{}", b"[" * 100000, b"{" * 5, b"[1]", b"17",
                 b'{"v":1,"type":"stall"}', json.dumps({**stall(2), "v": 2}).encode(), b"", good.replace("250.0", "1e400").encode(),
                 b"x" * (9 << 20), json.dumps({**stall(4), "duration_ms": -5}).encode(), good.encode()[:-1]]
        path.write_bytes(b"\n".join(lines))
        result = folder.run("report", "--format", "json", path)
        report = json.loads(result.out)
        require(report["stalls"]["total"] == 2, report["stalls"])
        require(len(result.err.splitlines()) == 1, result.err)
        for words in ("12 lines skipped, the first is line 2", "2 with bytes that are no text", "4 cut or no JSON",
                      "1 nested too deep", "1 of a later version", "3 JSON but no record", "1 too long"):
            require(words in result.err, f"{words!r} is not in {result.err!r}")
        for unknown in ({**stall(1), "type": "weather"}, {**stall(1), "extra": {"new": 1}}):
            require(not folder.run("report", folder.write("u.jsonl", [unknown])).err, "an addition is complained of")


def test_an_empty_file_is_an_empty_report():
    with Folder() as folder:
        path = folder.write("empty.jsonl", [])
        for name in FORMATS:
            result = folder.run("report", "--format", name, path)
            require(not result.err, result.err)
        require("no stalls" in folder.run("report", path).out, "text says nothing")
        require("no stalls" in folder.run("report", "-", input=b"").out, "standard input")


def test_bad_usage_is_refused():
    with Folder() as folder:
        path = folder.write("a.jsonl", [stall(1)])
        for arguments in ([], ["report"], ["report", "--format", "pdf", path], ["report", "--bogus", path],
                          ["report", "--format"], ["report", "missing"], ["report", folder.path], ["nosuch"], ["--nosuch"],
                          ["report", "--baseline", "missing", path], ["report", "--suppressions", "missing", path],
                          ["report", "--output", "no/such/folder", path], ["report", "--output", "", path],
                          ["report", "--write-suppressions=1", path], ["report", "-x", path]):
            folder.refused(*arguments)
        require("--format" in folder.refused("report", "--formta", "json", path), "no suggestion")
        for wanted, meant in (("rep", "report"), ("Report", "report"), ("doc", "doctor"), ("runn", "run"), ("complet", "completions")):
            require(f"did you mean {meant}?" in folder.refused(wanted), f"{wanted}: not {meant}")
        require(folder.run("--version").out == "stallwatch 0.1.0\n", "--version")
        for arguments in (["--help"], ["report", "--help"], ["run", "--help"], ["doctor", "-h"]):
            require("Usage: stallwatch" in folder.run(*arguments).out, f"{arguments}")


def test_output_is_whole_or_not_there():
    with Folder() as folder:
        a, b = example(folder)
        target = folder.path / "report.txt"
        target.write_text("old")
        folder.run("report", "--output", target, a, b)
        require(target.read_text() == folder.run("report", a, b).out, "--output differs from standard output")
        names = sorted(folder.path.iterdir())
        require(folder.run("report", "--output", "-", a, b).out == target.read_text(), "--output - is not standard output")
        require(sorted(folder.path.iterdir()) == names, "a file is called -")
        require(sorted(p.name for p in folder.path.iterdir()) == ["a.jsonl", "b.jsonl", "report.txt"], "left something behind")
        for arguments in (["--output", "/dev/full"], []):
            with open("/dev/full", "wb") as full:
                result = subprocess.run([COMMAND, "report", *arguments, a], stdout=full, stderr=subprocess.PIPE, timeout=30)
            require(result.returncode == 1 and b"No space left" in result.stderr, f"{result}")
        for arguments in (["--help"], ["--version"], ["run", "--help"], ["completions", "bash"], ["doctor", "sh"]):
            with open("/dev/full", "wb") as full:
                result = subprocess.run([COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, timeout=30)
            require(result.returncode == 1 and b"cannot write to standard output" in result.stderr, f"{arguments}: {result}")
        # A file system's end (a limit on the size of files): the old file stays.
        small = f'ulimit -f 1; trap "" XFSZ; "{COMMAND}" report --format json --output "{target}" "{a}" "{b}"'
        result = subprocess.run(["bash", "-c", small], cwd=folder.path, capture_output=True, timeout=30)
        require(result.returncode == 1 and b"File too large" in result.stderr, f"{result}")
        require(target.read_text().startswith("stallwatch report"), "the old file is gone")
        require(len(list(folder.path.iterdir())) == 3, "left a temporary file behind")


def test_text_is_for_people():
    with Folder() as folder:
        a, b = example(folder)
        out = folder.run("report", a, b).out
        require("\x1b" not in out and "\u202e" not in out, "control characters reach the terminal")
        rows = [line for line in out.splitlines() if line.startswith("  ") and "blocking-call" in line and "cause:" not in line]
        require(len({line.index("blocking-call") for line in rows}) == 1, "the table is not aligned:\n" + out)
        require("ask                     /srv" not in out and re.search(r"#1  ask +/srv/app/ask.c:7", out), out)
        master, slave = pty.openpty()
        for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
            subprocess.run([COMMAND, "report", a], stdout=slave, timeout=30, check=True, stderr=subprocess.DEVNULL,
                           env={**harness.clean_environment(), "TERM": "xterm", **environment})
            require((b"\x1b[" in os.read(master, 65536)) == coloured, f"colour with {environment}")
        os.close(master)
        os.close(slave)


def test_json_by_jq():
    harness.need("jq")
    with Folder() as folder:
        out = folder.run("report", "--format", "json", *example(folder)).stdout
        result = subprocess.run(["jq", "-e", "[.signatures[].count] | add"], input=out, capture_output=True, timeout=30)
        require(result.stdout.strip() == b"5", f"{result}")


def test_junit_by_xmllint():
    harness.need("xmllint")
    with Folder() as folder:
        a, b = example(folder)
        folder.write("base.jsonl", [stall(1)])
        for arguments in ([a, b], ["--baseline", "base.jsonl", a, b], [folder.write("e.jsonl", [])]):
            path = folder.path / "junit.xml"
            path.write_bytes(folder.run("report", "--format", "junit", *arguments).stdout)
            result = subprocess.run(["xmllint", "--noout", "--schema", SCHEMAS / "junit.xsd", path], capture_output=True, text=True,
                                    timeout=30)
            require(result.returncode == 0, result.stderr + path.read_text())
        root = xml.etree.ElementTree.fromstring(folder.run("report", "--format", "junit", a, b).stdout)
        require((root.get("tests"), root.get("failures")) == ("3", "2"), root.attrib)
        require(len(root.findall(".//failure")) == 2 and len(root.findall(".//testcase")) == 3, "cases and counts differ")


def test_speedscope_profiles():
    with Folder() as folder:
        path = folder.path / "speedscope.json"
        path.write_bytes(folder.run("report", "--format", "speedscope", *example(folder)).stdout)
        document = json.loads(path.read_text())
        frames = document["shared"]["frames"]
        require(len(document["profiles"]) == 3, f"{len(document['profiles'])} profiles")
        for profile in document["profiles"]:
            require(len(profile["samples"]) == len(profile["weights"]), "samples and weights differ in number")
            require(abs(sum(profile["weights"]) - profile["endValue"]) < 0.001, "the weights are not the profile's length")
            require(all(index < len(frames) for sample in profile["samples"] for index in sample), "an index past the frames")
        first = document["profiles"][0]
        require([frames[i]["name"] for i in first["samples"][0]] == ["main", "ask", "usleep"], "not root first")
        require(first["weights"] == [1250.0], first["weights"])


def test_folded_stacks():
    with Folder() as folder:
        lines = folder.run("report", "--format", "folded", *example(folder)).out.splitlines()
        require("app;main;ask;usleep 1500" in lines, lines)
        for line in lines:
            require(re.fullmatch(r"[^;\n\x00-\x1f]+(;[^;\n\x00-\x1f]+)* [1-9][0-9]*", line), f"{line!r}")
        require(len([line for line in lines if "\\x3b" in line]) == 1 and len(lines) == 3, lines)


def test_an_interpreters_own_frames_are_left_out():
    machinery = {**frame("_PyEval_EvalFrameDefault", "/build/ceval.c", 5), "machinery": True}
    python = {**frame("bad", "/srv/main.py", 7), "lang": "python", "module": None}
    with Folder() as folder:
        log = folder.write("a.jsonl", [process(), stall(1, frames=[frame("usleep"), python, machinery, machinery, frame("main")])])
        for form in FORMATS:
            out = folder.run("report", "--format", form, log).out
            require("_PyEval" not in out and "ceval" not in out, f"{form}: {out[:800]}")
        folded = folder.run("report", "--format", "folded", log).out
        require("app;main;bad (main.py);usleep " in folded, folded)


def test_github_annotations():
    with Folder() as folder:
        lines = folder.run("report", "--format", "github", *example(folder)).out.splitlines()
        require(len(lines) == 3, lines)
        for line in lines:
            require(re.fullmatch(r"::(error|notice) (file=[^,:]*,(line=\d+,)?)?title=[^,:]*::[^\r\n]*", line), line)
        require(lines[0].startswith("::error file=/srv/app/ask.c,line=7,title=event loop stalled for 1000 ms::blocking-call: "
                                    "usleep(250 ms); 3 stalls, in all 1500 ms"), lines[0])
        require("%25" in "".join(lines) and "%3A" in "".join(lines), "'%' and ':' are not escaped")
        require(lines[2].startswith("::notice "), "a stall that does not count is no notice")


def test_markdown_is_safe():
    with Folder() as folder:
        out = folder.run("report", "--format", "markdown", *example(folder)).out
        table = [line for line in out.splitlines() if line.startswith("|")]
        require(len(table) == 5 and all(line.count("|") == 8 for line in table), table)
        outside = re.sub(r"(?m)^    .*$", "", out)
        require(set(re.findall(r"<[^>]*>", outside)) == {"<details>", "<summary>", "</summary>", "</details>"}, outside)
        require("`" not in outside, outside)


def test_suppressions():
    with Folder() as folder:
        a, b = example(folder)
        for rule, suppressed in (("function:ask", 4), ("function:as", 0), ("file:/srv/app/*.c", 4), ("file:ask.c", 4),
                                 ("module:libc.so*", 4), ("call:usleep", 4), ("cause:cpu", 1), ("thread:app", 5),
                                 ("signature:*aa", 3), ("call:usleep max_ms=300", 3), ("#call:usleep", 0),
                                 ("call:usleep # why", 4), ("  call:usleep\t\r", 4)):
            path = folder.write("rules.supp", [rule])
            report = folder.report("--suppressions", path, a, b)
            require(report["stalls"]["suppressed"] == suppressed, f"{rule}: {report['stalls']}")
        path = folder.write("bad.supp", ["call:usleep", "nonsense", "colour:red", "function:", "call:x max_ms=y", "cause:cpuu"])
        result = folder.run("report", "--suppressions", path, a, b)
        require(len(result.err.splitlines()) == 5 and "bad.supp:2:" in result.err and "bad.supp:6:" in result.err, result.err)
        require("4 suppressed" in result.out, result.out[:300])
        written = folder.path / "written.supp"
        written.write_bytes(folder.run("report", "--write-suppressions", a, b).stdout)
        again = folder.run("report", "--format", "json", "--suppressions", written, a, b)
        require(not again.err and json.loads(again.out)["stalls"]["counted"] == 0, again.err + again.out[:300])
        broader = re.findall(r"function:.*", written.read_text())
        require(folder.report("--suppressions", folder.write("f.supp", broader), a, b)["stalls"]["counted"] <= 1, broader)


def test_shipped_suppressions_are_good():
    rules = sorted((harness.TOP / "share").glob("*.supp"))
    require(rules, "no file of suppressions in share/")
    with Folder() as folder:
        path = folder.write("a.jsonl", [stall(1)])
        for rule in rules:
            require(not folder.run("report", "--suppressions", rule, path).err, f"{rule} has bad lines")


def test_baseline():
    with Folder() as folder:
        a, b = example(folder)
        report = folder.report("--baseline", folder.write("base.jsonl", [stall(9)]), a, b)
        require(report["stalls"]["counted"] == 1 and report["stalls"]["baseline"] == 3, report["stalls"])
        report = folder.report("--baseline", folder.write("none.jsonl", []), a, b)
        require(report["stalls"]["counted"] == 4, report["stalls"])


def test_the_same_file_twice_is_read_once():
    with Folder() as folder:
        a, _ = example(folder)
        result = folder.run("report", "--format", "json", a, "./a.jsonl")
        require(json.loads(result.out)["stalls"]["total"] == 2 and "given twice" in result.err, result.err)


def megabytes(folder, wanted):
    """A log of that size: few signatures, many records, of many processes."""
    path = folder.path / "big.jsonl"
    frames = [frame(f"function_{i}", f"/srv/app/file_{i}.c", i) for i in range(30)]
    lines = [(json.dumps(stall(i, pid=i % 500 + 1, signature=f"{i % 50:016x}", frames=frames[i % 20:])) + "\n").encode()
             for i in range(1000)]
    block = b"".join(lines)
    with open(path, "wb") as file:
        for _ in range(wanted * 1000000 // len(block) + 1):
            file.write(block)
    return path


def check_memory(wanted, most_mb, say=False):
    """Peak memory (VmHWM) while the report, longer than a pipe takes at once, waits to be read."""
    with Folder() as folder:
        path = megabytes(folder, wanted)
        size = path.stat().st_size
        for name in ("speedscope", "html"):
            began = time.monotonic()
            with subprocess.Popen([COMMAND, "report", "--format", name, path], stdout=subprocess.PIPE) as report:
                ready, _, _ = select.select([report.stdout], [], [], 120)
                peak = int(re.search(r"VmHWM:\s+(\d+) kB", open(f"/proc/{report.pid}/status").read()).group(1))
                seconds = time.monotonic() - began
                require(ready and len(report.stdout.read()) > 100000, f"{name}: the report is too short for this test")
            require(report.returncode == 0, f"{name}: exit code {report.returncode}")
            if say:
                print(f"report --format {name}: {size / 1e6:.0f} MB in {seconds:.1f} s ({size / 1e6 / seconds:.0f} MB/s), "
                      f"{peak / 1024:.1f} MiB of memory")
            require(peak < most_mb * 1024, f"{name}: {peak} KiB for {size} bytes")


def test_memory_does_not_grow_with_the_log():
    check_memory(40, 16)


def on_terminal(arguments, **environment):
    """What a command writes to a terminal as its standard error."""
    master, slave = pty.openpty()
    result = subprocess.Popen([COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=slave,
                              env={**harness.clean_environment(), "TERM": "xterm", **environment})
    os.close(slave)
    seen = b""
    try:
        while True:
            seen += os.read(master, 65536)
    except OSError:  # the other end is closed
        pass
    os.close(master)
    require(result.wait(30) == 0, f"exit code {result.returncode}")
    return seen.decode()


def test_progress_on_a_terminal():
    with Folder() as folder:
        arguments = ["report", "--output", folder.path / "out", megabytes(folder, 20)]
        seen = on_terminal(arguments, NO_COLOR="1")
        bars = seen.split("\r")
        require(re.fullmatch(r"\[#* *\] \d+%, \d+ lines *", bars[0]) and "\x1b" not in seen and "\n" not in seen, seen[:200])
        shares = [int(re.search(r"(\d+)%", bar).group(1)) for bar in bars if "%" in bar]
        require(shares == sorted(shares) and len(shares) > 1, shares)
        # Each is drawn over the one before; the last is nothing but spaces.
        require(bars[-1] == "" and bars[-2].strip() == "" and len(bars[-2]) >= len(bars[-3].rstrip()), bars[-3:])
        require(on_terminal(arguments, TERM="dumb") == "", "a bar on a dumb terminal")
        require(on_terminal(["report", folder.write("a.jsonl", [stall(1)])]) == "", "a bar for a moment's work")
