"""`stallwatch doctor`: on real programs of each kind."""

import os
import struct
import subprocess

import harness
from command import COMMAND, Folder
from harness import PROGRAMS, require

SOURCE = "int main(void){return 0;}"


def build(folder, name, *flags, source=SOURCE):
    path = folder.path / name
    text = folder.path / (name + ".c")
    text.write_text(source)
    result = subprocess.run(["cc", "-o", path, text, *flags], capture_output=True, text=True, timeout=60)
    if result.returncode != 0:
        return None
    return path


def patched(folder, name, changes):
    """A copy of a program with some bytes changed: programs for machines that are not here."""
    content = bytearray((PROGRAMS / "idle").read_bytes())
    for offset, value in changes.items():
        content[offset] = value
    path = folder.path / name
    path.write_bytes(content)
    path.chmod(0o755)
    return path


def test_what_can_be_watched():
    with Folder() as folder:
        for name in (PROGRAMS / "idle", "sh"):
            out = folder.run("doctor", name).out
            require("can be watched" in out and f"\n  start:   stallwatch run -- {name}\n" in out, out)
        spaced = folder.path / "two words"
        spaced.write_bytes((PROGRAMS / "idle").read_bytes())
        spaced.chmod(0o755)
        require("start:" not in folder.run("doctor", spaced).out, "a command that a shell would take apart")
        script = folder.path / "script"
        script.write_text("#!/usr/bin/env python3\n")
        script.chmod(0o755)
        out = folder.run("doctor", script, environment={"PATH": "/usr/bin:/bin"}).out
        require("can be watched" in out and "program: " in out and "python3" in out, out)


def test_first_lines_of_scripts():
    """As the kernel reads them (execve(2)): blanks part the words, and there is one argument."""
    path = {"PATH": "/usr/bin:/bin"}
    with Folder() as folder:
        script = folder.path / "script"
        for line, code, words in (("#! \t/bin/sh -e ", 0, "program: /bin/sh"), ("#!/usr/bin/env -S python3 -u", 0, "/python3"),
                                  ("#!/usr/bin/env -S A=1 B=2 python3 -u", 0, "/python3"), ("#!/usr/bin/env -S python3\r", 0, "/python3"),
                                  ("#!/usr/bin/env -Spython3", 0, "/python3"), ("#!/usr/bin/env python3 -u", 1, "python3 -u"),
                                  ("#!/usr/bin/env python3\r", 1, "python3\\x0d"), ("#!/bin/sh\r", 1, "/bin/sh\\x0d"), ("#!", 1, "found")):
            script.write_bytes(line.encode() + b"\n")
            script.chmod(0o755)
            out = folder.run("doctor", script, environment=path, code=code).out
            require(words in out, f"{line!r}: {out}")


def test_what_cannot_be_watched():
    with Folder() as folder:
        setuid = folder.path / "setuid"
        setuid.write_bytes((PROGRAMS / "idle").read_bytes())
        setuid.chmod(0o4755)
        text = folder.path / "text"
        text.write_text("hello\n")
        text.chmod(0o755)
        lost = folder.path / "lost"
        lost.write_text("#!/no/such/interpreter\n")
        lost.chmod(0o755)
        cut = folder.path / "cut"
        cut.write_bytes((PROGRAMS / "idle").read_bytes()[:80])
        cut.chmod(0o755)
        cases = [(build(folder, "static", "-static"), "statically linked"),
                 (build(folder, "static-pie", "-static-pie"), "statically linked"),
                 (setuid, "setuid"), (text, "no ELF program"), (lost, "cannot be read"), (cut, ""),
                 (patched(folder, "arm", {18: 0xb7}), "arm64"), (patched(folder, "i386", {4: 1, 18: 3}), ""),
                 (build(folder, "musl", "-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1"), "musl")]
        for path, words in cases:
            require(path is not None, "a program could not be built")
            out = folder.run("doctor", path, code=1).out
            require("cannot be watched" in out and words in out and "start:" not in out, f"{path}: {out}")
        go = folder.path / "go.s"
        go.write_text('.section .go.buildinfo,"aw"\n.byte 1\n')
        program = build(folder, "go", str(go))
        require("Go program" in folder.run("doctor", program, code=1).out, "a dynamic Go program")


def test_sanitizers_want_an_order():
    with Folder() as folder:
        path = build(folder, "asan", "-fsanitize=address")
        if path is None:
            raise harness.Skip("no libasan")
        out = folder.run("doctor", path).out
        require("libasan.so" in out and "-print-file-name=libasan.so" in out and "start:" not in out, out)
        # The recipe, as it is given.
        first = subprocess.run(["cc", "-print-file-name=libasan.so"], capture_output=True, text=True, timeout=20).stdout.strip()
        run = subprocess.run([path], capture_output=True, text=True, timeout=30,
                             env={**harness.clean_environment(), "LD_PRELOAD": f"{first} {harness.LIBRARY}"})
        require(run.returncode == 0, run.stderr[-800:])


def test_processes():
    with Folder() as folder:
        for preload in (False, True):
            with harness.program("idle", preload=preload) as run:
                harness.until(lambda run=run: "libc.so" in open(f"/proc/{run.pid}/maps").read(), 10, "the program's start")
                out = folder.run("doctor", "--pid", run.pid).out
                require(("is being watched" in out) == preload, out)


def test_capabilities_of_a_file():
    with Folder() as folder:
        program = folder.path / "capable"
        program.write_bytes((PROGRAMS / "idle").read_bytes())
        program.chmod(0o755)
        try:
            os.setxattr(program, "security.capability", struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0))
        except OSError as error:
            raise harness.Skip(f"file capabilities cannot be set here: {error}") from None
        out = folder.run("doctor", program, code=1).out
        require("file capabilities" in out and "setcap -r" in out, out)


PROCESS = """
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(int count, char **words)
{
    struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog filter = {1, all};
    if (words[1][0] == 's') {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
    }
    if (words[1][0] == 'u' && setuid(65534) != 0)
        return 1;
    puts("ready");
    fflush(stdout);
    sleep(20);
    return count;
}
"""


def test_what_a_process_has_done_to_itself():
    with Folder() as folder:
        folder.path.chmod(0o755)
        path = build(folder, "process", source=PROCESS)
        cases = [("s", "seccomp filter")] + ([("u", "not dumpable")] if os.geteuid() == 0 else [])
        for word, said in cases:
            with subprocess.Popen([path, word], stdout=subprocess.PIPE) as process:
                process.stdout.readline()
                try:
                    out = folder.run("doctor", "--pid", process.pid).out
                    require("can be watched" in out and said in out, out)
                finally:
                    process.kill()
        require("not a file that can be executed" in folder.refused("doctor", path.with_suffix(".c")), "a text")


def test_another_users_process():
    if os.geteuid() != 0:
        raise harness.Skip("needs root, to become somebody else")
    with harness.program("idle") as run:
        result = subprocess.run([COMMAND, "doctor", "--pid", str(run.pid)], capture_output=True, text=True, timeout=20, user=65534,
                                env=harness.clean_environment(), cwd="/")
        require(result.returncode == 2 and "as its user, or as root" in result.stderr, f"{result}")


def test_nothing_is_gained_without_new_privileges():
    """prctl(PR_SET_NO_NEW_PRIVS): the kernel ignores the setuid bit, so the loader does not ignore LD_PRELOAD."""
    harness.need("setpriv")
    with Folder() as folder:
        program = folder.path / "setuid"
        program.write_bytes((PROGRAMS / "idle").read_bytes())
        program.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(program, 65534, -1)
        program.chmod(0o4755)
        for before, said in (([], os.geteuid() == 0), (["setpriv", "--no-new-privs"], False)):
            result = subprocess.run([*before, COMMAND, "run", "--summary", "never", program], capture_output=True, text=True, timeout=30,
                                    env=harness.clean_environment(), cwd=folder.path)
            require(("cannot be watched" in result.stderr) == said, f"{before}: {result.stderr}")


def test_bad_usage():
    with Folder() as folder:
        for arguments in ([], ["a", "b"], ["--pid"], ["--pid", "x"], ["--pid", "0"], ["--pid", "-3"], ["--pid", "4194304"],
                          ["--bogus"], ["no-such-program"], ["/no/such/file"], [str(folder.path)], ["--pid", "1", "sh"], [""]):
            folder.refused("doctor", *arguments)
        require(os.access(COMMAND, os.X_OK), "no command")
