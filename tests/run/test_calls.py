"""The calls that are wrapped: each is named in a report with what it was on, each is in the manual, and none is forgotten
among the names that libc exports."""

import fnmatch
import re
import subprocess

import harness
from harness import require

TABLE = (harness.TOP / "src/preload/notes/calls_table.h").read_text()
ROW = re.compile(r"^ {4}X\((\w+), +(\w+), +(\w+)\)", re.MULTILINE)

PROGRAMS = ("calls_each", "calls_waits", "calls_more")

# In neither of them, and why.
ELSEWHERE = {
    "pthread_cond_wait": "needs another thread: locks.c",
    "cnd_wait": "needs another thread: calls_blocked_locks.c",
    "futex": "raw_calls.c",
    "io_getevents": "raw_calls.c",
}

# Not functions of that name.
BY_SYSCALL = {"futex", "io_getevents", "io_uring_enter", "openat2", "stallwatch_loop_wait"}


def rows():
    found = ROW.findall(TABLE)
    require(len(found) > 150, f"only {len(found)} rows are understood")
    return found


def exported():
    """The names under which the library stands in front of libc, without what is only another name."""
    result = subprocess.run(["nm", "-D", "--defined-only", harness.LIBRARY], capture_output=True, text=True, timeout=20,
                            check=True)
    names = {line.split()[-1].split("@")[0] for line in result.stdout.splitlines()}
    return {re.sub(r"^(__|_IO_)", "", re.sub(r"(_chk|_2)$", "", name)) for name in names}


def public(name):
    """A name as reports use it."""
    name = re.sub(r"64(?=v2$|$)", "", name)
    name = re.sub(r"^isoc(99|23)_", "", name)
    return {"xstat": "stat", "lxstat": "lstat", "fxstat": "fstat", "fxstatat": "fstatat", "preadvv2": "preadv2",
            "pwritevv2": "pwritev2", "fflush_unlocked": "fflush", "vsyslog": "syslog", "uflow": "getc_unlocked",
            "overflow": "putc_unlocked"}.get(name, name)


def longest_calls(program):
    """What a program printed, and the two longest calls of each of its stalls: what opens a thing and what closes it take
    about the same time. A busy machine may not let the watchdog fetch all of them in time, so up to three runs are taken
    together."""
    found = {}
    for _ in range(3):
        with harness.program(program, environment={"STALLWATCH_THRESHOLD_MS": "4", "STALLWATCH_MAX_REPORTS": "1000",
                                                   "STALLWATCH_SAMPLES": "1"}) as run:
            run.wait(60)
            listed = [line.split("\t") for line in run.stdout.splitlines()]
            for stall in run.stalls():
                for call in stall["calls"][:2]:
                    found.setdefault(call["name"], set()).add((call["detail"] or "", call["count"]))
        if all(name in found for name, _ in listed):
            break
    return listed, found


def test_each_is_named_with_its_detail():
    made, problems = set(), []
    for program in PROGRAMS:
        listed, found = longest_calls(program)
        if not listed:
            raise harness.Skip(f"{program}: no message queues here")
        made |= {name for name, _ in listed}
        problems += [f"{name}: expected {detail!r}, found {sorted(found.get(name, ()))[:3]}" for name, detail in listed
                     if not any(fnmatch.fnmatchcase(one, detail) and count > 1 for one, count in found.get(name, ()))]
    require(not problems, "\n".join(problems))
    missing = {name for name, _, kind in rows() if kind != "WAIT"} - made - set(ELSEWHERE)
    require(not missing, f"no program makes {missing}")


def test_each_row_has_a_wrapper():
    names = {public(name) for name in exported()}
    missing = {name for name, _, _ in rows()} - names - BY_SYSCALL
    require(not missing, f"in the table, and not wrapped: {missing}")


def test_names_of_newer_libcs():
    """A library that was built with an older libc, or by another compiler, stands in front of the same names: programs compiled
    with glibc 2.38 and newer call scanf by its name of C23, and clang hid what <stdio.h> defines by itself."""
    result = subprocess.run(["nm", "-D", "--defined-only", harness.LIBRARY], capture_output=True, text=True, timeout=20,
                            check=True)
    names = {line.split()[-1] for line in result.stdout.splitlines()}
    wanted = {f"__isoc23_{name}" for name in ("scanf", "fscanf", "vscanf", "vfscanf", "wscanf", "fwscanf", "vwscanf", "vfwscanf")}
    wanted |= {"getline", "getchar", "putchar", "getc_unlocked", "fputc_unlocked", "getchar_unlocked"}
    require(wanted <= names, f"not exported: {sorted(wanted - names)}")


def test_manual_lists_them():
    page = (harness.TOP / "man/stallwatch.7").read_text()
    section = page.split(".Sh WRAPPED CALLS", 1)[1].split("\n.Pp\nSingle characters\n", 1)[0]
    listed = set()
    for line in section.splitlines():
        if line.startswith(".Xr "):
            listed.add(line.split()[1])
    table = {name for name, _, _ in rows()} - {"stallwatch_loop_wait"}
    require(table - listed == set(), f"not in stallwatch(7): {sorted(table - listed)}")
    require(listed - table == set(), f"in stallwatch(7), and not wrapped: {sorted(listed - table)}")
