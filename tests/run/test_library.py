"""The library as a guest: what it needs, what it exports, what it leaves alone, what happens where parts are missing."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import threading

import harness
from harness import require


def output(*arguments, **options):
    return subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True, timeout=60,
                          check=True, **options).stdout


def test_needs_only_libc():
    harness.need("readelf")
    dynamic = output("readelf", "-d", harness.LIBRARY)
    require(re.findall(r"NEEDED.*\[(.*)\]", dynamic) == ["libc.so.6"], dynamic)
    require("[libstallwatch.so.0]" in dynamic, "the soname is not libstallwatch.so.0")
    require("TEXTREL" not in dynamic, "the library has text relocations")


def test_exports_only_wrappers():
    """Whatever the library defines for others must stand in for a function of libc, this one or a newer one: nothing else of ours
    leaks out."""
    harness.need("nm")
    libc = {line.split()[-1].split("@")[0] for line in output("nm", "-D", "/lib/x86_64-linux-gnu/libc.so.6").splitlines()}
    ours = {line.split()[-1].split("@")[0] for line in output("nm", "-D", "--defined-only", harness.LIBRARY).splitlines()}
    require(len(ours) > 30, f"only {len(ours)} functions are wrapped: {sorted(ours)}")
    rings = {line.split()[-1].split("@")[0] for line in output("nm", "-D", "/lib/x86_64-linux-gnu/liburing.so.2").splitlines()}
    newer = {name for name in ours if re.fullmatch("__isoc23_v?f?w?scanf", name)}  # glibc 2.38
    strange = {name for name in ours - libc - newer - {name for name in rings if "io_uring" in name}
               if not name.startswith("stallwatch_")}
    require(not strange, f"exported, and not libc's: {sorted(strange)}")


def test_helper_missing():
    for helper in ("none", "/nowhere/stallwatch-symbolize", "/bin/false"):
        with harness.program("epoll_sleep", environment={"STALLWATCH_HELPER": helper}) as run:
            run.wait()
            stalls = run.counted()
            require(run.code == 0 and len(stalls) == 1, f"{helper}: exit code {run.code}, {len(stalls)} stalls\n{run.stderr}")
            names = [frame["function"] for frame in stalls[0]["stacks"][0]["frames"]]
            require("on_event" in names and "main" in names, f"{helper}: names from symbol tables are missing: {names}")
            said = [line for line in run.stderr.splitlines() if helper != "none" and helper in line]
            require(len(said) == (helper != "none"), f"{helper}: not one line that says so\n{run.stderr}")


def test_helper_gives_lines():
    with harness.program("epoll_sleep") as run:
        run.wait()
        frames = run.only_stall()["stacks"][0]["frames"]
        frame = next(frame for frame in frames if frame["function"] == "on_event")
        require(frame["file"] == str(harness.TOP / "tests/programs/epoll_sleep.c") and frame["line"], f"on_event is at {frame}")
        source = pathlib.Path(frame["file"]).read_text().splitlines()
        require("pause_ms(300)" in source[frame["line"] - 1], f"line {frame['line']} is not the call's")
        inlined = [frame["function"] for frame in frames if frame["inlined"]]
        require("pause_ms" in inlined or "loop_run" in inlined, f"no inlined frames: {inlined}")


def test_helper_is_hidden():
    """A program that waits for any child, or counts SIGCHLD, sees neither the helper nor its parent."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder) / "waits.c", pathlib.Path(folder) / "waits"
        source.write_text(r"""
#include "support.h"
static volatile int died;
static void on_child(int n) { (void)n; died++; }
static NOINLINE void on_event(void) { usleep(200000); keep_frame++; }
int main(void)
{
    signal(SIGCHLD, on_child);
    loop_run(on_event);
    loop_run(on_event);
    int result = waitpid(-1, NULL, WNOHANG);
    printf("%d %s, %d died\n", result, strerror(errno), died);
    return 0;
}
""")
        subprocess.run(["cc", "-D_GNU_SOURCE", "-O2", "-g", "-pthread", f"-I{harness.TOP}/tests/programs", "-o", program, source],
                       check=True, timeout=60)
        with harness.Run([program]) as run:
            run.wait()
            require(run.stdout == "-1 No child processes, 0 died\n", f"{run.stdout}{run.stderr}")
            frames = run.counted()[0]["stacks"][0]["frames"]
            require(any(frame["line"] for frame in frames), "no lines: the helper did not run, so the test shows nothing")


def test_pipelines_end():
    """`program | cat`: nothing of ours holds the pipes open after the program's end."""
    for redirect in ("", "2>&1"):
        command = f"LD_PRELOAD={harness.LIBRARY} {harness.PROGRAMS}/epoll_sleep {redirect} | cat"
        result = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=20,
                                env=harness.clean_environment())
        require("done" in result.stdout and "event loop stalled" in result.stdout + result.stderr, f"{result}")


def test_libunwind_missing():
    """A libunwind that cannot be loaded lies in front of the real one: reports go on, with one line that says so."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "libunwind-x86_64.so.8").write_text("not a library\n")
        with harness.program("epoll_sleep", environment={"LD_LIBRARY_PATH": folder}) as run:
            run.wait()
            require(run.code == 0 and run.stdout == "done\n", f"the program's result changed: {run.code}\n{run.stderr}")
            stalls = run.counted()
            require(len(stalls) == 1 and stalls[0]["cause"] == "blocking-call", harness.show(run.records()))
            said = [line for line in run.stderr.splitlines() if "libunwind" in line]
            require(len(said) == 1, f"not one line about libunwind: {run.stderr}")


def test_no_unwinder_in_the_global_scope():
    """libgcc's _Unwind_* stay the ones that C++ and pthread_cancel bind to."""
    with harness.program("cancelled", environment={"LD_DEBUG": "bindings", "LD_DEBUG_OUTPUT": "bindings"}) as run:
        run.wait(60)
        require(run.code == 0, f"exit code {run.code}")
        bound = [line for path in run.folder.glob("bindings.*") for line in path.read_text(errors="replace").splitlines()
                 if "_Unwind_" in line and "libunwind" in line.split(" to ")[-1] and "libunwind" not in line.split(" to ")[0]]
        require(not bound, "bound to libunwind:\n" + "\n".join(bound[:5]))


def test_one_thread_more():
    """Where a loop runs, there is one thread more, with our name; where none runs, none (programs/loopless)."""
    with harness.program("endless") as run:
        def names():
            tasks = pathlib.Path(f"/proc/{run.pid}/task")
            return sorted((task / "comm").read_text().strip() for task in tasks.iterdir())
        harness.until(lambda: "stallwatch" in names(), 5, "the watchdog thread")
        require(names() == ["endless", "stallwatch"], f"threads: {names()}")
        run.stop(9)


ONE_THREAD = """
import ctypes, os, select, sys, time
single = ctypes.c_char.in_dll(ctypes.CDLL(None), "__libc_single_threaded")
error = ctypes.CDLL(None).dlerror
error.restype = ctypes.c_char_p
error()
loop = select.epoll()
for turn in range(6):
    loop.poll(0.01)
    if turn == 3 and sys.argv[1] == "sleep":
        time.sleep(0.15)
while "stallwatch" not in [open(f"/proc/self/task/{task}/comm").read().strip() for task in os.listdir("/proc/self/task")]:
    time.sleep(0.01)
print(single.value, error(), len(os.listdir("/proc/self/task")), sorted(map(int, os.listdir("/proc/self/fd"))))
"""


def test_one_thread_for_libc():
    """glibc goes shorter ways in a process of one thread; that is not ended by ours, before a stall or after it. Loading what unwinds
    leaves no descriptor behind, and nothing for dlerror(3) to tell."""
    for mode in ("", "sleep"):
        ran = [harness.PYTHON, "-c", ONE_THREAD.replace("while ", "while False and ", 1), mode]
        with harness.Run(ran, preload=False) as plain, harness.Run([harness.PYTHON, "-c", ONE_THREAD, mode]) as run:
            plain.wait()
            run.wait()
            require(plain.stdout.startswith("b'\\x01' None 1 "), f"glibc itself says {plain.stdout}")
            require(run.stdout == plain.stdout.replace("None 1 ", "None 2 "), f"{run.stdout}, without the library {plain.stdout}")
            require(len(run.records("stall")) == (mode == "sleep"), harness.show(run.records("stall")))


def test_the_slow_register_is_the_watchdogs():
    """To register for membarrier(2) takes the kernel some 10 ms in a process of several threads: not on a loop's thread."""
    harness.need("strace")
    with tempfile.TemporaryDirectory() as folder:
        log = f"{folder}/trace"
        with harness.Run(["strace", "-f", "-qq", "-o", log, "-e", "trace=membarrier", "env", f"LD_PRELOAD={harness.LIBRARY}",
                          "STALLWATCH_VERBOSE=1", harness.PROGRAMS / "two_loops"], preload=False) as run:
            run.wait(30)
            require(run.code == 0, run.stderr)
            loops = re.findall(r"found: thread (\d+) ", run.stderr)
        asked = re.findall(r"^(\d+) +membarrier\(MEMBARRIER_CMD_REGISTER", pathlib.Path(log).read_text(), re.MULTILINE)
        require(len(asked) == 1, f"asked for {len(asked)} times")
        require(len(loops) == 2 and asked[0] not in loops, f"thread {asked[0]} asked, loops are on {loops}")


def test_python_of_the_system():
    """A plain interpreter, shell and tool run with the library as without."""
    for command in (["/bin/true"], ["/bin/sh", "-c", "echo a; exit 3"], [harness.PYTHON, "-c", "print(1 + 1)"],
                    ["/bin/ls", "/"], ["/bin/sh", "-c", "echo x | grep x | sort | head -1"]):
        results = []
        for preload in (False, True):
            with harness.Run(command, preload=preload) as run:
                run.wait()
                results.append((run.code, run.stdout, run.stderr))
                require(not preload or run.records() == [], f"{command}: records of a program without a loop")
        require(results[0] == results[1], f"{command}: {results}")


def make(goal, folder):
    run = subprocess.run(["make", "-s", goal, f"DESTDIR={folder}", "PREFIX=/usr", f"BUILD={harness.BUILD}"],
                         cwd=harness.TOP, capture_output=True, text=True, timeout=120)
    require(run.returncode == 0, run.stdout + run.stderr)


def test_install():
    """make install puts everything where the contract says, and the library finds its helper there; uninstall takes it
    all away."""
    with tempfile.TemporaryDirectory() as folder:
        make("install", folder)
        base = pathlib.Path(folder) / "usr"
        for name in ("lib/libstallwatch.so", "lib/libstallwatch.so.0", "libexec/stallwatch/stallwatch-symbolize",
                     "lib/pkgconfig/stallwatch.pc", "share/man/man1/stallwatch.1", "share/bash-completion/completions/stallwatch",
                     "share/zsh/site-functions/_stallwatch", "share/fish/vendor_completions.d/stallwatch.fish"):
            require((base / name).exists(), f"{name} was not installed")
        with harness.program("epoll_sleep", environment={"LD_PRELOAD": str(base / "lib/libstallwatch.so")}) as watched:
            watched.wait()
            frames = watched.only_stall()["stacks"][0]["frames"]
            require(any(frame["line"] for frame in frames), f"the installed library has not found its helper\n{watched.stderr}")
        make("uninstall", folder)
        left = [path for path in pathlib.Path(folder).rglob("*") if not path.is_dir()]
        require(not left, f"uninstall leaves {left}")


def test_it_is_there_while_it_is_linked():
    """A program that starts while the library is built anew finds the old one or the new one, and never none or a part of one: in a
    copy of the build, with as much of it as can be told apart from a whole one."""
    if not (harness.BUILD / "flags").exists():
        raise harness.Skip("this build was not made by the Makefile")
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "build"
        shutil.copytree(harness.BUILD / "obj", copy / "obj")
        shutil.copytree(harness.BUILD / "generated", copy / "generated")
        for name in ("flags", "libstallwatch.so.0", "libstallwatch.so"):
            shutil.copy2(harness.BUILD / name, copy / name, follow_symlinks=False)
        library, over, seen = copy / "libstallwatch.so", threading.Event(), set()

        def look():
            while not over.is_set():
                try:
                    seen.add(library.stat().st_size)
                except OSError as error:
                    seen.add(error.strerror)

        watcher = threading.Thread(target=look)
        size, before = library.stat().st_size, library.stat().st_mtime_ns
        watcher.start()
        try:
            output("make", "-s", "-C", harness.TOP, f"BUILD={copy}", "-W", "src/preload/libstallwatch.map", library)
        finally:
            over.set()
            watcher.join()
        require(library.stat().st_mtime_ns != before, "it was not linked")
        require(seen <= {size, library.stat().st_size}, f"while it was linked its size was {seen}, not {size} all the time")
