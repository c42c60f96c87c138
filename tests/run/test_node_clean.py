"""What must not be reported of node: await, files and names through its pool, idle workers, a server that answers; and a
server that is looked at all the time goes on as it does alone.
"""

import os
import re
import signal
import subprocess

import harness
from harness import require
from test_node import nodes

ALONE = True
CLEAN = harness.TOP / "tests/run/node/clean.js"
SERVER = harness.TOP / "tests/run/node/server.js"
SECONDS = int(os.environ.get("STALLWATCH_NODE_SECONDS", "3"))


def test_clean_programs():
    for node in nodes():
        with harness.Run([node, CLEAN]) as run:
            run.wait(60)
            require(run.code == 0 and run.stdout == "done\n", f"{node}: {run.code} {run.stdout}\n{run.stderr[-1500:]}")
            require(run.counted() == [], f"{node}: counted without a cause\n{harness.show(run.counted())}")
            loops = [loop for record in run.records("summary") for loop in record["loops"]]
            require(any(loop["iterations"] > 100 for loop in loops), f"{node}: the loop was not watched: {loops}")


def load(node, preload, seconds):
    """Requests a second of the server under wrk, and its run, ended."""
    run = harness.Run([node, SERVER], preload=preload, environment={"STALLWATCH_THRESHOLD_MS": "1"} if preload else {})
    try:
        port = harness.until(lambda: run.stdout.strip(), 20, "the server's port")
        wrk = subprocess.run(["wrk", "-t1", "-c20", f"-d{seconds}s", f"http://127.0.0.1:{port}/"], capture_output=True,
                             text=True, timeout=seconds + 60)
    finally:
        run.stop(signal.SIGTERM)
    require(wrk.returncode == 0 and "Socket errors" not in wrk.stdout and "Non-2xx" not in wrk.stdout, wrk.stdout)
    require(run.code == 0, f"{node}: exit code {run.code}\n{run.stderr[-2000:]}")
    return float(re.search(r"Requests/sec:\s*([0-9.]+)", wrk.stdout)[1]), run


def test_server_that_is_looked_at_all_the_time():
    # The lowest useful threshold: every turn that collects garbage is looked at, with its frames.
    harness.need("wrk")
    for node in nodes():
        seconds = SECONDS if node == nodes()[0] else min(SECONDS, 5)
        bare, run = load(node, False, seconds)
        run.remove()
        watched, run = load(node, True, seconds)
        with run:
            require(not re.sub(r"(?m)^==\d+== .*\n", "", run.stderr), f"{node} said more than it does alone:\n{run.stderr[-1500:]}")
            loops = [loop for record in run.records("summary") for loop in record["loops"]]
            require(any(loop["iterations"] > 100 for loop in loops), f"{node}: the loop was not watched: {loops}")
            total = run.records("summary")[0]["stalls"]["total"]
            print(f"  {node}: {bare:.0f} requests/s alone, {watched:.0f} watched at 1 ms ({watched / bare:.2f}), {total} stalls")
