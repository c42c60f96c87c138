"""A program that computes under the CPU limit of a cgroup: starved, and by what. Needs to be root and to have a cgroup
with a CPU controller to write to; skipped where not."""

import contextlib
import os
import pathlib
import re
import time

import harness
from harness import require

ALONE = True
LIMITS = (("/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "20000"),
          ("/sys/fs/cgroup/cpu,cpuacct", "cpu.cfs_quota_us", "20000"),
          ("/sys/fs/cgroup", "cpu.max", "20000 100000"))


@contextlib.contextmanager
def limited_group():
    """A cgroup of this test's own that gets a fifth of a CPU."""
    for mount, name, limit in LIMITS:
        folder = pathlib.Path(mount) / f"stallwatch-test-{os.getpid()}"
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            with open(folder / name, "w") as out:
                out.write(limit)
        except OSError:
            folder.rmdir()
            continue
        try:
            yield folder
        finally:
            for _ in range(50):
                with contextlib.suppress(OSError):
                    folder.rmdir()
                    break
                time.sleep(0.1)
        return
    raise harness.Skip("no cgroup with a CPU limit can be made here")


def test_throttled():
    with limited_group() as group:
        def enter():
            (group / "cgroup.procs").write_text(str(os.getpid()))

        with harness.program("epoll_cpu", preexec_fn=enter) as run:
            run.wait()
            require(run.code == 0, f"exit code {run.code}\n{run.stderr}")
            stalls = run.stalls()
            require(len(stalls) == 1, "not one stall\n" + harness.show(run.records()) + run.stderr)
            stall = stalls[0]
            require(stall["cause"] == "starved" and not stall["counted"], harness.show(stalls) + str(stall["cause_ms"]))
            throttled = stall["cause_ms"]["throttled"]
            require(throttled >= 20, str(stall["cause_ms"]))  # much more, if nobody else wants the CPU
            require(re.search(r"cause: starved: waited [0-9.]+ ms for a CPU \(of [0-9.]+ ms\), cgroup throttled [0-9.]+ ms",
                              run.stderr), run.stderr)
            mostly = throttled > stall["duration_ms"] / 3
            require(not mostly or "cgroup" in (stall["hint"] or ""), str(stall["hint"]))
