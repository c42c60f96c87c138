"""The completions of bash, zsh and fish, asked as a user asks them: by typing into the shell, where there is one."""

import os
import pathlib
import pty
import re
import select
import subprocess
import tempfile
import time

import harness
from command import COMMAND
from harness import require

SCRIPTS = harness.BUILD / "completions"


class Terminal:
    """A shell on a terminal of its own, in an empty folder."""

    def __init__(self, arguments, start, **environment):
        self.folder = tempfile.TemporaryDirectory(prefix="stallwatch-test-")
        pathlib.Path(self.folder.name, "stalls.jsonl").write_text("")
        master, slave = pty.openpty()
        path = f"{COMMAND.parent}:{os.environ.get('PATH', '')}"
        self.shell = subprocess.Popen(arguments, stdin=slave, stdout=slave, stderr=slave, cwd=self.folder.name, start_new_session=True,
                                      env={**harness.clean_environment(), "TERM": "dumb", "HOME": self.folder.name, "PATH": path,
                                           "PS1": "> ", **environment})
        os.close(slave)
        self.master = master
        self.say(start + "\n", "ready")

    def say(self, keys, answer, seconds=15):
        """Types, and reads until a line is `answer`; returns what came."""
        os.write(self.master, keys.encode())
        seen, end = "", time.monotonic() + seconds
        while not re.search(rf"(?m)^{answer}\s*$", seen):
            require(time.monotonic() < end, f"{keys!r} is not answered by {answer!r} but by {seen[-500:]!r}")
            if select.select([self.master], [], [], 0.2)[0]:
                seen += os.read(self.master, 65536).decode(errors="replace").replace("\r", "")
        return seen

    def completes(self, typed, becomes):
        """`typed`, with the tabs in it, is the line `becomes` (with a blank or a '=' behind an option): a function of the command's
        name says what it was started with."""
        self.say(typed + "\n", "ran:" + "[ =]".join(map(re.escape, re.split("[ =]", becomes))))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shell.kill()
        self.shell.wait()
        os.close(self.master)
        self.folder.cleanup()


def check_lines(terminal):
    for typed, becomes in (("stallwatch rep\t--form\tmark\t", "report --format markdown"),
                           ("stallwatch report --write\tsta\t", "report --write-suppressions stalls.jsonl"),
                           ("stallwatch report --format spe\t--outp\tsta\t", "report --format speedscope --output stalls.jsonl"),
                           ("stallwatch run --summ\talw\tstallwatch-symb\tsta\t", "run --summary always stallwatch-symbolize stalls.jsonl"),
                           ("stallwatch run --thresh\t5 --exitc\t9 -- stallwatch-symb\t", "run --threshold-ms 5 --exitcode 9 -- stallwatch-symbolize"),
                           ("stallwatch doctor stallwatch-symb\t", "doctor stallwatch-symbolize"),
                           ("stallwatch compl\tzs\t", "completions zsh")):
        terminal.completes(typed, becomes)


def test_bash():
    harness.need("bash")
    with Terminal(["bash", "--norc", "--noprofile", "-i"],
                  f"source {SCRIPTS}/stallwatch.bash; stallwatch() {{ echo \"ran:$*\"; }}; bind 'set bell-style none'; echo ready") as terminal:
        check_lines(terminal)
        terminal.completes("stallwatch report --format=fol\t", "report --format=folded")
        terminal.completes("stallwatch run --summary=ne\tstallwatch-symb\t", "run --summary=never stallwatch-symbolize")
        # A list is offered where there is more than one.
        seen = terminal.say("stallwatch report --format j\t\tson\n", "ran:report --format json")
        require("json" in seen and "junit" in seen, seen)


def test_zsh():
    harness.need("zsh")
    start = f"fpath=({SCRIPTS}/zsh $fpath); autoload -U compinit; compinit -u -D; stallwatch() {{ echo \"ran:$*\" }}; unsetopt prompt_sp; echo ready"
    with Terminal(["zsh", "-f", "-i"], start) as terminal:
        check_lines(terminal)


def test_fish():
    harness.need("fish")
    with tempfile.TemporaryDirectory(prefix="stallwatch-test-") as folder:
        pathlib.Path(folder, "stalls.jsonl").write_text("")
        for line, wanted in (("stallwatch r", {"run", "report"}), ("stallwatch report --format j", {"json", "junit"}),
                             ("stallwatch report --wri", {"--write-suppressions"}), ("stallwatch report st", {"stalls.jsonl"}),
                             ("stallwatch run --summary ", {"auto", "always", "never"}), ("stallwatch run --thr", {"--threshold-ms"}),
                             ("stallwatch completions ", {"bash", "zsh", "fish"}), ("stallwatch report --format=spe", {"--format=speedscope"})):
            result = subprocess.run(["fish", "--no-config", "-c", f"source {SCRIPTS}/stallwatch.fish; complete -C '{line}'"], cwd=folder,
                                    capture_output=True, text=True, timeout=30, env={**harness.clean_environment(), "HOME": folder})
            found = {row.split("\t")[0] for row in result.stdout.splitlines()}
            require(result.returncode == 0 and not result.stderr and wanted <= found, f"{line}: {found} {result.stderr}")


def test_every_option_is_in_each():
    """Made of the tables that --help is made of; and each reads without a complaint."""
    for shell, name in (("bash", "stallwatch.bash"), ("zsh", "zsh/_stallwatch"), ("fish", "stallwatch.fish")):
        script = (SCRIPTS / name).read_text()
        require(script == subprocess.run([COMMAND, "completions", shell], capture_output=True, text=True, timeout=20, check=True).stdout,
                f"{name} is not what the command prints")
        for subcommand in ("run", "report", "doctor"):
            text = subprocess.run([COMMAND, subcommand, "--help"], capture_output=True, text=True, timeout=20, check=True).stdout
            for option in re.findall(r"^  --([a-z-]+)", text, re.MULTILINE):
                require(re.search(rf"(--|-l ){option}\b", script), f"{option} of {subcommand} is not in {name}")
    for arguments in ([], ["tcsh"], ["bash", "zsh"], ["--nosuch"]):
        result = subprocess.run([COMMAND, "completions", *arguments], capture_output=True, text=True, timeout=20)
        require(result.returncode == 2 and len(result.stderr.splitlines()) == 1 and not result.stdout, f"{result}")


def test_versions_and_help():
    for arguments in (["--version"], ["-V"], ["run", "--version"], ["report", "--version"], ["doctor", "-V"], ["completions", "--version"]):
        result = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=20, check=True)
        require(re.fullmatch(r"stallwatch \d+\.\d+\.\d+\n", result.stdout), f"{arguments}: {result.stdout}")
    for arguments in (["--help"], ["help"], ["report", "-h"], ["completions", "--help"]):
        result = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=20, check=True)
        require(result.stdout.startswith("Usage: stallwatch") and max(map(len, result.stdout.splitlines())) < 80, f"{arguments}: {result.stdout}")
    result = subprocess.run([COMMAND, "repotr"], capture_output=True, text=True, timeout=20)
    require(result.returncode == 2 and "did you mean report?" in result.stderr, result.stderr)
