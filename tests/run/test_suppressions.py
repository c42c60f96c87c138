"""Suppressions on real runs: written, used, not needed; and each rule that is shipped matches what it is said to."""

import pathlib
import re
import subprocess
import tempfile
import time
import urllib.request

import harness
from command import FRAMES, Folder, frame, stall
from harness import PROGRAMS, require, until

SHARE = harness.TOP / "share"
SERVERS = SHARE / "servers.supp"
GARBAGE = """
const keep = []; let turn = 0;
const timer = setInterval(() => {
    for (let i = 0; i < 200000; i++) keep.push({i, s: 'x' + i});
    if (++turn > 8) clearInterval(timer);
}, 5);
"""


def rules():
    """Each rule that is shipped, as the reports show it."""
    found = []
    for path in sorted(SHARE.glob("*.supp")):
        for line in path.read_text().splitlines():
            if line and not line.startswith("#"):
                found.append(line)
    require(len(found) >= 8 and len(set(found)) == len(found), found)
    return found


def under(function, file=None, module="python3.11", lang="native"):
    return {"frames": [FRAMES[0], frame(function, file, 7, module, lang), FRAMES[2]]}


def test_each_shipped_rule_matches():
    """What it is for, and not the same a little longer, nor something else."""
    python = {"module": None, "lang": "python"}
    cases = {
        "file:*/gunicorn/workers/sync.py": (under("handle", "/usr/lib/python3/dist-packages/gunicorn/workers/sync.py", **python), None),
        "function:gc_collect_main max_ms=200": (under("gc_collect_main"), 200),
        "file:<frozen importlib._bootstrap> max_ms=300": (under("_find_and_load", "<frozen importlib._bootstrap>", **python), 300),
        "file:*/importlib/_bootstrap.py max_ms=300": (under("_load", "/usr/lib/python3.6/importlib/_bootstrap.py", **python), 300),
        "function:v8::internal::Heap::CollectGarbage* max_ms=200":
            (under("v8::internal::Heap::CollectGarbage(v8::internal::AllocationSpace)", module="node"), 200),
        "function:redisFork max_ms=250": (under("redisFork", module="redis-check-rdb"), 250),
        "cause:starved max_ms=500": ({"keys": {"cause": "starved"}}, 500),
        "cause:paging max_ms=500": ({"keys": {"cause": "paging"}}, 500),
        "cause:stopped": ({"keys": {"cause": "stopped"}}, None),
    }
    require(set(cases) == set(rules()), set(cases) ^ set(rules()))
    with Folder() as folder:
        every = [word for path in sorted(SHARE.glob("*.supp")) for word in ("--suppressions", path)]
        for rule, (keys, most) in cases.items():
            records = [stall(1, ms=150.0, **keys), stall(2, ms=(most or 100000) + 1.0, signature="00000000000000bb", **keys),
                       stall(3, signature="00000000000000cc")]
            path = folder.write("a.jsonl", records)
            found = {signature["signature"][-2:]: signature for signature in folder.report(*every, path)["signatures"]}
            require(found["aa"]["suppressed_by"] == rule and not found["cc"]["suppressed_by"], f"{rule}: {found}")
            require((found["bb"]["suppressed_by"] == rule) == (most is None), f"{rule}, longer: {found['bb']}")


def test_written_and_used():
    """A run's stalls, as rules: the next run does not count them, and another stall is counted."""
    with Folder() as folder:
        folder.run("run", "--json", "a.jsonl", "--log", "none", PROGRAMS / "exits")
        rules_file = folder.path / "known.supp"
        rules_file.write_bytes(folder.run("report", "--write-suppressions", "a.jsonl").stdout)
        arguments = ["run", "--suppressions", rules_file, "--exitcode", "9", "--log", "none", "--summary", "always"]
        require("1 stall, 0 counted, 1 suppressed" in folder.run(*arguments, PROGRAMS / "exits").err, "not suppressed")
        folder.run(*arguments, PROGRAMS / "repeats", code=9)
        with harness.program("exits", environment={"STALLWATCH_SUPPRESSIONS": str(rules_file), "STALLWATCH_EXITCODE": "9"}) as run:
            run.wait()
            require(run.code == 0 and "suppressed by signature:" in run.stderr, run.stderr)


def test_rules_that_matched_nothing():
    with Folder() as folder:
        path = folder.write("a.supp", ["call:usleep", "# a comment", "call:never", "function:on_event max_ms=20"])
        unused = [("call:never", 3), ("function:on_event max_ms=20", 4)]

        def listed(text):
            return [(rule, int(line)) for rule, line in re.findall(r"suppression matched nothing: (.*) \(\S*a\.supp:(\d+)\)", text)]
        with harness.program("exits", environment={"STALLWATCH_SUPPRESSIONS": str(path), "STALLWATCH_VERBOSE": "1"}) as run:
            require(listed(run.wait().stderr) == unused, run.stderr)
        with harness.program("exits", environment={"STALLWATCH_SUPPRESSIONS": str(path)}) as run:
            require(not listed(run.wait().stderr), run.stderr)
        script = f"{PROGRAMS / 'exits'}; {PROGRAMS / 'idle'}"
        result = folder.run("run", "--json", "r.jsonl", "--verbose", "--suppressions", path, "--log", "none", "sh", "-c", script)
        require(listed(result.err) == unused, result.err)
        for environment, wanted in (({"STALLWATCH_VERBOSE": "1"}, unused), ({}, [])):
            result = folder.run("report", "--suppressions", path, "r.jsonl", environment=environment)
            require(listed(result.err) == wanted, result.err)


def test_bad_lines_are_named():
    with Folder() as folder:
        path = folder.write("a.supp", ["call:usleep", "no rule", "cause:cpuu", "call:x max_ms=1.5"])
        with harness.program("exits", environment={"STALLWATCH_SUPPRESSIONS": f"{path}:/no/such.supp"}) as run:
            run.wait()
            for words in ('a.supp:2: "no rule"', 'a.supp:3: "cause:cpuu"', "a.supp:4:", '"/no/such.supp"'):
                require(words in run.stderr, f"{words} is not in\n{run.stderr}")
            require(run.stalls(suppressed="call:usleep"), "the good line is not used")


def test_bad_lines_of_parks_and_hints_are_named():
    with Folder() as folder:
        parks = folder.write("p.conf", ["in worker_main", "at nowhere", "by two words"])
        hints = folder.write("h.conf", ["python call=read", "cobol call=read : use something else"])
        zeros = folder.path / "z.conf"
        zeros.write_bytes(b"in a\0b\nin kept\n")
        (folder.path / "large.conf").write_bytes(b"#" * (1 << 20))
        environment = {"STALLWATCH_PARKS": f"{parks}:{zeros}:{folder.path}/large.conf", "STALLWATCH_HINTS": f"{hints}:/no/such.conf"}
        with harness.program("exits", environment=environment) as run:
            run.wait()
            for words in ('STALLWATCH_PARKS: ', 'p.conf:2: "at nowhere": expected "in", "by", "through", "never" or "beside" and a GLOB; left out', 'p.conf:3: "by two words"',
                          'z.conf:1: "in a": expected text, not a NUL byte', 'large.conf": more than 1 MiB', 'h.conf:1: "python call=read": expected "LANGUAGE',
                          'h.conf:2: "cobol call=read : use something else"', 'STALLWATCH_HINTS: cannot read "/no/such.conf": No such file'):
                require(words in run.stderr, f"{words} is not in\n{run.stderr}")
            require("p.conf:1" not in run.stderr and "z.conf:2" not in run.stderr, run.stderr)


APPLICATION = """
import time
def application(environ, start_response):
    time.sleep(0.25)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
"""


def test_gunicorns_sync_worker():
    """Each request is handled in the worker's loop: stalls by design, which the rule takes out of the count."""
    if subprocess.run([harness.PYTHON, "-c", "import gunicorn"], capture_output=True, timeout=20).returncode != 0:
        raise harness.Skip("gunicorn is not installed")
    port = harness.free_port()
    folder = tempfile.mkdtemp(prefix="stallwatch-test-")
    (pathlib.Path(folder) / "wsgi.py").write_text(APPLICATION)
    with harness.Run([harness.PYTHON, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-w", "1", "wsgi"], folder=folder,
                     environment={"STALLWATCH_SUPPRESSIONS": str(SERVERS)}) as run:
        until(lambda: harness.answers(port), 20, "gunicorn")
        for _ in range(6):
            time.sleep(0.05)  # the worker waits for each: it accepts what is there already without a wait
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
                require(answer.read() == b"ok", "the answer changed")
        run.stop()
        rule = "file:*/gunicorn/workers/sync.py"
        require(run.stalls(suppressed=rule), harness.show(run.stalls()))
        # One that a busy machine let pass without a sample has no frames to be known by.
        require(not [stall for stall in run.counted() if stall["stacks"]], harness.show(run.counted()))


def test_node_collects_garbage():
    harness.need("node")
    with Folder() as folder:
        script = folder.path / "garbage.js"
        script.write_text(GARBAGE)
        for _ in range(4):  # until a collection takes most of a stall's samples
            with harness.Run(["node", script], environment={"STALLWATCH_THRESHOLD_MS": "5",
                                                            "STALLWATCH_SUPPRESSIONS": str(SERVERS)}) as run:
                run.wait()
                stalls = run.stalls()
                if [record for record in stalls if record["suppressed"] == "function:v8::internal::Heap::CollectGarbage* max_ms=200"]:
                    return
        raise harness.Failure(harness.show(stalls))
