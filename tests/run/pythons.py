"""The CPythons that tests run on: Debian's, and those of pyenv where there are any."""

import functools
import os
import pathlib
import re
import shutil
import subprocess

import harness


@functools.lru_cache(maxsize=None)  # a second of asking pyenv
def found():
    """{"3.11": path, …}: Debian's first, then pyenv's (in $PYENV_ROOT or ~/.pyenv), one for each minor version from 3.6 on."""
    result = {"debian": harness.PYTHON}
    root = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv") / "versions"
    places = sorted(root.glob("3.*/bin/python3")) if root.is_dir() else []
    places += [pathlib.Path(path) for path in map(shutil.which, (f"python3.{minor}" for minor in range(6, 20))) if path]
    for path in places:
        version = re.search(r"^3\.\d+", subprocess.run([path, "-c", "import platform; print(platform.python_version())"],
                                                       capture_output=True, text=True, timeout=60).stdout)
        if version and int(version[0].split(".")[1]) >= 6 and os.path.realpath(path) != os.path.realpath(harness.PYTHON):
            result.setdefault(version[0], str(path))
    return result


# Those that are known one by one, and what is newer and here: from 3.13 on they describe themselves.
VERSIONS = tuple(f"3.{minor}" for minor in range(6, 20) if minor < 14 or f"3.{minor}" in found())


def need(version):
    path = found().get(version)
    if path is None:
        raise harness.Skip(f"no CPython {version} in pyenv or on PATH")
    return path
