"""sshd: a login with a key, a terminal, and files over loopback, as without the library. Its child that has not yet been let in puts
a seccomp filter on itself, which kills or refuses what sshd itself never calls; the one that serves the login changes its users.
"""

import os
import pathlib
import subprocess

import harness
from harness import require

SENT = b"x" * 300000


def command(*arguments, **options):
    result = subprocess.run([str(argument) for argument in arguments], capture_output=True, timeout=20, **options)
    return result.returncode, result.stdout, result.stderr.decode(errors="replace")


class Sshd:
    """One that runs in the foreground, with keys of its own, for the user who runs the tests."""

    def __init__(self, preload):
        harness.need("sshd", "ssh", "ssh-keygen")
        if os.geteuid() != 0:
            raise harness.Skip("sshd's child gives up root")
        pathlib.Path("/run/sshd").mkdir(exist_ok=True)  # where it gives its child no files
        folder = harness.Run(["/bin/true"], preload=False).wait().folder
        self.folder, self.port = folder, harness.free_port()
        for name in ("host", "user"):
            command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name)
        (folder / "config").write_text(f"""
Port {self.port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
""")
        environment = {"STALLWATCH_THRESHOLD_MS": "1", "STALLWATCH_SAMPLES": "64", "STALLWATCH_VERBOSE": "1"} if preload else {}
        self.run = harness.Run(["/usr/sbin/sshd", "-D", "-e", "-f", folder / "config"], preload, environment, folder)

    def __enter__(self):
        harness.until(lambda: harness.answers(self.port) or self.run.process.poll() is not None, 10, "sshd")
        return self

    def __exit__(self, kind, value, trace):
        self.run.__exit__(kind, value, trace)

    def login(self, *words, terminal=False, **options):
        """What a command over ssh says: exit code and output; the client is under the library where the server is."""
        code, output, errors = command(
            "ssh", "-F", "none", "-i", self.folder / "user", "-p", self.port, "-tt" if terminal else "-T",
            *(f"-o{option}" for option in ("BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")),
            "root@127.0.0.1", *words, env=self.run.environment, **options)
        require(code != 255, f"no login\n{errors}\n{self.run.stderr[-2000:]}")
        return code, output


def answers(preload):
    with Sshd(preload) as sshd:
        given = [sshd.login("echo hello; exit 3"), sshd.login("wc -c", input=SENT), sshd.login("echo a terminal; test -t 0", terminal=True)]
        sshd.run.stop()
        watched = [record["argv"][0].split(":")[0] for record in sshd.run.records("process")]
        return given + [sshd.run.code], watched


def test_logins_are_as_without():
    plain, _ = answers(preload=False)
    require(plain[0] == (3, b"hello\n") and plain[1] == (0, b"300000\n"), f"without the library: {plain}")
    given, watched = answers(preload=True)
    require(given == plain, f"without the library {plain}, with it {given}")
    require({"sshd", "ssh"} <= set(watched), f"watched were {watched}")
