"""STALLWATCH_ANNOTATE=github: in the library, and through `stallwatch run`, which says each signature once for all."""

import re
import signal

import harness
from command import COMMAND, Folder
from harness import PROGRAMS, require, until

GITHUB = {"STALLWATCH_ANNOTATE": "github"}
ANNOTATION = re.compile(r"::(error|notice) (?:file=([^,:]*),(?:line=(\d+),)?)?title=[^,:]*::[^\r\n]*")


def annotations(text):
    """Kind, file and line of each; everything else on standard error is prefixed."""
    found = []
    for line in text.splitlines():
        match = ANNOTATION.fullmatch(line)
        require(match or re.match(r"==\d+== ", line), f"neither an annotation nor a report: {line!r}")
        found += [match.groups()] if match else []
    return found


def test_one_for_each_signature():
    for log in ("stderr", "none"):
        with harness.program("repeats", environment={**GITHUB, "STALLWATCH_LOG": log, "GITHUB_WORKSPACE": str(harness.TOP)}) as run:
            run.wait()
            signatures = {record["signature"] for record in run.counted()}
            require(len(run.counted()) == 3, "not three stalls")
            # A stall that a busy machine let pass without a sample has no stack, and a signature of its own.
            found = annotations(run.stderr)
            require(("error", "tests/programs/repeats.c", "14") in found and len(found) == len(signatures), run.stderr)


def test_files_elsewhere_have_their_whole_path():
    with harness.program("exits", environment={**GITHUB, "GITHUB_WORKSPACE": "/nowhere"}) as run:
        run.wait()
        ((kind, file, line),) = annotations(run.stderr)
        require((kind, file) == ("error", str(harness.TOP / "tests/programs/exits.c")) and line, run.stderr)


def test_what_does_not_count():
    with harness.program("start_in_loop", environment=GITHUB) as run:
        run.wait()
        require([kind for kind, _, _ in annotations(run.stderr)] == ["notice"], run.stderr)
    with Folder() as folder:
        rules = folder.write("rules.supp", ["call:usleep"])
        with harness.program("exits", environment={**GITHUB, "STALLWATCH_SUPPRESSIONS": str(rules)}) as run:
            run.wait()
            require(run.stalls(counted=False) and not annotations(run.stderr), run.stderr)


PYTHON = """
import asyncio, time

async def main():
    for turn in range(8):
        await asyncio.sleep(0.01)
        time.sleep(0.25 if turn == 5 else 0)

asyncio.run(main())
"""


def test_the_line_is_the_users():
    """Not asyncio's, though that is Python and nearer to the loop; the sleep is called in line 7."""
    with Folder() as folder:
        (folder.path / "main.py").write_text(PYTHON)
        with harness.Run([harness.PYTHON, folder.path / "main.py"], environment={**GITHUB, "GITHUB_WORKSPACE": str(folder.path)}) as run:
            run.wait()
            found = annotations(run.stderr)
            require(("error", "main.py", "7") in found, run.stderr)


def test_a_killed_process_has_said_it():
    with harness.program("endless", environment={**GITHUB, "STALLWATCH_ONGOING_MS": "200"}) as run:
        until(lambda: annotations(run.stderr), 15, "the annotation of a stall that goes on")
        run.stop(signal.SIGKILL)
        require("so far" in [line for line in run.stderr.splitlines() if line.startswith("::")][0], run.stderr)


def test_run_says_them_once():
    with Folder() as folder:
        for arguments, environment in (([], {"GITHUB_ACTIONS": "true"}), (["--annotate", "github"], {}), ([], GITHUB),
                                       (["--annotate", "github"], {**GITHUB, "GITHUB_ACTIONS": "true"}),
                                       (["--summary", "never", "--log", "none"], {"GITHUB_ACTIONS": "true"})):
            result = folder.run("run", *arguments, "sh", "-c", f"{PROGRAMS / 'exits'}; {PROGRAMS / 'exits'}",
                                environment={**environment, "GITHUB_WORKSPACE": str(harness.TOP)})
            found = annotations(result.err)
            require(len(found) == 1 and found[0][:2] == ("error", "tests/programs/exits.c"), f"{arguments}: {result.err}")
        result = folder.run("run", COMMAND, "run", PROGRAMS / "exits", environment={"GITHUB_ACTIONS": "true"})
        require(len(annotations(result.err)) == 1, f"a run within a run: {result.err}")
        for arguments, actions in (([], "false"), (["--annotate", "none"], "true")):
            result = folder.run("run", *arguments, PROGRAMS / "exits", environment={"GITHUB_ACTIONS": actions})
            require(not annotations(result.err), result.err)
