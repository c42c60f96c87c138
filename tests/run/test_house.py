"""The rules of the house, held by the objects themselves: what runs on a loop thread calls nothing that locks, allocates or
writes; the library needs libc alone and exports wrappers alone; and includes go one way down."""

import ctypes.util
import pathlib
import platform
import re
import subprocess

import harness
from harness import require

SOURCES = harness.TOP / "src"
OBJECTS = harness.BUILD / "obj/src/preload"
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)

# What must not be called, by what is wrong with it.
FORBIDDEN = {
    "allocates": re.compile(r"(malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|posix_memalign|aligned_alloc|"
                            r"memalign|getline|getdelim|scandir|opendir|setenv|putenv)"),
    "formats": re.compile(r"(__)?v?(s|sn|f|d|as)?printf(_chk)?|perror|strerror(_r)?|psignal"),
    "is stdio": re.compile(r"f(open|dopen|close|flush|read|write|puts|putc|gets|getc|seek|tell|ileno|scanf)(64)?|puts|putchar|"
                           r"sscanf|setvbuf|stdin|stdout|stderr|popen|pclose|system"),
    "locks or starts a thread": re.compile(r"pthread_(mutex|rwlock|cond|spin|once|key|barrier|create|join|cancel|atfork|"
                                           r"setspecific|getspecific)\w*|sem_\w+|call_once|mtx_\w+|dl_iterate_phdr|atexit"),
    "takes the loader's lock or loads": re.compile(r"dl(open|close|sym|vsym|addr|addr1|error|info|mopen)|__tls_get_addr|"
                                                   r"__libc_dl\w+|sw_loader_\w+|sw_threads_\w+"),
    "unwinds": re.compile(r"_?unw_\w+|_U\w+|_Unwind_\w+|backtrace\w*"),
    "reads the environment or the locale": re.compile(r"(secure_)?getenv|setlocale|localeconv|\w*gettext|localtime(_r)?|tzset"),
}
# Where one of them is right all the same, and why.
ALLOWED = {
    ("interpose/next.o", "sw_loader_next"): "finds the real function, once a wrapper",
    ("interpose/next.o", "sw_loader_next_of_first_version"): "the same, for names that only old programs have",
    ("interpose/next.o", "sw_threads_library"): "the same, where glibc has threads in a library of their own",
    ("interpose/next.o", "sw_loader_symbol"): "the same, in that library",
    ("interpose/rings.o", "sw_loader_next"): "a plugin's liburing, once a function",
    ("interpose/rings.o", "sw_loader_symbol"): "a plugin's liburing, once a function",
    ("interpose/rings.o", "sw_loader_open"): "the same: RTLD_NOLOAD",
    ("interpose/rings.o", "sw_loader_map_of"): "the same",
    ("interpose/stdio.o", "stdin"): "the stream that the call is on",
    ("interpose/stdio.o", "stdout"): "the stream that the call is on",
    ("interpose/stdio_format.o", "stdin"): "the stream that the call is on",
    ("interpose/stdio_format.o", "stdout"): "the stream that the call is on",
    ("interpose/stdio_positions.o", "stdin"): "the stream that the call is on",
    ("interpose/stdio_positions.o", "stdout"): "the stream that the call is on",
    ("interpose/stdio_wide.o", "stdin"): "the stream that the call is on",
    ("interpose/stdio_wide.o", "stdout"): "the stream that the call is on",
    ("interpose/thread_ends.o", "sw_threads_start"): "once, as the main thread ends",
    ("interpose/thread_ends.o", "sw_threads_count"): "reads /proc: no lock",
    ("libc/threads.o", "pthread_create"): "asked for by the two that may start one",
    ("notes/clock.o", "sw_loader_libc"): "the clock without a TSC: once, RTLD_NOLOAD",
    ("notes/clock.o", "sw_loader_symbol"): "the clock without a TSC: once",
    ("watch/watchdog.o", "sw_threads_start"): "the watchdog itself",
    ("watch/watchdog.o", "sw_threads_find_number"): "looks into the calling thread's own record: no lock",
    ("watch/early.o", "sw_threads_start"): "the watchdog itself, before there is a loop",
    ("watch/early.o", "sw_threads_count"): "reads /proc: no lock",
    ("watch/leaving.o", "sw_threads_know_this"): "looks into the calling thread's own record: no lock",
    ("watch/leaving.o", "sw_loader_forget_error"): "on the thread of the program that shuts itself in",
    ("watch/watchdog.o", "sw_loader_forget_error"): "on the thread of the program that starts it",
    ("watch/detail_lock.o", "sw_threads_number_offset"): "a number that has been found: no lock",
    ("languages/python_threads.o", "sw_threads_number_offset"): "the same",
    ("watch/waits_for.o", "sw_threads_number_offset"): "the same",
    ("watch/unwinder.o", "pthread_mutex_lock"): "one of its own, that no other thread knows, to have libc's found",
    ("watch/unwinder.o", "pthread_mutex_unlock"): "the same",
}
# Loading is the business of these rooms: on the thread that starts the watchdog, or on the watchdog's where libc knows of it.
ALLOWED_ROOMS = {"stack": {"takes the loader's lock or loads"}, "libc": {"takes the loader's lock or loads"}}

# A room may include its own headers, those of the rooms named, and of src/preload itself.
MAY_INCLUDE = {
    "common": set(),
    "libc": {"common", "machine"},
    "machine": {"common"},
    "notes": {"common", "libc", "machine"},
    "stack": {"common", "libc", "machine"},
    "report": {"common", "machine", "notes"},
    "languages": {"common", "libc", "stack"},
    "interpose": {"common", "libc", "notes", ""},  # "": include/
}
# The rooms of src/preload/watch, from the ground up: each may include those before it; watch itself all of them.
WATCH = ["kernel", "sampler", "kept", "samples", "whose", "calls", "cause", "holder", "tell", "pools", ""]


def undefined(path):
    """Each object's symbols that it wants from elsewhere."""
    result = subprocess.run(["nm", "-u", path], capture_output=True, text=True, timeout=20, check=True)
    return {line.split()[-1].split("@")[0] for line in result.stdout.splitlines() if line.split()[:1] in (["U"], ["w"])}


def broken(room, name, symbols):
    """What is wrong with an object's undefined symbols, in words."""
    for symbol in sorted(symbols):
        for reason, pattern in FORBIDDEN.items():
            if (pattern.fullmatch(symbol) and (f"{room}/{name}", symbol) not in ALLOWED
                    and reason not in ALLOWED_ROOMS.get(room, ())):
                yield f"{room}/{name} uses {symbol}, which {reason}"


def objects():
    found = []
    for source in sorted((SOURCES / "preload").glob("*/**/*.c")):
        inside = source.relative_to(SOURCES / "preload")
        path = (OBJECTS / inside).with_suffix(".o")
        if path.exists() or inside.parts[:-2] != ("stack",):  # stack/ARCHITECTURE: of this one only
            require(path.exists(), f"{path} has not been built")
            found.append((inside.parts[0], path))
    require({"notes", "interpose", "watch", "stack", "languages", "report"} <= {room for room, _ in found}, "rooms are missing")
    return found


def test_nothing_forbidden_is_called():
    problems, used = [], set()
    for room, path in objects():
        symbols = undefined(path)
        used |= {(f"{room}/{path.name}", symbol) for symbol in symbols}
        problems += broken(room, path.name, symbols)
    require(len(used) > 100, f"nm names only {len(used)} symbols")
    require(not problems, "\n".join(problems))
    require(set(ALLOWED) <= used, f"allowed, and no longer used: {set(ALLOWED) - used}")


def test_the_rules_find_what_breaks_them():
    for symbol in ("malloc", "free", "calloc", "realloc", "strdup", "printf", "snprintf", "__snprintf_chk", "vfprintf",
                   "pthread_mutex_lock", "pthread_once", "pthread_create", "dlsym", "dlopen", "unw_step", "_Unwind_Backtrace",
                   "_Ux86_64_init_remote", "sw_loader_open", "fopen", "fwrite", "stderr", "puts", "getenv", "fputs", "__tls_get_addr"):
        require(list(broken("notes", "call.o", {symbol})), f"{symbol} is let through")
    for symbol in ("memcpy", "strlen", "sw_call_account", "sw_thread_release", "fork", "sw_free", "pthread_sigmask", "freebsd"):
        require(not list(broken("notes", "call.o", {symbol})), f"{symbol} is refused")
    require(list(broken("interpose", "files.o", {"sw_loader_symbol"})), "sw_loader_symbol is let through in any wrapper")


def test_the_library_needs_libc_alone():
    result = subprocess.run(["readelf", "-dW", harness.LIBRARY], capture_output=True, text=True, timeout=20, check=True)
    needed = set(re.findall(r"\(NEEDED\)\s+Shared library: \[([^]]+)\]", result.stdout))
    require("libc.so.6" in needed, f"needs {needed}")
    require(all(name == "libc.so.6" or name.startswith("ld-linux") for name in needed), f"needs {needed}")
    require("(TEXTREL)" not in result.stdout, "has text relocations")


# The oldest glibc that the library runs with.
OLDEST_GLIBC = (2, 28)


def test_an_old_glibc_has_all_that_is_needed():
    result = subprocess.run(["readelf", "-VW", harness.LIBRARY], capture_output=True, text=True, timeout=20, check=True)
    needed = result.stdout.split("Version needs section", 1)[-1]
    versions = {tuple(int(number) for number in name.split(".")) for name in re.findall(r"Name: GLIBC_([0-9.]+)", needed)}
    require(versions, f"no versions in {needed[:500]}")
    require(max(versions) <= OLDEST_GLIBC, f"needs glibc {max(versions)}")
    require("GLIBC_PRIVATE" not in needed, "needs what is glibc's own")


def test_thread_local_storage_is_small():
    # More would not fit into what libc keeps free for libraries loaded later (dlopen of initial-exec ones).
    result = subprocess.run(["readelf", "-lW", harness.LIBRARY], capture_output=True, text=True, timeout=20, check=True)
    sizes = [int(line.split()[5], 16) for line in result.stdout.splitlines() if line.split()[:1] == ["TLS"]]
    require(len(sizes) == 1 and sizes[0] <= 64, f"thread-local storage of {sizes} bytes")


def test_exports_are_wrappers():
    result = subprocess.run(["nm", "-D", "--defined-only", harness.LIBRARY], capture_output=True, text=True, timeout=20,
                            check=True)
    names = {line.split()[-1].split("@")[0] for line in result.stdout.splitlines()}
    # By its own table: what is there only for programs linked long ago, dlsym does not find.
    libc = pathlib.Path(ctypes.util.find_library("c") or "libc.so.6")
    libc = next(line.split()[-1] for line in pathlib.Path("/proc/self/maps").read_text().splitlines() if libc.name in line)
    listed = subprocess.run(["nm", "-D", "--defined-only", libc], capture_output=True, text=True, timeout=20, check=True)
    libc_names = {line.split()[-1].split("@")[0] for line in listed.stdout.splitlines()}
    require(len(libc_names) > 1000, f"{libc} has only {len(libc_names)} names")
    require({"epoll_wait", "poll", "read", "close", "fork", "_exit"} <= names, f"exports only {names}")
    rings = ctypes.CDLL("liburing.so.2")
    # scanf's names of C23 are there whatever libc it was built with: glibc has them from 2.38 on, and nobody asks whether it does.
    wrong = {name for name in names if name not in libc_names and not name.startswith(("stallwatch_", "__isoc23_"))
             and not ("io_uring" in name and hasattr(rings, name))}
    require(not wrong, f"exports what libc has not: {wrong}")
    allocation = {"malloc", "free", "calloc", "realloc", "dlopen", "pthread_create", "clock_gettime"} & names
    require(not allocation, f"must never be wrapped: {allocation}")


def test_names_with_several_versions_are_looked_up_by_version():
    """dlsym(RTLD_NEXT) gives the oldest version of a name before glibc 2.36: of what libc itself has several that differ, the
    default one is in the loader's table."""
    exported = subprocess.run(["nm", "-D", "--defined-only", harness.LIBRARY], capture_output=True, text=True, timeout=20, check=True)
    ours = {line.split()[-1].split("@")[0] for line in exported.stdout.splitlines()}
    libc = next(line.split()[-1] for line in pathlib.Path("/proc/self/maps").read_text().splitlines() if "libc.so.6" in line)
    listed = subprocess.run(["nm", "-D", "--defined-only", libc], capture_output=True, text=True, timeout=20, check=True)
    addresses, default = {}, {}
    for line in listed.stdout.splitlines():
        address, _, name = line.split()
        name, _, version = name.partition("@")
        addresses.setdefault(name, set()).add(address)
        if version.startswith("@"):
            default[name] = version[1:]
    several = {name: default[name] for name in ours & set(default) if len(addresses[name]) > 1}
    require(len(several) > 5, f"{libc} has {several}")
    source = (SOURCES / "preload/libc/loader.c").read_text()
    known = dict(re.findall(r'\{"(\w+)", "(GLIBC_[0-9.]+)"\}', source))
    missing = {name: version for name, version in several.items() if known.get(name) != version}
    require(not missing, f"not in the table of src/preload/libc/loader.c: {missing}")


def room_of(path):
    parts = path.parts[:-1]
    return parts[1] if len(parts) > 1 and parts[0] == "preload" else parts[0] if parts else ""


def test_includes_go_one_way():
    problems, seen = [], 0
    for path in sorted(SOURCES.rglob("*.[ch]")):
        room = room_of(path.relative_to(SOURCES))
        for included in INCLUDE.findall(path.read_text()):
            seen += 1
            require((SOURCES / included).exists() or (harness.TOP / "include" / included).exists(),
                    f"{path.name} includes {included}, which is not relative to src/")
            target = room_of(pathlib.Path(included))
            if room in MAY_INCLUDE and target not in MAY_INCLUDE[room] | {room, "preload"}:
                problems.append(f"{path.relative_to(SOURCES)} includes {included}")
            if room == "common" and target != "common" or room in ("symbolize", "command") and target not in (room, "common"):
                problems.append(f"{path.relative_to(SOURCES)} includes {included}")
    require(seen > 200, f"only {seen} includes found")
    require(not problems, "\n".join(sorted(set(problems))))


def test_the_watchdogs_rooms_stand_on_each_other():
    watch = SOURCES / "preload/watch"
    problems, seen = [], 0
    for path in sorted(watch.rglob("*.[ch]")):
        room = path.parent.name if path.parent != watch else ""
        require(room in WATCH, f"{path.relative_to(SOURCES)} is in a room that is not listed here")
        for included in INCLUDE.findall(path.read_text()):
            parts = pathlib.PurePath(included).parts
            if parts[:2] != ("preload", "watch"):
                continue
            seen += 1
            if WATCH.index(parts[2] if len(parts) > 3 else "") > WATCH.index(room):
                problems.append(f"{path.relative_to(SOURCES)} includes {included}")
    require(seen > 100, f"only {seen} includes found")
    require(not problems, "\n".join(problems))


def test_headers_stand_alone():
    """Each header compiles by itself: it includes what it needs."""
    for path in sorted(SOURCES.rglob("*.h")):
        if path.name.endswith("_table.h"):
            continue  # a table is read by whoever defines its macro
        if path.name == "musl.h":
            continue  # for musl's headers alone
        if path.parent.name == "machine" and path.stem not in ("machine", platform.machine()):
            continue  # another architecture's
        result = subprocess.run(["cc", "-std=gnu11", "-D_GNU_SOURCE", f"-I{SOURCES}", f"-I{harness.TOP / 'include'}", "-Wall",
                                 "-fsyntax-only", "-x", "c", "-include", path, "/dev/null"], capture_output=True, text=True,
                                timeout=30)
        require(result.returncode == 0 and not result.stderr, f"{path.relative_to(harness.TOP)}:\n{result.stderr[-1500:]}")
