"""scripts/setup where packages come by dnf, apk or pacman, with the real managers: each installs into a root of its own, from a
repository of empty packages that is made here. `make check-managers` calls it; what it wants is installed by
`scripts/setup managers`, but for apk, which Debian does not have: it is tried where one is in PATH.

A package that the distribution does not have any more is left out of each repository (redis): what else is wanted must come,
and what is missing be named. What cannot be seen here is whether a distribution calls its packages by the names in the lists.
"""

import gzip
import hashlib
import io
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile

import harness
from harness import require

GONE = "redis"
SETUP = harness.TOP / "scripts/setup-others"


def call(*command, **more):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300, **more)
    require(done.returncode == 0, f"{shlex.join(map(str, command))}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def names_of(manager):
    """What the script wants by this manager: to build, and for the checks."""
    branch = re.search(rf"^{manager}\)$(.*?)^    ;;$", SETUP.read_text(), re.M | re.S).group(1).replace("\\\n", "")
    return [re.search(rf'{name}="(.*?)"', branch).group(1).split() for name in ("build", "check")]


class Dnf:
    """Fedora's: rpm says what is there."""
    tools = ("dnf", "rpm", "rpmbuild", "createrepo_c")

    def __init__(self, folder, names):
        repository = folder / "repository"
        spec = folder / "all.spec"
        text = "Name: all\nVersion: 1\nRelease: 1\nSummary: x\nLicense: none\nBuildArch: noarch\n%description\nx\n"
        for name in names:
            text += f"%package -n {name}\nSummary: x\n%description -n {name}\nx\n%files -n {name}\n"
        spec.write_text(text)
        call("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {folder}/built", "--define", f"_rpmdir {repository}", spec)
        call("createrepo_c", "-q", repository)
        (folder / "sources").mkdir()
        (folder / "sources/here.repo").write_text(f"[here]\nname=here\nbaseurl=file://{repository}\ngpgcheck=0\n")
        root = folder / "root"
        self.commands = {
            "dnf": ["dnf", f"--installroot={root}", "--releasever=1", f"--setopt=reposdir={folder}/sources",
                    f"--setopt=cachedir={folder}/cache"],
            "rpm": ["rpm", "--root", root]}
        call("rpm", "--root", root, "--initdb")

    def installed(self, commands):
        return call(commands / "rpm", "-qa", "--qf", "%{name}\n").split()


class Pacman:
    """Arch's. The index is written here: Debian's pacman comes without what repo-add is made of."""
    tools = ("pacman",)

    def __init__(self, folder, names):
        repository, root = folder / "repository", folder / "root"
        for each in (repository, root / "var/lib/pacman", folder / "cache"):
            each.mkdir(parents=True)
        index = b""
        for name in names:
            package = repository / f"{name}-1-1-any.pkg.tar.gz"
            text = f"pkgname = {name}\npkgver = 1-1\npkgdesc = x\narch = any\nsize = 0\n"
            package.write_bytes(gzip.compress(archive(".PKGINFO", text)))
            fields = {"FILENAME": package.name, "NAME": name, "VERSION": "1-1", "CSIZE": package.stat().st_size, "ISIZE": 0,
                      "SHA256SUM": hashlib.sha256(package.read_bytes()).hexdigest(), "ARCH": "any"}
            text = "".join(f"%{field}%\n{value}\n\n" for field, value in fields.items())
            index += archive(f"{name}-1-1/", ends=False) + archive(f"{name}-1-1/desc", text, ends=False)
        (repository / "here.db").write_bytes(gzip.compress(index + bytes(2 * tarfile.BLOCKSIZE)))
        settings = folder / "pacman.conf"
        settings.write_text(f"[options]\nArchitecture = auto\nSigLevel = Never\n[here]\nServer = file://{repository}\n")
        self.commands = {"pacman": ["pacman", "--root", root, "--config", settings, "--cachedir", folder / "cache",
                                    "--hookdir", folder, "--logfile", folder / "log"]}
        call(*self.commands["pacman"], "-Sy")

    def installed(self, commands):
        return [line.split()[0] for line in call(commands / "pacman", "-Q").splitlines()]


class Apk:
    """Alpine's: an index of packages, each of two archives one after the other, the first without its end."""
    tools = ("apk",)

    def __init__(self, folder, names):
        architecture = call("apk", "--print-arch").strip()
        repository, root = folder / "repository" / architecture, folder / "root"
        repository.mkdir(parents=True)
        packages = []
        contents = gzip.compress(archive("usr/"))
        for name in names:
            text = f"pkgname = {name}\npkgver = 1-r0\npkgdesc = x\narch = {architecture}\nsize = 0\n"
            text += f"datahash = {hashlib.sha256(contents).hexdigest()}\n"
            packages.append(repository / f"{name}-1-r0.apk")
            packages[-1].write_bytes(gzip.compress(archive(".PKGINFO", text, ends=False)) + contents)
        call("apk", "index", "-q", "--allow-untrusted", "-o", repository / "APKINDEX.tar.gz", *packages)
        (folder / "repositories").write_text(f"{folder / 'repository'}\n")
        self.commands = {"apk": ["apk", "--root", root, "--repositories-file", folder / "repositories", "--allow-untrusted"]}
        call(*self.commands["apk"], "add", "-q", "--initdb")

    def installed(self, commands):
        return call(commands / "apk", "info", "-q").split()


def archive(name, text="", ends=True):
    """A tar archive of one file or folder, with or without the empty blocks at its end."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        entry = tarfile.TarInfo(name.rstrip("/"))
        entry.size = len(text)
        if name.endswith("/"):
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(entry, io.BytesIO(text.encode()))
        end = tar.offset
    return written.getvalue() if ends else written.getvalue()[:end]


def wrap(folder, commands):
    """A folder for PATH in which each manager is the real one, called with a root of its own, and no dpkg is."""
    folder.mkdir()
    for tool in ("sh", "id", "dirname", "env"):
        (folder / tool).symlink_to(shutil.which(tool))
    for name, command in commands.items():
        real = [shutil.which(command[0]), *command[1:]]
        (folder / name).write_text(f'#!/bin/sh\nPATH={shlex.quote(os.environ["PATH"])}\nexec {shlex.join(map(str, real))} "$@"\n')
        (folder / name).chmod(0o755)
    return folder


def set_up(commands, what):
    done = subprocess.run([commands / "sh", harness.TOP / "scripts/setup", what], capture_output=True, text=True, timeout=300,
                          env={"PATH": str(commands), "LANG": "C"})
    return done.returncode, done.stderr


def check(manager, kind):
    """Returns what was seen, as a line."""
    for tool in kind.tools:
        harness.need(tool)
    build, extra = names_of(manager)
    with tempfile.TemporaryDirectory(prefix="stallwatch-managers-") as name:
        folder = pathlib.Path(name)
        made = kind(folder, [*build, *(each for each in extra if each != GONE), "bystander"])
        commands = wrap(folder / "commands", made.commands)
        code, said = set_up(commands, "build")
        require(code == 0 and set(made.installed(commands)) == set(build), f"build: {code} {made.installed(commands)}\n{said}")
        require(set_up(commands, "build") == (0, ""), "build: not quiet where nothing is missing")
        code, said = set_up(commands, "check")
        wanted = set(build + extra) - {GONE}
        require(code == 0 and set(made.installed(commands)) == wanted, f"check: {code} {made.installed(commands)}\n{said}")
        require(f"{manager} could not install {GONE}: what needs it is skipped" in said, said)
        return f"{len(build)} packages to build with, {len(wanted)} in all"


def main():
    if os.geteuid() != 0:
        sys.exit("check_managers.py: a package manager installs as root alone")
    failed = 0
    for manager, kind in (("dnf", Dnf), ("pacman", Pacman), ("apk", Apk)):
        try:
            print(f"{manager}: {check(manager, kind)}", flush=True)
        except harness.Skip as reason:
            print(f"{manager}: skipped: {reason}", flush=True)
        except harness.Failure as reason:
            failed += 1
            print(f"{manager}: FAILED: {reason}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
