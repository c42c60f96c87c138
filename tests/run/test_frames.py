"""Frames of native code, whichever way its debug information comes: inside, compressed, apart, shared by dwz, by another
compiler or language, or not at all."""

import lzma
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import harness
from harness import require

SOURCE = harness.TOP / "tests/run/fixtures/stalls.c"
LINES = {match[1].replace("NAME_", ""): number for number, line in enumerate(SOURCE.read_text().splitlines(), 1)
         if (match := re.search(r"/\* the line of (\w+) \*/", line))}


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60, **options)
    require(done.returncode == 0, f"{command}: {done.stderr[-800:]}")
    return done.stdout


def compiled(folder, name, *flags, compiler="cc"):
    """lib<name>.so, its functions named after it."""
    path = folder / f"lib{name}.so"
    run(compiler, "-O2", "-g", "-fPIC", *(["-fno-toplevel-reorder"] if compiler == "cc" else []), "-fvisibility=hidden", "-shared", f"-DNAME={name}", *flags, SOURCE, "-o", path, cwd=folder)
    return path


def apart(path, debug):
    """Moves the debug information into a file of its own."""
    debug.parent.mkdir(parents=True, exist_ok=True)
    run("objcopy", "--only-keep-debug", path, debug)
    run("objcopy", "--strip-all", path)


def build_id(path):
    return re.search(r"Build ID: ([0-9a-f]+)", run("readelf", "-n", path))[1]


def frames_of(libraries, arguments=None, **environment):
    """Stalls in all of them; returns the frames of each, by its file's name."""
    with harness.program("frames", *(arguments or libraries), environment={"STALLWATCH_SAMPLES": "1", **environment}) as watched:
        watched.wait()
        require(watched.code == 0, watched.stdout + watched.stderr)
        found = {}
        for stall in watched.stalls():
            for frame in stall["stacks"][0]["frames"] if stall["stacks"] else ():
                if frame["module"] in {path.name for path in libraries}:
                    found.setdefault(frame["module"], []).append(frame)
        missing = {path.name for path in libraries} - set(found)
        require(not missing, f"no stack in {missing}\n{harness.show(watched.records())}")
        return found


def problem(frames, name):
    """What is wrong with the frames of a library that has all its lines; None: nothing."""
    expected = [(f"{name}_inlined", LINES["inlined"], True), (f"{name}_hidden", LINES["hidden"], False),
                ("stall_now", LINES["stall_now"], False)]
    got = [(frame["function"], frame["line"], frame["inlined"]) for frame in frames]
    if got != expected:
        return f"{name}: {got}"
    wrong = [frame["file"] for frame in frames if frame["file"] != str(SOURCE)]
    return f"{name}: files {wrong}" if wrong else None


def test_lines():
    with tempfile.TemporaryDirectory(prefix="stallwatch-test-") as temporary:
        folder = pathlib.Path(temporary)
        built = {name: compiled(folder, name, *flags) for name, flags in {
            "dwarf4": ["-gdwarf-4"], "dwarf5": ["-gdwarf-5"], "zlib": ["-gz=zlib"], "split": ["-gsplit-dwarf"],
            "split4": ["-gsplit-dwarf", "-gdwarf-4"], "beside": [], "below": [], "byid": [], "one": [], "two": []}.items()}
        if shutil.which("clang"):
            built["clang"] = compiled(folder, "clang", compiler="clang")
            built["clang4"] = compiled(folder, "clang4", "-gdwarf-4", compiler="clang")
        for name, debug in (("beside", "libbeside.debug"), ("below", ".debug/libbelow.debug")):
            apart(built[name], folder / debug)
            run("objcopy", f"--add-gnu-debuglink={folder / debug}", built[name])
        identity = build_id(built["byid"])
        apart(built["byid"], folder / "store/.build-id" / identity[:2] / f"{identity[2:]}.debug")
        if shutil.which("dwz"):
            run("dwz", "-m", folder / "common.dwz", built["one"], built["two"])
        found = frames_of(built.values(), DEBUGINFO_PATH=f":.debug:{folder / 'store'}")
        wrong = [one for name, path in built.items() if (one := problem(found[path.name], name))]
        require(not wrong, "\n".join(wrong))


def functions(frames):
    return [frame["function"] for frame in frames]


def minidebuginfo(folder, path):
    """What Fedora leaves in a stripped file: its symbol table, compressed."""
    small = folder / "small"
    run("objcopy", "--only-keep-debug", path, small)
    run("objcopy", "--strip-debug", small)
    (folder / "small.xz").write_bytes(lzma.compress(small.read_bytes()))
    run("objcopy", "--strip-all", "--add-section", f".gnu_debugdata={folder / 'small.xz'}", path)


def test_without_lines():
    with tempfile.TemporaryDirectory(prefix="stallwatch-test-") as temporary:
        folder = pathlib.Path(temporary)
        symbols, stripped, small, replaced, newer, zstd = (
            compiled(folder, name, *flags) for name, flags in {"symbols": ["-g0"], "stripped": ["-s"], "small": [], "replaced": [],
                                                              "newer": ["-O0"], "zstd": []}.items())
        minidebuginfo(folder, small)
        run("objcopy", "--compress-debug-sections=zstd", zstd)
        libraries = [symbols, stripped, small, replaced, zstd]
        found = frames_of(libraries, [symbols, stripped, small, zstd, f"{replaced}={newer}"])
        names = {name: functions(frames) for name, frames in found.items()}
        require(names["libsymbols.so"] == ["symbols_hidden", "stall_now"], f"{names}")
        require(names["libstripped.so"] == [None, "stall_now"], f"{names}")
        require(names["libsmall.so"] == ["small_hidden", "stall_now"], f"{names}")
        require(all(frame["offset"] and frame["build_id"] for frame in found["libstripped.so"]), f"{found['libstripped.so']}")
        # What stands on the disk now is another file: nothing of it may be told, only what the loader has.
        require(names["libreplaced.so"] == [None, "stall_now"], f"{names}")
        require(all(frame["file"] is None for frame in found["libreplaced.so"]), f"{found['libreplaced.so']}")
        # elfutils reads it from 0.189 on.
        require(not problem(found["libzstd.so"], "zstd") or names["libzstd.so"] == ["zstd_hidden", "stall_now"], f"{names}")


def test_mangled_names():
    with tempfile.TemporaryDirectory(prefix="stallwatch-test-") as temporary:
        folder = pathlib.Path(temporary)
        libraries = [folder / "libcpp.so"]
        run("c++", "-O2", "-g", "-fPIC", "-shared", SOURCE.with_suffix(".cpp"), "-o", libraries[0])
        rustc = shutil.which("rustc", path=f"{os.environ.get('PATH', '')}:{pathlib.Path.home()}/.cargo/bin")
        for name in ("legacy", "v0") if rustc else ():
            for kind, flags in {"": ["-g"], "_symbols": ["-C", "debuginfo=0"]}.items():
                libraries.append(folder / f"lib{name}{kind}.so")
                run(rustc, "--crate-type", "cdylib", "--crate-name", "fixture", "-O", *flags, "-Z", "unstable-options",
                    "-C", f"symbol-mangling-version={name}", "-o", libraries[-1], SOURCE.with_suffix(".rs"), cwd=folder,
                    env={**os.environ, "RUSTC_BOOTSTRAP": "1"})
        found = frames_of(libraries)
        cpp = functions(found["libcpp.so"])
        require(cpp[0] == "shop::Till<int>::count(char const*, int)" and cpp[1].startswith("stall_now::{lambda(int)#1}::operator()")
                and cpp[2] == "stall_now", f"{cpp}")
        for path in libraries[1:]:
            names = functions(found[path.name])
            require(any(re.fullmatch(r"<?fixture::shop::Till<\w+>>?::count", name or "") for name in names), f"{path.name}: {names}")
            require(any(re.fullmatch(r"std::thread::(\w+::)?sleep", name or "") for name in names) or "_symbols" in path.name, f"{path.name}: {names}")
            require(not any(re.search(r"h[0-9a-f]{16}|\$|_ZN|_R[A-Z]", name or "") for name in names), f"{path.name}: {names}")
        if not rustc:
            raise harness.Skip("C++ passed; rustc is not installed")


def test_vdso():
    with harness.program("frames", "vdso", environment={"STALLWATCH_SAMPLES": "64"}) as watched:
        watched.wait()
        frames = [frame for stall in watched.stalls() for stack in stall["stacks"] for frame in stack["frames"]]
        require(any(frame["module"] == "[vdso]" and frame["function"] for frame in frames), f"{functions(frames)}")
        require(any(frame["function"] == "ask_the_time" for frame in frames), f"{functions(frames)}")


def test_program_at_fixed_addresses():
    with tempfile.TemporaryDirectory(prefix="stallwatch-test-") as temporary:
        source, program = harness.TOP / "tests/programs/epoll_sleep.c", pathlib.Path(temporary) / "fixed"
        run("cc", "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-g", "-no-pie", "-pthread", f"-I{source.parent}", source, "-o", program, "-lm")
        for stripped in (False, True):
            if stripped:
                run("strip", program)
            with harness.Run([program]) as watched:
                frames = [frame for frame in watched.wait().only_stall()["stacks"][0]["frames"] if frame["module"] == "fixed"]
            require(all(frame["offset"] and frame["build_id"] for frame in frames), f"{frames}")
            own = [frame for frame in frames if frame["function"] == "on_event" and frame["line"]]
            require(stripped or (own and own[0]["file"] == str(source)), f"{frames}")
            require(not stripped or {frame["function"] for frame in frames} == {None}, f"{functions(frames)}")
