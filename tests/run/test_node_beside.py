"""Beside blocked-at, the npm package that node's people use for this: what each reports of the same stalls, and how many
requests a second a server answers bare, under each. `make check-node` fetches the package."""

import json
import os
import re
import signal
import subprocess

import harness
import test_node
from harness import require
from test_node_clean import SERVER

ALONE = True
PACKAGE = harness.BUILD / "nodes/node_modules/blocked-at"
HOOK = harness.TOP / "tests/run/node/with_blocked_at.js"
SECONDS = 5


def need_package():
    if not os.environ.get("STALLWATCH_NODES"):
        raise harness.Skip("make check-node runs it")
    if not PACKAGE.is_dir():
        raise harness.Skip("the npm package blocked-at is not in build/nodes: make check-node brings it")
    harness.need("wrk")


def says_blocked_at(node, way, *arguments):
    """What blocked-at reports of a way to stall: [(ms, innermost place in the program)]."""
    with harness.Run([node, "-r", HOOK, test_node.STALLS, way, *arguments], preload=False,
                     environment={"BLOCKED_AT": str(PACKAGE)}) as run:
        run.wait(60)
        found = []
        for line in re.findall(r"(?m)^blocked-at (.*)$", run.stderr):
            report = json.loads(line)
            places = [place.strip().replace(f"{test_node.STALLS.parent}/", "") for place in report["stack"]
                      if "stalls.js" in place]
            found.append((round(report["time"]), places[0] if places else "(no place in the program)"))
        return found


def test_what_each_reports():
    need_package()
    node = test_node.nodes()[0]
    for way, function in (("busy", "busyLoop"), ("regex", "matchAll"), ("exec", "runCommand"), ("pbkdf2", "deriveKey"),
                          ("atomics", "waitForOther")):
        stall = test_node.look(node, way)
        frame = test_node.first_of_program(stall)
        theirs = [f"{ms} ms {place}" for ms, place in says_blocked_at(node, way) if ms >= 100]
        print(f"  {way}: stallwatch {stall['duration_ms']:.0f} ms at {frame['function']} (stalls.js:{frame['line']}), "
              f"{stall['cause']}{': ' + stall['call']['name'] if stall['call'] else ''}; blocked-at {', '.join(theirs)}")
        require(frame["function"] == function, harness.show([stall]))
        require(theirs, f"{way}: blocked-at has nothing to compare with")


def requests_per_second(node, options, preload, environment):
    run = harness.Run([node, *options, SERVER], preload=preload, environment=environment)
    try:
        port = harness.until(lambda: run.stdout.strip(), 20, "the server's port")
        wrk = subprocess.run(["wrk", "-t1", "-c20", f"-d{SECONDS}s", f"http://127.0.0.1:{port}/"], capture_output=True,
                             text=True, timeout=SECONDS + 60)
        require(wrk.returncode == 0 and "Socket errors" not in wrk.stdout, wrk.stdout)
    finally:
        run.stop(signal.SIGTERM)
        run.remove()
    return float(re.search(r"Requests/sec:\s*([0-9.]+)", wrk.stdout)[1])


def test_requests_with_each():
    need_package()
    node = test_node.nodes()[0]
    ratios = {"stallwatch": [], "blocked-at": []}
    for _ in range(3):
        bare = requests_per_second(node, [], False, {})
        ratios["stallwatch"].append(requests_per_second(node, [], True, {}) / bare)
        ratios["blocked-at"].append(requests_per_second(node, ["-r", HOOK], False, {"BLOCKED_AT": str(PACKAGE)}) / bare)
    middle = {name: sorted(values)[1] for name, values in ratios.items()}
    print("  requests a second, of bare node's: " + ", ".join(f"{name} {ratio:.2f}" for name, ratio in middle.items()))
    require(middle["stallwatch"] > middle["blocked-at"], f"{ratios}")
