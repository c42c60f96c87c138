"""The library's own code under sanitizers: make check-sanitizers. Nothing may be found in

    address     the unit tests, built with AddressSanitizer and UndefinedBehaviorSanitizer
    thread      the unit tests, built with ThreadSanitizer
    valgrind    the unit tests as they are, under memcheck: what that finds alone, since with it some come too late for their
                own measures
    corpus      the C programs of tests/programs, with a library preloaded that is built with the first two: each prints and
                ends as with the sanitizers' library alone
    memcheck    a few of these programs under memcheck, with the library as it is

    sanitizers.py [PART...]     all of them, unless some are named

Some tests cannot be run so, and are named with the reason.
"""

import concurrent.futures
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

import expectations
import harness

HELPER = "the helper is started by a task that shares the program's memory, which the sanitizer cannot follow"
LEFT_OUT = {
    "address": {
        "helper": HELPER,
        "helper_due": HELPER,
        "modules": "the sanitizer's own functions stand where the test looks for libc's",
        "symbols": "takes too long",
        "unwind": "counts calls of malloc by a malloc of its own",
    },
    "thread": {
        "helper": HELPER,
        "helper_due": HELPER,
        "modules": "the sanitizer's own functions stand where the test looks for libc's",
        "report_json": "one check of it takes too long",
        "sampler": "a signal is not let in at once, and the sanitizer's frames are on the stack",
        "unwind": "counts calls of malloc by a malloc of its own",
        "unwind_each_instruction": "steps through each instruction, which are the sanitizer's then",
    },
    "valgrind": {
        "arena": "takes too long",
        "helper": HELPER,
        "helper_due": HELPER,
        "instruction": "takes too long",
        "memory": "the main thread's stack is none that /proc/self/maps names",
        "modules": "there is no vDSO",
        "report": "takes too long",
        "sampler": "there is no membarrier(2)",
        "sampler_signal": "the same",
        "symbols": "there is no vDSO, and it takes too long",
        "symbolize": "takes too long",
        "unwind": "the code that runs is valgrind's",
        "unwind_each_instruction": "the same",
        "wait_target": "asks the kernel of bad addresses",
    },
    "corpus": {
        "bad_sets": "the sanitizer reads the bad addresses itself",
        "calls_hostile": "the same",
        "confined": "as the program ends, the sanitizer maps its shadow memory anew, which the filter forbids",
        "frameworks/libpq_callback": "libpq waits without end with the sanitizer alone",
        "frameworks/gtk_window": "its X server does not come up with the sanitizer",
    },
}
# Without disable_coredump=0 the runtime calls setrlimit(2), which is wrapped, before the library's own code may run under it.
ENVIRONMENT = {"ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:disable_coredump=0", "UBSAN_OPTIONS": "print_stacktrace=1",
               "CK_TIMEOUT_MULTIPLIER": "20"}
MEMCHECK = ("epoll_sleep", "epoll_cpu", "many_sleeps", "wait_poll", "two_loops", "locks", "files", "exits", "forks")
FINDINGS = ("Sanitizer", "runtime error", "==ERROR")
ADDRESS, THREAD = harness.BUILD / "sanitized", harness.BUILD / "threads"


def finding(text):
    return any(word in text for word in FINDINGS)


def errors_of_valgrind(folder):
    """Of all processes; what begins with two dashes is of valgrind's own making (a system call that it does not know)."""
    lines = [line for path in sorted(pathlib.Path(folder).iterdir()) for line in path.read_text(errors="replace").splitlines()]
    return "\n".join(line for line in lines if line.startswith("=="))


def unit_tests(part, build, before=()):
    """All of them, by one of the sanitizers; those that a fork of the test itself runs are seen too."""
    def run(source):
        name = source.stem[len("test_"):]
        with tempfile.TemporaryDirectory() as folder:
            ran = subprocess.run([*(word.format(folder=folder) for word in before), build / "tests/unit" / source.stem],
                                 cwd=harness.TOP, capture_output=True, text=True, errors="replace", timeout=900,
                                 env={**harness.clean_environment(), **ENVIRONMENT, "STALLWATCH_BUILD": str(build)})
            said = errors_of_valgrind(folder)
        good = (ran.returncode == 0 or bool(before)) and not said and not finding(ran.stdout + ran.stderr)
        return name, good, said + ran.stdout + ran.stderr
    sources = sorted((harness.TOP / "tests/unit").glob("test_*.c"))
    return run_all(part, run, [source for source in sources if source.stem[len("test_"):] not in LEFT_OUT[part]])


def address():
    return unit_tests("address", ADDRESS)


def thread():
    return unit_tests("thread", THREAD)


def valgrind():
    harness.need("valgrind")
    return unit_tests("valgrind", harness.BUILD, ("valgrind", "-q", "--log-file={folder}/%p"))


def ends(command, preload, environment, seconds=60):
    """What a program prints and how it ends; what it said besides."""
    with harness.Run(command, preload=preload, environment=environment) as run:
        try:
            run.wait(seconds)
        except harness.Failure as failure:
            return str(failure), run.stderr
        run.records()
        return (run.code, run.stdout), run.stderr


def corpus():
    runtime = subprocess.run(["cc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True).stdout.strip()
    watched = {**ENVIRONMENT, "LD_PRELOAD": f"{runtime} {ADDRESS / harness.LIBRARY.name}", "STALLWATCH_LOG": "none",
               "STALLWATCH_HELPER": str(harness.BUILD / "stallwatch-symbolize")}
    runs = [(name, source, lines) for name, source, lines in expectations.programs()
            if source.suffix == ".c" and expectations.name_of(source) not in LEFT_OUT["corpus"]
            and (harness.PROGRAMS / expectations.name_of(source)).exists() and not any(word == "kill" for word, _ in lines)]

    def run(each):
        name, source, lines = each
        asked = dict(rest.split("=", 1) for word, rest in lines if word == "env")
        with tempfile.TemporaryDirectory() as folder:
            words = [part.replace("%d", folder) for word, rest in lines if word == "args" for part in shlex.split(rest)]
            command = [harness.PROGRAMS / expectations.name_of(source), *words]
            plain, _ = ends(command, False, {**ENVIRONMENT, "LD_PRELOAD": runtime})
            found, said = ends(command, True, {**asked, **watched})
        good = found == plain and isinstance(plain, tuple) and not finding(said)
        return name, good, f"{plain}\n{found}\n{said}"
    return run_all("corpus", run, runs)


def memcheck():
    harness.need("valgrind")

    def run(name):
        with tempfile.TemporaryDirectory() as folder:
            program = harness.PROGRAMS / name
            plain, _ = ends([program], False, {})
            found, _ = ends(["valgrind", "-q", f"--log-file={folder}/%p", program], True, {"STALLWATCH_LOG": "none"})
            said = errors_of_valgrind(folder)
        return name, found == plain and not said, f"{plain}\n{found}\n{said}"
    return run_all("memcheck", run, MEMCHECK)


def run_all(part, run, things):
    """One line for what failed; returns how many did."""
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for name, good, said in pool.map(run, things):
            failed += not good
            if not good:
                print(f"FAIL {part}: {name}\n{said[-3000:]}", flush=True)
    for name, reason in LEFT_OUT.get(part, {}).items():
        print(f"skip {part}: {name}: {reason}")
    print(f"{part}: {len(things) - failed} without a finding, {failed} failed, {len(LEFT_OUT.get(part, {}))} left out", flush=True)
    return failed


PARTS = {function.__name__: function for function in (address, thread, valgrind, corpus, memcheck)}


def main(names):
    failed = 0
    for name in names or PARTS:
        try:
            failed += PARTS[name]()
        except harness.Skip as reason:
            print(f"skip {name}: {reason}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
