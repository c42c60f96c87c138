"""`stallwatch run`: exit codes, the whole tree, what is handed down, said and refused. Signals and terminals: test_command_terminal.py."""

import json
import os
import re
import signal
import subprocess

import harness
from command import COMMAND, Folder, stall
from harness import PROGRAMS, require

EXITS = PROGRAMS / "exits"


def test_exit_codes_are_the_commands():
    with Folder() as folder:
        for arguments, code in ((["true"], 0), (["sh", "-c", "exit 7"], 7), (["sh", "-c", "kill -9 $$"], 137),
                                (["sh", "-c", "kill -TERM $$"], 143), (["no-such-command"], 127), (["/etc/passwd"], 126),
                                (["/"], 126), (["--", "sh", "-c", "exit 3"], 3), (["sh", "-c", "exit 4", "--", "--json"], 4)):
            result = folder.run("run", *arguments, code=code)
            require(len(result.err.splitlines()) == (code in (126, 127)), result.err)
        require(not list(folder.path.iterdir()), "left something behind")


def test_what_cannot_be_run_is_said():
    with Folder() as folder:
        script = folder.path / "script"
        script.write_text("#!/no/such/interpreter\n")
        script.chmod(0o755)
        (folder.path / "plain").write_text("exit 5\n")  # no #!: a shell's, as execvp(3) has it
        (folder.path / "plain").chmod(0o755)
        for command, code, words in (("exit", 127, "not found in PATH"), ("", 127, "not found in PATH"), ("./no", 127, "No such file"),
                                     (script, 127, "interpreter or loader is missing"), (folder.path, 126, "Is a directory")):
            result = folder.run("run", command, code=code)
            require(words in result.err and f'"{command}"' in result.err and len(result.err.splitlines()) == 1, f"{command}: {result.err}")
        folder.run("run", "./plain", code=5)


def test_options_behind_the_command_are_its_own():
    with Folder() as folder:
        for arguments in (["--", "printf", "%s,", "--json", "x", "--", "-h"], ["printf", "%s,", "--json", "x", "--", "-h"]):
            require(folder.run("run", *arguments).out == "--json,x,--,-h,", f"{arguments}")
        require(folder.run("run", "--", "--no-such-command", code=127).err.count("\n") == 1, "-- ends the options")


def test_counted_stalls_make_the_exit_code():
    with Folder() as folder:
        for command, code in (([EXITS], 99), ([EXITS, "return", "quiet"], 0), (["sh", "-c", f"{EXITS}; exit 3"], 99),
                              (["sh", "-c", f"({EXITS} &) ; sleep 0.7"], 99), ([PROGRAMS / "start_in_loop"], 0)):
            result = folder.run("run", "--exitcode", "99", "--", *command, code=code)
            require(("summary of the run" in result.err) == ("stalled for" in result.err), result.err)
        require(not list(folder.path.iterdir()), "left something behind")


def test_a_killed_process_counts():
    with Folder() as folder:
        for number in ("KILL", "TERM"):
            # It is killed while its callback goes on for ever: what it had to say is written by the helper.
            script = f"{PROGRAMS / 'endless'} & child=$!; sleep 1; kill -{number} $child; wait; exit 0"
            folder.run("run", "--exitcode", "99", "--threshold-ms", "50", "--log", "none", "sh", "-c", script, code=99)


def test_a_run_within_a_run():
    with Folder() as folder:
        inner = [COMMAND, "run", "--exitcode", "8", "--", EXITS]
        for arguments in ([], ["--json", "all.jsonl"]):
            result = folder.run("run", "--exitcode", "9", *arguments, "sh", "-c", f"{' '.join(map(str, inner))}; echo inner $?", code=9)
            require("inner 8" in result.out, result.out)
            require(result.err.count("stalled for") == 1 and result.err.count("summary of") == 1, result.err)


def test_a_command_that_becomes_a_daemon():
    with Folder() as folder:
        result = folder.run("run", "--exitcode", "9", PROGRAMS / "daemon_like", code=9)
        require("counted in 1 process" in result.err, result.err)


def test_many_processes():
    """A tree of hundreds, forty at a time, into one file and into a file for each."""
    with Folder() as folder:
        source = folder.path / "quick.c"
        source.write_text("#include <sys/epoll.h>\nint main(void){int l=epoll_create1(0);struct epoll_event e;"
                          "for(int i=0;i<6;i++)epoll_wait(l,&e,1,1);return 0;}\n")
        subprocess.run(["cc", "-o", folder.path / "quick", source], check=True, timeout=60)
        script = "for i in 1 2 3 4 5 6 7 8; do for j in $(seq 40); do ./quick & done; wait; done"
        for arguments in ([], ["--json", "one.jsonl"], ["--json", "all.%p.jsonl"]):
            result = folder.run("run", "--exitcode", "9", "--summary", "always", "--log", "none", *arguments, "sh", "-c", script)
            require("no stalls in 320 processes" in result.err, result.err)
        require(len(list(folder.path.glob("all.*.jsonl"))) == 320, "not a file for each")
        require(len((folder.path / "one.jsonl").read_text().splitlines()) == 640, "not two lines of each")


def test_closed_descriptors():
    """Standard input, output or error closed: for COMMAND, too, and nothing that is written ends in a file that was opened."""
    with Folder() as folder:
        show = "for fd in 0 1 2; do test -e /proc/self/fd/$fd || printf %s $fd >> seen; done; exit 3"
        for closed, mark in (("<&-", "0"), (">&-", "1"), ("2>&-", "2"), ("<&- >&- 2>&-", "012")):
            for command in (f"run --json all.jsonl sh -c '{show}'", f"run --json all.jsonl --exitcode 3 {EXITS}"):
                script = subprocess.run(["sh", "-c", f"{COMMAND} {command} {closed}"], cwd=folder.path, capture_output=True,
                                        timeout=60, env=harness.clean_environment())
                require(script.returncode == 3, f"{closed}: {script}")
            seen = (folder.path / "seen")
            require(seen.read_text() == mark, f"{closed}: {seen.read_text()}")
            seen.unlink()
        for line in (folder.path / "all.jsonl").read_text().splitlines():
            json.loads(line)


def test_the_exit_code_is_not_handed_down():
    with Folder() as folder:
        show = "env | grep -c STALLWATCH_EXITCODE; exit 0"
        for arguments, environment in ((["--exitcode", "99"], {}), ([], {"STALLWATCH_EXITCODE": "99"})):
            result = folder.run("run", *arguments, "sh", "-c", show, environment=environment)
            require(result.out == "0\n", result.out)
        folder.run("run", EXITS, environment={"STALLWATCH_EXITCODE": "98"}, code=98)
        folder.run("run", "--exitcode", "97", EXITS, environment={"STALLWATCH_EXITCODE": "98"}, code=97)
        result = folder.run("run", "--exitcode", "97", "sh", "-c", f"{EXITS}; echo it was $?", code=97)
        require("it was 0" in result.out, "the process itself had another exit code")


def test_baseline():
    with Folder() as folder:
        folder.run("run", "--json", "base.jsonl", "--log", "none", EXITS)
        folder.run("run", "--exitcode", "99", "--baseline", "base.jsonl", "--log", "none", EXITS)
        folder.run("run", "--exitcode", "99", "--baseline", "base.jsonl", "--log", "none", PROGRAMS / "repeats", code=99)
        for empty in ("/dev/null", folder.write("empty", [])):
            folder.run("run", "--exitcode", "99", "--baseline", empty, "--log", "none", EXITS, code=99)
        other = folder.write("other.jsonl", [stall(1)])
        folder.run("run", "--exitcode", "99", "--baseline", other, "--log", "none", EXITS, code=99)


def test_json_is_the_users():
    with Folder() as folder:
        result = folder.run("run", "--json", "all.jsonl", "--exitcode", "9", "sh", "-c", f"cd /; {EXITS}; {EXITS}", code=9)
        require("stallwatch report " in result.err and str(folder.path / "all.jsonl") in result.err, result.err)
        require(folder.report("all.jsonl")["stalls"]["counted"] == 2, "two processes, one file")
        # What was in the file before is not this run's.
        folder.run("run", "--json", "all.jsonl", "--exitcode", "9", "true")
        folder.run("run", "--json", "many.%p.%e.jsonl", "--exitcode", "9", "sh", "-c", f"{EXITS}; {EXITS}", code=9)
        require(len(list(folder.path.glob("many.*.exits.jsonl"))) == 2, list(folder.path.iterdir()))
        folder.run("run", "--json", "many.%p.%e.jsonl", "--exitcode", "9", "true")


def test_settings_are_options_and_environment():
    with Folder() as folder:
        (folder.path / "x").mkdir()
        show = ["sh", "-c", "env | grep ^STALLWATCH_ | sort"]
        out = folder.run("run", "--threshold-ms=7.5", "--samples", "3", "--verbose", "--follow", "1", "--log", "x/%p",
                         *show, environment={"STALLWATCH_SAMPLES": "5", "STALLWATCH_ONGOING_MS": "9"}).out
        for line in ("STALLWATCH_THRESHOLD_MS=7.5", "STALLWATCH_SAMPLES=3", "STALLWATCH_VERBOSE=1", "STALLWATCH_ONGOING_MS=9",
                     f"STALLWATCH_LOG={folder.path}/x/%p"):
            require(line in out.splitlines(), f"{line} is not in\n{out}")
        table = re.findall(r'^SW_SETTING\((\w+),', (harness.TOP / "src/common/settings_table.h").read_text(), re.MULTILINE)
        text = folder.run("run", "--help").out
        for name in table:
            require(f"--{name.lower().replace('_', '-')} " in text or name == "HELP", f"{name} is no option in --help")


def test_what_cannot_be_used_is_refused():
    with Folder() as folder:
        (folder.path / "link").symlink_to("nowhere")
        (folder.path / "garbage").write_bytes(b"\xff\x00no JSON\n" * 3)
        (folder.path / "ok.supp").write_text("call:usleep\n")
        ran = folder.path / "ran"
        for arguments in ([], ["--"], ["--threshold-ms", "0", "touch", ran], ["--threshold-ms"], ["--exitcode", "256", "touch", ran],
                          ["--exitcode", "-1", "touch", ran], ["--json", "no/such/folder", "touch", ran],
                          ["--json", "/dev/null", "touch", ran], ["--json", "link", "touch", ran],
                          ["--baseline", "missing", "touch", ran], ["--suppressions", "missing", "touch", ran],
                          ["--baseline", "garbage", "touch", ran], ["--baseline", ".", "touch", ran], ["--parks", "no", "touch", ran],
                          ["--log", "no/such/folder/x", "touch", ran], ["--log", ".", "touch", ran], ["--log", "link", "touch", ran],
                          ["--metrics", "no/such/x.prom", "touch", ran], ["--metrics", "/dev/null", "touch", ran],
                          ["--suppressions", "ok.supp:missing", "touch", ran], ["--hints", "no", "touch", ran], ["--parks", ".", "touch", ran],
                          ["--suppressions", "ok.supp:.", "touch", ran], ["--helper", "no", "touch", ran],
                          ["--json", "no/%p.jsonl", "touch", ran], ["--log", "no/%p", "touch", ran],
                          ["--metrics", "no/%e-%p.prom", "touch", ran], ["--nonsense", "touch", ran], ["--count", "cpu,colour", "touch", ran]):
            folder.refused("run", *arguments)
        for variable in ("STALLWATCH_THRESHOLD_MS", "STALLWATCH_COUNT", "STALLWATCH_SUPRESSIONS"):
            require(variable in folder.refused("run", "touch", ran, environment={variable: "nonsense"}), variable)
        require(not ran.exists(), "COMMAND was run all the same")
        for good in ("%e/%p.jsonl", "%p.jsonl", "100%%.%p"):  # its folder depends on a code as well; the current one
            folder.run("run", "--json", good, "--log", good, "--metrics", good, "true")
        require("Usage:" in folder.run("run", "--help", environment={"STALLWATCH_COUNT": "x"}).out, "no help")


def test_preload_is_added_in_front():
    with Folder() as folder:
        for before, wanted in (("", str(harness.LIBRARY)), ("libdl.so.2", f"{harness.LIBRARY}:libdl.so.2"),
                               (f"{harness.LIBRARY}", str(harness.LIBRARY))):
            script = ["env", f"LD_PRELOAD={before}", COMMAND, "run", "sh", "-c", "echo $LD_PRELOAD"] if before else \
                [COMMAND, "run", "sh", "-c", "echo $LD_PRELOAD"]
            result = subprocess.run(script, capture_output=True, text=True, timeout=30, cwd=folder.path,
                                    env=harness.clean_environment())
            require(result.stdout.strip() == wanted, f"{result.stdout!r}, wanted {wanted!r}; {result.stderr}")


def test_summary_and_annotations():
    with Folder() as folder:
        result = folder.run("run", EXITS)
        require(len(re.findall("summary of", result.err)) == 1 and "1 stall, 1 counted in 1 process" in result.err, result.err)
        require(all(re.match(r"==\d+== ", line) for line in result.err.splitlines()), result.err)
        require("::error" not in result.err, result.err)
        require("summary" not in folder.run("run", "--summary", "never", EXITS).err, "--summary never")
        require("no stalls" in folder.run("run", "--summary", "always", "true").err, "--summary always")
        require(not folder.run("run", "--log", "none", EXITS).err, "--log none")
        for arguments, environment in (([], {"GITHUB_ACTIONS": "true"}), (["--annotate", "github"], {})):
            err = folder.run("run", *arguments, EXITS, environment=environment).err
            lines = [line for line in err.splitlines() if line.startswith("::")]
            require(len(lines) == 1 and re.match(r"::error file=[^,]*exits\.c,line=\d+,title=", lines[0]), err)


def test_the_summary_is_a_page():
    with Folder() as folder:
        records = [stall(i, signature=f"{i:016x}", ms=200.0 + i) for i in range(1, 41)]
        log = folder.write("base.jsonl", records)
        lines = folder.run("run", "--json", "new.jsonl", "sh", "-c", f"cat {log} >> new.jsonl").err.splitlines()
        require(len(lines) == 14 and all(re.match(r"==\d+== ", line) for line in lines), lines)
        require("40 stalls, 40 counted" in lines[0] and "and 30 signatures more" in lines[12], lines)
        require(lines[13].endswith(f"stallwatch report {folder.path}/new.jsonl"), lines[13])
        columns = {line.index("blocking-call") for line in lines[2:12]}
        require(len(columns) == 1, "not aligned")
        require("run --json stalls.jsonl" in folder.run("run", EXITS).err, "what to do next is not said")


def test_a_daemon_is_said():
    with Folder() as folder:
        pid_file, log = folder.path / "pid", folder.path / "log"
        script = (f"{PROGRAMS / 'endless'} >/dev/null 2>&1 & echo $! > {pid_file}; "
                  f"until grep -q 'so far' {log} 2>/dev/null; do sleep 0.1; done; sleep 0.2")
        try:
            result = folder.run("run", "--threshold-ms", "50", "--ongoing-ms", "200", "--exitcode", "9", "--log", log, "sh", "-c",
                                script, code=9)
            require("still running, and not counted from here on: 1 process" in result.err, result.err)
        finally:
            os.kill(int(pid_file.read_text()), signal.SIGKILL)


def test_a_program_that_cannot_be_watched_runs():
    with Folder() as folder:
        source = folder.path / "s.c"
        source.write_text("int main(void){return 3;}")
        subprocess.run(["cc", "-static", "-o", folder.path / "static", source], check=True, timeout=60)
        script = folder.path / "script"
        script.write_text(f"#!{folder.path}/static\n")
        script.chmod(0o755)
        for command in ("./static", script):
            result = folder.run("run", command, code=3)
            require(len(result.err.splitlines()) == 1 and "statically linked" in result.err, result.err)
