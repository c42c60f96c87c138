"""`stallwatch run` between a shell, a terminal and the command: signals, jobs, who is stopped and who goes on, colours."""

import os
import pty
import select
import signal
import subprocess
import time

import harness
from command import COMMAND, Folder
from harness import PROGRAMS, require


def start(*arguments, **options):
    return subprocess.Popen([COMMAND, "run", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env=harness.clean_environment(), **options)


def test_signals_are_passed_on():
    script = "trap 'echo got {0}; exit 5' {0}; echo ready; while :; do sleep 0.05; done"
    for name in ("TERM", "HUP", "USR1", "USR2", "INT", "QUIT", "WINCH", "ALRM", "PIPE"):
        child = start("sh", "-c", script.format(name))
        child.stdout.readline()
        child.send_signal(getattr(signal, "SIG" + name))
        out, _ = child.communicate(timeout=20)
        require((out, child.returncode) == (f"got {name}\n".encode(), 5), f"{name}: {out} {child.returncode}")
    child = start("sh", "-c", "echo ready; exec sleep 20")
    child.stdout.readline()
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=20)
    require(child.returncode == 143, f"{child.returncode}")


def test_ignored_signals_stay_ignored():
    script = "kill -HUP $$; kill -CHLD $$; echo alive"
    for number in (signal.SIGHUP, signal.SIGCHLD):
        child = start("sh", "-c", script, preexec_fn=lambda: [signal.signal(signal.SIGHUP, signal.SIG_IGN),
                                                              signal.signal(number, signal.SIG_IGN)])
        out, _ = child.communicate(timeout=20)
        require((out, child.returncode) == (b"alive\n", 0), f"{out} {child.returncode}")


class Terminal:
    """The command in the foreground of a terminal of its own."""

    def __init__(self, *arguments):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execve(COMMAND, [str(COMMAND), "run", *map(str, arguments)], harness.clean_environment())
        self.seen = b""

    def until(self, words, seconds=15):
        end = time.monotonic() + seconds
        while words not in self.seen:
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            require(ready, f"{words} did not come: {self.seen}")
            try:
                self.seen += os.read(self.master, 4096)
            except OSError:
                require(words in self.seen, f"{words} did not come: {self.seen}")

    def type(self, keys):
        os.write(self.master, keys)

    def end(self):
        _, status = os.waitpid(self.pid, 0)
        os.close(self.master)
        return os.waitstatus_to_exitcode(status)


def test_the_terminals_interrupt_comes_once():
    script = "n=0; trap 'n=$((n+1)); echo got $n' INT; echo ready; for i in 1 2 3 4 5 6 7 8; do sleep 0.1; done; echo all $n; exit 6"
    terminal = Terminal("bash", "-c", script)
    terminal.until(b"ready")
    terminal.type(b"\x03")
    terminal.until(b"all ")
    code = terminal.end()
    require(b"all 1" in terminal.seen and code == 6, f"{terminal.seen} {code}")


def test_the_terminal_is_the_commands():
    terminal = Terminal("sh", "-c", "test -t 0 && test -t 1 && read -r line && echo got $line")
    terminal.type(b"hello\n")
    terminal.until(b"got hello")
    require(terminal.end() == 0, "exit code")


class Shell(Terminal):
    """An interactive shell with job control, which runs the command in a process group of its own."""

    def __init__(self, folder):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            environment = {**harness.clean_environment(), "PS1": "$ ", "TERM": "dumb", "ENV": "", "SW": f"{COMMAND} run"}
            os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "-i"], environment)
        self.seen = b""
        self.until(b"$ ")

    def line(self, words, answer):
        self.seen = b""
        self.type(words + b"\n")
        self.until(answer)


JOB = """
import os, sys, time
print("ready", flush=True)
while not os.path.exists("go"):
    time.sleep(0.05)
print("went on")
sys.exit(4)
"""


def test_as_a_job_of_a_shell():
    with Folder() as folder:
        shell = Shell(folder.path)
        # (A job that does nothing but wait: a shell's vfork, and a read from the terminal, do not survive each Ctrl-Z.)
        (folder.path / "job.py").write_text(JOB)
        shell.line(f"$SW {harness.PYTHON} job.py".encode(), b"ready")
        shell.line(b"\x1a", b"Stopped")
        (folder.path / "go").touch()
        shell.line(b"sleep 0.5; echo do''ne", b"done")
        require(b"went on" not in shell.seen, f"it was not stopped: {shell.seen}")
        shell.line(b"fg", b"went on")
        shell.line(b"echo code $?", b"code 4")
        # In the background it is stopped where it reads from the terminal; what ends a job ends it all the same.
        shell.line(b"$SW head -n 1 &", b"$ ")
        shell.line(b"until jobs | grep Stop; do sleep 0.1; done; echo do''ne", b"done")
        shell.line(b"kill %1; while kill -0 %1 2> /dev/null; do sleep 0.1; done; echo do''ne", b"done")
        # An interrupt ends the command, and run after it, by the signal's code.
        shell.line(b"$SW sleep 30", b"30\r\n")
        time.sleep(0.5)
        shell.line(b"\x03", b"$ ")
        shell.line(b"echo code $?", b"code 130")
        # What is left in its group when the terminal goes is ended with it.
        shell.type(b"exit\n")
        shell.end()


def test_a_group_is_signalled():
    """As timeout(1) and CI runners do: everybody in the group gets it, and run ends as the command does."""
    child = start("sh", "-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done", start_new_session=True)
    child.stdout.readline()
    os.killpg(child.pid, signal.SIGTERM)
    child.communicate(timeout=20)
    require(child.returncode == 7, f"{child.returncode}")
    result = subprocess.run(["timeout", "-k", "10", "1", COMMAND, "run", "sleep", "30"], timeout=20, env=harness.clean_environment())
    require(result.returncode == 124, f"{result.returncode}")


def test_stop_and_go_on():
    """Ctrl-Z stops the command and run with it, as a shell's job; SIGCONT to run wakes both."""
    # A group of its own: in one without a parent in the session nothing stops by a terminal's signal (setpgid(2)).
    child = start("sh", "-c", "echo ready; sleep 0.3; kill -TSTP $$; echo woken; exit 5", preexec_fn=lambda: os.setpgid(0, 0))
    child.stdout.readline()
    _, status = os.waitpid(child.pid, os.WUNTRACED)
    require(os.WIFSTOPPED(status), f"run has ended instead of stopping: {status}")
    child.send_signal(signal.SIGCONT)
    out, _ = child.communicate(timeout=20)
    require((out, child.returncode) == (b"woken\n", 5), f"{out} {child.returncode}")


def test_colours_are_for_terminals():
    for environment, coloured in (({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        pid, master = pty.fork()
        if pid == 0:
            os.execve(COMMAND, [str(COMMAND), "run", str(PROGRAMS / "exits")], {**harness.clean_environment(), "NO_COLOR": "", **environment})
        seen = b""
        try:
            while part := os.read(master, 4096):
                seen += part
        except OSError:
            pass
        os.waitpid(pid, 0)
        os.close(master)
        require(b"summary of the run: " in seen and (b"\x1b[1;31m" in seen) == coloured, f"{environment}: {seen}")
