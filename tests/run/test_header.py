"""include/stallwatch.h in whatever way a program is built: it compiles without a word, links with nothing, is answered where
the library is preloaded, and runs unchanged where it is not."""

import pathlib
import shutil
import subprocess
import tempfile

import harness
from harness import require

SOURCE = r"""
#include "stallwatch.h"
#include <stdio.h>
#ifdef TWO
int other(void);
#endif
#ifdef OTHER
int other(void);
int other(void) { return stallwatch_active(); }
#else
int main(void)
{
    int kept;
    errno = 77;
    stallwatch_loop_wait_begin(&kept);
    stallwatch_loop_wait_end(&kept);
    stallwatch_allow_begin("why");
    stallwatch_label("what");
    stallwatch_allow_end();
    kept = errno;
#ifdef TWO
    if (other() != stallwatch_active())
        return 1;
#endif
    printf("%d %d\n", kept, stallwatch_active());
    return 0;
}
#endif
"""

C99 = ["-x", "c", "-std=c99"]
CPP = ["-x", "c++", "-std=c++17"]
STRICT = ["-pedantic", "-Wall", "-Wextra", "-Wshadow", "-Werror"]


def output(program, preload):
    with harness.Run([program], preload=preload) as run:
        run.wait()
        require(run.code == 0, f"exit code {run.code}: {run.stdout}{run.stderr}")
        return run.stdout


def try_way(compiler, *flags, answer=1):
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder) / "uses", pathlib.Path(folder) / "program"
        source.write_text(SOURCE)
        build = subprocess.run([compiler, *flags, *STRICT, f"-I{harness.TOP}/include", "-o", program, source], timeout=120,
                               capture_output=True, text=True)
        require(build.returncode == 0 and not build.stderr, f"{compiler} {flags}: {build.stderr}")
        require(output(program, False) == "77 0\n", f"{compiler} {flags}: {output(program, False)} without the library")
        require(output(program, True) == f"77 {answer}\n", f"{compiler} {flags}: {output(program, True)} with the library")


def compilers():
    return [(c, cpp) for c, cpp in (("gcc", "g++"), ("clang", "clang++")) if shutil.which(c) and shutil.which(cpp)]


def test_languages():
    for c, cpp in compilers():
        try_way(c, *C99)
        try_way(c, "-x", "c", "-std=gnu11", "-D_GNU_SOURCE", "-include", "unistd.h")
        try_way(cpp, *CPP)
        try_way(cpp, *CPP, "-D_GNU_SOURCE", "-include", "unistd.h")
        try_way(cpp, "-x", "c++", "-std=c++11")


def test_not_position_independent():
    for c, cpp in compilers():
        try_way(c, *C99, "-fno-pie", "-no-pie")
        try_way(cpp, *CPP, "-O2", "-fno-pie", "-no-pie")


def test_static():
    for c, cpp in compilers():
        try_way(c, *C99, "-static", answer=0)
        try_way(cpp, *CPP, "-static", answer=0)


def test_optimised():
    for flags in (["-O3"], ["-O2", "-flto"], ["-Os", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"]):
        try_way("gcc", *C99, *flags)


def test_two_units():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "uses.c").write_text(SOURCE)
        for extra in (["-fPIE", "-pie"], ["-fno-pie", "-no-pie", "-flto"]):
            flags = ["-std=c99", "-O2", *STRICT, f"-I{harness.TOP}/include", *extra]
            subprocess.run(["gcc", *flags, "-DOTHER", "-c", "-o", folder / "other.o", folder / "uses.c"], check=True)
            subprocess.run(["gcc", *flags, "-DTWO", "-o", folder / "program", folder / "uses.c", folder / "other.o"], check=True)
            require(output(folder / "program", True) == "77 1\n", f"{extra}")
            require(output(folder / "program", False) == "77 0\n", f"{extra}")


def test_by_name():
    """The functions are exported too, for languages that call them by name."""
    code = "import ctypes; library = ctypes.CDLL(None); print(library.stallwatch_active())"
    with harness.Run([harness.PYTHON, "-c", code]) as run:
        run.wait()
        require(run.stdout == "1\n", run.stdout + run.stderr)
