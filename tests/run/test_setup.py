"""scripts/setup where packages come by dnf, apk or pacman: which is found, what it is asked for; the managers are stand-ins that
write down how they were called, since no such system is here. And shellcheck on all scripts."""

import pathlib
import shutil
import subprocess
import tempfile

import harness
from harness import require

# What each is asked whether it is there, and what installs.
MANAGERS = {"dnf": ("rpm -q", "dnf -q -y --setopt=install_weak_deps=False install"), "apk": ("apk info", "apk add -q"),
            "pacman": ("pacman -Q", "pacman -S --needed --noconfirm")}
STAND_IN = """#!/bin/sh
echo "$(basename "$0") $*" >> "$STAND_IN_LOG"
case "$(basename "$0") $*" in rpm*|"apk info"*|"pacman -Q"*) case $* in *{there}*) exit 0 ;; *) exit 1 ;; esac ;; esac
"""


def run_with(manager, there, what="build"):
    """Exit code, the managers' calls, and what was said."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for tool in ("sh", "id", "sudo", "basename"):
            (folder / tool).symlink_to(shutil.which(tool) or "/bin/true")
        for tool in {manager, MANAGERS[manager][0].split()[0]}:
            (folder / tool).write_text(STAND_IN.replace("{there}", there))
            (folder / tool).chmod(0o755)
        log = folder / "log"
        result = subprocess.run([shutil.which("sh"), harness.TOP / "scripts/setup", what], capture_output=True, text=True, timeout=20,
                                env={"PATH": f"{folder}:{dirname_of(folder)}", "STAND_IN_LOG": str(log)})
        return result.returncode, log.read_text().splitlines() if log.exists() else [], result.stderr


def dirname_of(folder):
    """A folder with dirname alone: the system's own would bring dpkg and apt with it."""
    tools = folder / "tools"
    tools.mkdir()
    (tools / "dirname").symlink_to(shutil.which("dirname"))
    return tools


def test_each_manager_installs_what_is_missing():
    for manager, (asks, installs) in MANAGERS.items():
        code, calls, said = run_with(manager, there="jansson")
        require(code == 0, f"{manager}: exit code {code}\n{said}")
        require(sum(call.startswith(asks) for call in calls) >= 8, f"{manager} was not asked: {calls}")
        wanted = [call for call in calls if call.startswith(installs)]
        require(len(wanted) == 1 and "libunwind" in wanted[0] and "make" in wanted[0], f"{manager} was called so: {calls}")
        require("jansson" not in wanted[0], f"{manager}: what is there is installed again: {wanted}")


def test_nothing_is_done_where_nothing_is_missing():
    for manager, (_, installs) in MANAGERS.items():
        code, calls, said = run_with(manager, there="", what="check")
        require(code == 0 and calls and not [call for call in calls if call.startswith(installs)], f"{manager}: {code} {calls} {said}")


def test_what_debian_alone_has_is_refused():
    code, _, said = run_with("dnf", there="", what="package")
    require(code == 1 and "Debian" in said, f"{code} {said}")


def test_scripts_are_clean():
    harness.need("shellcheck")
    scripts = [path for folder in ("scripts", "tests/package", "debian/tests") for path in (harness.TOP / folder).rglob("*")
               if path.is_file() and path.read_bytes().startswith((b"#!/bin/sh", b"#!/bin/bash"))]
    require(len(scripts) > 5, f"only {scripts}")
    result = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, timeout=60)
    require(result.returncode == 0, result.stdout[-3000:])


WITHOUT_HEADER = """
#include <stdio.h>
#include "symbolize/demangle.h"
int main(void)
{
    char name[64];
    sw_demangle("_ZN3one3twoIiEEvv", name, sizeof name);
    puts(name);
    return 0;
}
"""


def test_a_system_with_libiberty_but_not_its_headers():
    """Fedora's binutils-devel is so: the archive, and of the headers libiberty.h alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for entry in pathlib.Path("/usr/include").iterdir():
            if entry.name not in ("libiberty", "demangle.h"):
                (folder / entry.name).symlink_to(entry)
        own = subprocess.run(["gcc", "-print-file-name=include"], capture_output=True, text=True, check=True).stdout.strip()
        machine = subprocess.run(["gcc", "-print-multiarch"], capture_output=True, text=True, check=True).stdout.strip()
        (folder / "main.c").write_text(WITHOUT_HEADER)
        built = subprocess.run(["gcc", "-D_GNU_SOURCE", "-Wall", "-Werror", "-nostdinc", "-isystem", own, "-isystem", folder, "-isystem",
                                folder / machine, "-I", harness.TOP / "src", folder / "main.c", harness.TOP / "src/symbolize/demangle.c",
                                "-liberty", "-o", folder / "main"], capture_output=True, text=True, timeout=60)
        require(built.returncode == 0, built.stderr[:2000])
        said = subprocess.run([folder / "main"], capture_output=True, text=True, timeout=20).stdout
        require(said == "one::two<int>()\n", said)
