"""What a daemon of make check-daemons is, and where it runs. See check_daemons.py."""

import os
import socket
import subprocess

import harness
from harness import require

KNOWN = []


class Daemon:
    """`make(place)` writes what it reads, and returns the command; `ask(place)` talks to it and returns what has to be the same each
    time; `stall(place)`, if any, has it stall for 300 ms, by `cause` and `call`. `answers(place)`: can it be asked yet? `has_loop`:
    is a process of it watched, None: that depends on how soon it is stopped. `root`: it wants that. `end(place, process)`
    stops it, by SIGTERM unless said."""

    def __init__(self, name, make, ask, programs=(), stall=None, cause="blocking-call", call=None, has_loop=True, root=False,
                 end=lambda place, process: process.stop(), answers=lambda place: harness.answers(place.port)):
        self.name, self.make, self.ask, self.programs = name, make, ask, programs
        self.stall, self.cause, self.call, self.has_loop = stall, cause, call, has_loop
        self.root, self.end, self.answers = root, end, answers


def daemon(name, **options):
    """A function that is `make` of one."""
    def keep(make):
        KNOWN.append(Daemon(name, make, **options))
        return make
    return keep


class Place:
    """A folder that any user may write to, a port, and the environment of the daemon and of its clients."""

    def __init__(self, settings):
        self.folder = harness.Run(["/bin/true"], preload=False).wait().folder
        self.folder.chmod(0o1777)
        self.port = harness.free_port()
        self.settings = settings
        self.environment = harness.clean_environment()
        if settings is not None:
            self.settings = {"STALLWATCH_JSON": str(self.folder / "records.%p.jsonl"), "STALLWATCH_LOG": "none", **settings}
            self.environment.update(self.settings, LD_PRELOAD=str(harness.LIBRARY), STALLWATCH_JSON=str(self.folder / "client.%p.jsonl"))

    def start(self, known):
        command = known.make(self)
        harness.need(*known.programs, str(command[0]))
        process = harness.Run(command, self.settings is not None, self.settings, self.folder)
        try:
            harness.until(lambda: known.answers(self) or process.process.poll() is not None, 30, known.name)
            require(process.process.poll() is None, f"it has ended\n{process.stdout}{process.stderr[-2000:]}")
        except harness.Failure:
            process.__exit__(None, None, None)
            raise
        return process

    def write(self, name, text, mode=0o644):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def make_folder(self, name, mode=0o755, user=None):
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        if user:
            self.run("chown", user, path)
        return path

    def run(self, *words, input=None, codes=(0,), watched=False):
        """A command's output; `watched`: with the library, if the daemon is."""
        harness.need(str(words[0]))
        environment = self.environment if watched else harness.clean_environment()
        result = subprocess.run([str(word) for word in words], input=input, capture_output=True, timeout=60, env=environment)
        output, errors = result.stdout.decode(errors="replace"), result.stderr.decode(errors="replace")
        require(result.returncode in codes, f"{words}: exit code {result.returncode}\n{output[-500:]}{errors[-1500:]}")
        return output

    def need(self, *words):
        """Is what a language loads there, as this command tells?"""
        try:
            self.run(*words)
        except harness.Failure:
            raise harness.Skip(f"{' '.join(words)!r} fails") from None

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), 10)
        connection.settimeout(20)
        return connection

    def http(self, path="/"):
        """The body of the answer."""
        with self.connect() as connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        require(answer.startswith(b"HTTP/1."), f"the answer is {answer[:300]!r}")
        return answer.partition(b"\r\n\r\n")[2].decode(errors="replace")


def ask_http(times=50, path="/"):
    """For `ask`: the answers to that many requests, each once."""
    return lambda place: sorted({place.http(path) for _ in range(times)})


def user_of(name):
    """Whoever the package has made for its daemon, or root."""
    known = {line.split(":")[0] for line in open("/etc/passwd")}
    return name if name in known else "root"


def first(*paths):
    """The first that exists, or the last."""
    return next((path for path in paths if os.path.exists(path)), paths[-1])
