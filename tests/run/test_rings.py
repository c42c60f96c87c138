"""liburing.so where it comes with a plugin, under another name, and where there is none at all: our definitions of its
functions come first, and must not be in the way."""

import pathlib
import subprocess
import tempfile

import harness
from harness import require

PLUGIN = r"""
#include <liburing.h>
int turn(int times);
int turn(int times)
{
    struct io_uring ring;
    int error = io_uring_queue_init(4, &ring, 0), i;
    for (i = 0; error == 0 && i < times; i++) {
        struct io_uring_cqe *cqe;
        io_uring_prep_nop(io_uring_get_sqe(&ring));
        if (io_uring_submit_and_wait(&ring, 1) != 1 || (error = io_uring_wait_cqe(&ring, &cqe)) != 0)
            return error == 0 ? -1 : error;
        io_uring_cqe_seen(&ring, cqe);
    }
    if (error == 0)
        io_uring_queue_exit(&ring);
    return error;
}
"""
PROGRAM = r"""
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char **arguments)
{
    void *plugin = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    int (*turn)(int) = plugin ? (int (*)(int))dlsym(plugin, "turn") : NULL;
    printf("%d\n", count == 2 && turn != NULL ? turn(20) : -1000);
    return 0;
}
"""
PROBE = r"""
#include <stdio.h>
#include <dlfcn.h>
int main(void)
{
    int (*wait)(void *, unsigned) = (int (*)(void *, unsigned))dlsym(RTLD_DEFAULT, "io_uring_submit_and_wait");
    printf("%d\n", wait != NULL ? wait(NULL, 1) : -38);
    return 0;
}
"""


def compile_in(folder, name, source, *flags):
    (folder / f"{name}.c").write_text(source)
    subprocess.run(["gcc", "-O2", "-D_GNU_SOURCE", "-o", folder / name, folder / f"{name}.c", *flags], check=True, timeout=60)
    return folder / name


def answers(*command, **environment):
    found = []
    for preload in (False, True):
        with harness.Run(list(command), preload=preload, environment=environment) as run:
            run.wait()
            require(run.code == 0, f"exit code {run.code}: {run.stderr}")
            found.append(run.stdout)
    return found


def test_of_a_plugin():
    if not pathlib.Path("/usr/include/liburing.h").exists():
        raise harness.Skip("no liburing-dev")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        plugin = compile_in(folder, "plugin.so", PLUGIN, "-fPIC", "-shared", "-luring")
        program = compile_in(folder, "program", PROGRAM)
        plain, watched = answers(str(program), str(plugin))
        if plain != "0\n":
            raise harness.Skip(f"io_uring does not work here: {plain}")
        require(watched == plain, f"{watched} with the library")
        # As wheels have it: a copy with a name of its own, which only the plugin knows.
        real = pathlib.Path("/lib/x86_64-linux-gnu/liburing.so.2").resolve()
        (folder / "liburing-3f2a.so").write_bytes(real.read_bytes())
        subprocess.run(["patchelf", "--set-soname", "liburing-3f2a.so", folder / "liburing-3f2a.so"], check=True, timeout=60)
        plugin = compile_in(folder, "copied.so", PLUGIN, "-fPIC", "-shared", folder / "liburing-3f2a.so", f"-Wl,-rpath,{folder}")
        plain, watched = answers(str(program), str(plugin))
        require(plain == watched == "0\n", f"{plain} without, {watched} with the library")


def test_of_nobody():
    with tempfile.TemporaryDirectory() as folder:
        plain, watched = answers(str(compile_in(pathlib.Path(folder), "probe", PROBE)))
        require(plain == watched == "-38\n", f"{plain} without, {watched} with the library")
