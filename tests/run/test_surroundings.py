"""Programs that take away what the library lives on, or that run where it is not: each prints and ends as without it. Those
that need root (a mount, a chroot, another user) are skipped where it is not to be had."""

import ctypes
import fcntl
import json
import os
import pathlib
import re
import resource
import select
import shutil
import subprocess
import tempfile
import time

import harness
from harness import require

STALLS = harness.PROGRAMS / "epoll_sleep"
SETTINGS = {"STALLWATCH_THRESHOLD_MS": "50", "STALLWATCH_SAMPLES": "64", "STALLWATCH_LOG": "none"}


def need_root():
    if os.geteuid() != 0:
        raise harness.Skip("needs to be root")


def same(command=None, before=None, records=None, environment=None, **options):
    """Runs the command both ways; `before` is called in the child. Returns what the library said, or checks for records."""
    command = command or [STALLS]
    ends = []
    for preload in (False, True):
        extra = {**SETTINGS, **(environment or {})} if preload else None
        with harness.Run(command, preload=preload, environment=extra, preexec_fn=before, **options) as run:
            run.wait(30)
            ends.append((run.code, run.stdout))
            said = run.stderr
            found = run.records() if preload else []
    require(ends[0] == ends[1], f"without: {ends[0]}\nwith: {ends[1]}\n{said[-500:]}")
    if records is not None:
        require(bool(found) == records, f"{len(found)} records, where there should be {'some' if records else 'none'}\n{said[-500:]}")
    return said


def python(code, **options):
    """A loop in Python that turns, stalls, turns, after `code` has been run in it; prints "end"."""
    loop = ("import os, select, signal, time, resource\n"
            "p = select.epoll(); r, w = os.pipe(); p.register(r, select.EPOLLIN); os.write(w, b'x')\n"
            "for _ in range(4): p.poll(0.01)\n"
            f"{code}\n"
            "for _ in range(2):\n"
            "    p.poll(0.01); time.sleep(0.12); p.poll(0.01)\n"
            "    end = time.monotonic() + 0.08\n"
            "    while time.monotonic() < end: pass\n"
            "p.poll(0.01); os.write(1, b'end\\n')")
    return same([harness.PYTHON, "-c", loop], **options)


def test_blocks_all_signals():
    python("signal.pthread_sigmask(signal.SIG_SETMASK, range(1, 65))", records=True)


def test_takes_all_signals():
    python("for n in range(34, 65): signal.signal(n, lambda *a: os.write(1, b'got one'))", records=True)


def test_closes_all_descriptors():
    python("os.closerange(5, 4096)", records=True)


def test_few_descriptors():
    python("", records=True, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)))


def test_no_descriptor_left():
    python("h = []\ntry:\n    while True: h.append(os.dup(0))\nexcept OSError: pass",
           before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)))


def test_gives_up_its_privileges():
    """While its loop turns: users and groups are each thread's own for the kernel; libc changes those of the threads that it knows
    (nptl(7)), and the watchdog, which it may not know, follows. Whatever way it is done, none is left with more than another."""
    need_root()
    # Whether the log is opened before or after that, is a matter of when the watchdog comes to it.
    python("log = os.environ.get('STALLWATCH_JSON'); log and os.chmod(os.path.dirname(log), 0o777)\n"
           "import ctypes, struct\n"
           "def keep(*permitted, pid=0):\n"  # capset(2)
           "    words = [w for low in permitted for w in (low & 0x55d5, low, 0)]\n"
           "    head = ctypes.create_string_buffer(struct.pack('Ii', 0x20080522, pid))\n"
           "    data = ctypes.create_string_buffer(struct.pack(f'{len(words)}I', *words))\n"
           "    assert ctypes.CDLL(None).capset(head, data) == 0\n"
           "def look():\n"
           "    said = [open(f'/proc/self/task/{t}/status').read().splitlines() for t in os.listdir('/proc/self/task')]\n"
           "    kept = {tuple(line for line in lines if line.split(':')[0] in ('Uid', 'Gid', 'Groups', 'CapEff', 'CapPrm')) for lines in said}\n"
           "    os.write(1, f'{len(kept)} {[*kept][0]}'.encode())\n"
           "for way in (lambda: os.setgroups([5, 6]), lambda: os.initgroups('daemon', 1), lambda: os.setegid(9), lambda: os.setegid(0),\n"
           "            lambda: os.setregid(3, 4), lambda: os.setresgid(7, 8, 9), lambda: os.seteuid(1000), lambda: os.seteuid(0),\n"
           "            lambda: os.setreuid(2**32 - 1, 5), lambda: os.seteuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgroups([]),\n"
           "            lambda: keep(0xfffff, 0), lambda: keep(0xff, 0, pid=os.getpid()), lambda: os.setgid(65534), lambda: os.setuid(65534)):\n"
           "    way()\n"
           "    look()", records=True)


def test_keeps_some_capabilities():
    """Over a setuid, which the watchdog's thread follows without them: it then has none, and goes on."""
    need_root()
    said = python("import ctypes, struct\n"
                  "libc = ctypes.CDLL(None)\n"
                  "log = os.environ.get('STALLWATCH_JSON'); log and os.chmod(os.path.dirname(log), 0o777)\n"
                  "libc.prctl(8, 1, 0, 0, 0)\n"  # PR_SET_KEEPCAPS
                  "os.setuid(65534)\n"
                  "assert libc.capset(struct.pack('Ii', 0x20080522, 0), struct.pack('6I', 1, 1, 0, 0, 0, 0)) == 0",
                  records=True, environment={"STALLWATCH_LOG": "stderr"})
    require("stalled for" in said and "stops watching" not in said, f"it said {said}")


def test_no_more_threads():
    """RLIMIT_NPROC does not hold root back: as somebody else."""
    need_root()

    def become_nobody():
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
        os.setgroups([])
        os.setgid(65533)
        os.setuid(65533)  # of whom there is nobody else, not even in another test
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        shutil.copy(harness.LIBRARY, folder)
        shutil.copy(STALLS, folder)
        said = same([pathlib.Path(folder) / STALLS.name], before=become_nobody, records=False,
                    environment={"LD_PRELOAD": f"{folder}/{harness.LIBRARY.name}", "STALLWATCH_LOG": "stderr"})
        require(said.count("stallwatch: cannot watch, for want of a thread of its own: ") == 1 and "RLIMIT_NPROC" in said, said)


def test_little_memory():
    """What the library maps fails at one place after the other."""
    for megabytes in (8, 10, 12, 14, 20, 32):
        size = megabytes << 20
        same(before=lambda size=size: resource.setrlimit(resource.RLIMIT_AS, (size, size)))


def test_chroot():
    """Into an empty folder the watchdog does not follow. Into one with a /proc it does: that is a system of its own."""
    need_root()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        change = f"os.chroot({folder!r}); os.chdir('/')"
        python(change, records=True)
        os.makedirs(f"{folder}/proc/self/task")
        said = python(change, records=False)
        require("cannot write" in said, "nothing was said of a log that is out of reach")
        os.rmdir(f"{folder}/proc/self/task")
        refused = f"import os\nos.setuid(65534)\ntry: {change}\nexcept PermissionError: print(os.listdir('/proc/self/task') == [str(os.getpid())])"
        same([harness.PYTHON, "-c", refused], records=False)


def test_no_proc():
    need_root()
    if subprocess.run(["unshare", "-m", "umount", "-l", "/proc"], capture_output=True).returncode != 0:
        raise harness.Skip("no mount namespace, or /proc cannot be taken away in it")
    same(["unshare", "-m", "sh", "-c", f"umount -l /proc && exec {STALLS}"])


def test_calls_that_are_refused():
    """As by a container's seccomp filter. (One that the program puts on itself: programs/sandboxed.)"""
    harness.need("strace")
    for number in ("membarrier", "process_vm_readv", "pidfd_getfd", "rt_tgsigqueueinfo", "close_range", "socketpair",
                   "clone3", "memfd_create", "madvise"):
        same(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={number}:error=EPERM", str(STALLS)])


def test_full_disk():
    """A file system of some pages: lines are lost whole, and how many is said once there is room."""
    need_root()
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", folder], capture_output=True).returncode != 0:
            raise harness.Skip("no tmpfs can be mounted")
        try:
            full, log = pathlib.Path(folder) / "full", pathlib.Path(folder) / "log.jsonl"
            python(f"open({str(full)!r}, 'wb').write(bytes(253952))\n"
                   "for _ in range(9): time.sleep(0.02); p.poll(0.001)\n"
                   f"time.sleep(1.5); p.poll(0.001); os.unlink({str(full)!r})",  # by now the helper has answered
                   environment={"STALLWATCH_JSON": str(log), "STALLWATCH_LOG": "none", "STALLWATCH_THRESHOLD_MS": "5"})
            content = log.read_bytes()
            require(content.endswith(b"\n"), f"the log ends within a line: {content[-200:]}")
            records = [json.loads(line) for line in content.splitlines()]
            summary = [record for record in records if record["type"] == "summary"]
            told = sum(record["type"] == "stall" for record in records)
            require(summary and summary[0]["lines_lost"] > 0, f"{told} stalls are told, and none is said to be lost")
            require(told + summary[0]["lines_lost"] >= summary[0]["stalls"]["total"],
                    f"{told} told, {summary[0]['lines_lost']} lost, of {summary[0]['stalls']['total']}")
        finally:
            subprocess.run(["umount", folder], check=True)


def test_fifo_without_reader():
    with tempfile.TemporaryDirectory() as folder:
        fifo = f"{folder}/fifo"
        os.mkfifo(fifo)
        same(environment={"STALLWATCH_LOG": fifo, "STALLWATCH_JSON": fifo})


def test_nobody_reads_standard_error():
    """It is a pipe that is full: the program goes on, is watched, and ends when it would."""
    for setting in ({"STALLWATCH_LOG": "stderr"}, {"STALLWATCH_LOG": "stderr", "STALLWATCH_VERBOSE": "1"}):
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / "log.jsonl"
            reading, writing = os.pipe()
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
            os.write(writing, bytes(4096))
            began = time.monotonic()
            subprocess.run([STALLS], stderr=writing, stdout=subprocess.DEVNULL, timeout=30, check=True,
                           env={**os.environ, **SETTINGS, **setting, "LD_PRELOAD": str(harness.LIBRARY), "STALLWATCH_JSON": str(log)})
            took = time.monotonic() - began
            os.close(reading), os.close(writing)
            records = [json.loads(line) for line in log.read_text().splitlines()]
            require([record["type"] for record in records] == ["process", "stall", "summary"], f"{records}")
            require(records[-1]["lines_lost"] > 0, "no line is said to be lost")
            require(took < 4, f"it took {took:.1f} s to end")


def test_fifo_that_is_not_read_for_a_while():
    """Of the JSON lines some are lost; each that is not is whole."""
    with tempfile.TemporaryDirectory() as folder:
        fifo = f"{folder}/fifo"
        os.mkfifo(fifo)
        reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, 8192)
        code = ("import os, select, time\n"
                "p = select.epoll(); r, w = os.pipe(); p.register(r, select.EPOLLIN); os.write(w, b'x')\n"
                "for _ in range(4): p.poll(0.01)\n"
                "for _ in range(12): time.sleep(0.02); p.poll(0.01)\n"
                "print('half', flush=True)\n"
                "while not os.path.exists('go'): time.sleep(0.05)\n"
                "for _ in range(2): time.sleep(0.02); p.poll(0.01)\n"
                "p.poll(0.01)\n")
        environment = {**SETTINGS, "STALLWATCH_THRESHOLD_MS": "10", "STALLWATCH_JSON": fifo}
        content = b""
        with harness.Run([harness.PYTHON, "-c", code], environment=environment) as run:
            harness.until(lambda: "half" in run.stdout, 20, "the program's first half")
            time.sleep(2)
            (run.folder / "go").touch()
            while run.process.poll() is None:
                ready, _, _ = select.select([reading], [], [], 0.1)
                content += os.read(reading, 65536) if ready else b""
        while chunk := os.read(reading, 65536):
            content += chunk
        os.close(reading)
        broken = [line for line in content.splitlines() if not is_json(line)]
        require(len(broken) <= 1, f"{len(broken)} lines are broken")
        require(is_json(content.splitlines()[-1]) and content.endswith(b"\n"), "the last line is not whole")


def is_json(line):
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def test_symbolic_link_is_not_followed():
    with tempfile.TemporaryDirectory() as folder:
        target, link = pathlib.Path(folder) / "target", pathlib.Path(folder) / "link"
        target.write_text("precious\n")
        link.symlink_to(target)
        same(environment={"STALLWATCH_LOG": str(link), "STALLWATCH_JSON": str(link)})
        require(target.read_text() == "precious\n", "a symbolic link was followed")


def make_root(root):
    """A folder to be the root of a program that says who it is, with the loader and libraries where they are here, and
    beside libc the library."""
    program = root / "program/says_who"
    for folder in (program.parent, root / "log"):
        folder.mkdir()
    subprocess.run(["cc", "-O1", "-D_GNU_SOURCE", "-o", program, harness.TOP / "tests/run/fixtures/says_who.c"], check=True)
    needed = subprocess.run(["ldd", program, harness.LIBRARY], capture_output=True, text=True, check=True).stdout
    for path in set(re.findall(r"/\S+(?= \(0x)", needed)):
        to = root / path[1:]
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, to)
        if "/libc.so" in path:
            library = pathlib.Path(shutil.copy(harness.LIBRARY, to.parent / "libstallwatch.so"))
    for path in [root, *root.rglob("*")]:
        os.chmod(path, 0o755)
    os.chmod(root / "log", 0o777)
    os.chmod(library, 0o4755)
    return program


def test_setuid_is_passive():
    """The loader ignores a preloaded library in a setuid program, but for one of the system's own folders that is setuid
    itself: that one is loaded, and does nothing. In a root of its own, as another user than the program's."""
    need_root()

    def enter():
        os.chroot(root)
        os.chdir("/")
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        if os.statvfs(root).f_flag & os.ST_NOSUID:
            raise harness.Skip(f"{root} is on a file system without setuid")
        program = make_root(root)
        settings = {"LD_PRELOAD": "libstallwatch.so", "STALLWATCH_JSON": "/log/records", "STALLWATCH_LOG": "/log/text",
                    "STALLWATCH_HELPER": "none", "STALLWATCH_VERBOSE": "1"}
        for user, mode, secure in ((0, 0o755, 0), (12345, 0o4755, 1)):
            os.chown(program, user, user)
            os.chmod(program, mode)
            ran = subprocess.run(["/program/says_who"], env=settings, preexec_fn=enter, capture_output=True, text=True, timeout=30)
            require((ran.returncode, ran.stdout) == (0, f"secure {secure}, library 1\n"), f"{ran}")
            written = sorted(path.name for path in (root / "log").iterdir())
            require(written == ([] if secure else ["records", "text"]), f"secure {secure}: it wrote {written}\n{ran.stderr}")
            require(not (secure and ran.stderr), f"it said {ran.stderr}")
            for name in written:
                (root / "log" / name).unlink()


def test_dumpable_no_more():
    """PR_SET_DUMPABLE 0: /proc/self belongs to root then, and another's /proc is not to be read."""
    prctl = "import ctypes; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)"
    python(prctl)
    require(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 1, "this process itself was to stay as it was")
