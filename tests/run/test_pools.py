"""Thread pools that are full: a record when every worker has been busy with one piece of work for longer than the threshold
while other work waits, of concurrent.futures (asyncio's own executor too), of AnyIO under FastAPI, and of node; none when
threads are idle, when nothing waits, and when work is short, however much of it there is."""

import concurrent.futures
import os
import subprocess
import time
import urllib.request

import harness
import pythons
from harness import require

HERE = harness.TOP / "tests/run"
APPLICATION = """
import threading
from fastapi import FastAPI

app = FastAPI()
let_go = threading.Event()
inside = 0


@app.get("/hang")
def hang():
    global inside
    inside += 1  # under the GIL; nobody else changes it
    let_go.wait(30)


@app.get("/inside")
async def count():
    return inside


@app.get("/go")
async def go():
    let_go.set()
"""


def show(run):
    return "\n".join(f"{record['state']} {record['pool']} {record['duration_ms']} ms" for record in run.records("pool")) + \
        "\n" + harness.show(run.records()) + "\n" + run.stderr[-1500:]


def of_pool(run, name):
    return [record for record in run.records("pool") if record["pool"]["name"] == name]


def check_stacks(record, function, lang="python"):
    """Most of the workers' stacks are there, and in that function."""
    samples = sum(stack["samples"] for stack in record["stacks"]
                  if any(frame["function"] and function in frame["function"] and frame["lang"] == lang for frame in stack["frames"]))
    require(samples >= record["pool"]["threads"] / 2, f"{samples} stacks in {function}: {record['stacks']}"[:2000])


def run_python(python, which, **environment):
    return harness.Run([python, HERE / "python/pools.py", which], environment=environment)


def check_python(python):
    with run_python(python, "full") as run, run_python(python, "silent") as silent:
        run.wait()
        silent.wait()
        require(run.code == 0 and silent.code == 0, run.stderr + silent.stderr)
        require(silent.records("pool") == [], "a pool that was not full\n" + show(silent))
        mine = of_pool(run, "concurrent.futures/mine")
        require(len(mine) == 1 and mine[0]["pool"] == {"name": "concurrent.futures/mine", "threads": 3, "busy": 3}
                and mine[0]["state"] == "ended", "not one record of a full pool\n" + show(run))
        require(150 <= mine[0]["duration_ms"] <= 350 and not mine[0]["counted"], show(run))
        check_stacks(mine[0], "work")
        # Up to 3.7 the threads of asyncio's own have the names of any executor's.
        own = [record for record in run.records("pool") if record not in mine]
        require(own and all(record["pool"]["name"] in ("concurrent.futures/asyncio", "concurrent.futures/ThreadPoolExecutor")
                            and record["pool"]["busy"] == record["pool"]["threads"] >= 5 for record in own), show(run))


def test_executors_of_debians_python():
    check_python(harness.PYTHON)


def add_tests():
    for version in pythons.VERSIONS:
        globals()["test_executors_of_" + version.replace(".", "_")] = lambda version=version: check_python(pythons.need(version))


add_tests()


def test_threads_without_a_cpu():
    # Each piece of work takes 10 ms, and then has to wait for a CPU.
    with run_python(harness.PYTHON, "starved", STALLWATCH_THRESHOLD_MS="20") as run:
        run.wait()
        require(run.code == 0 and run.records("pool") == [], show(run))


def test_counted_where_asked_for():
    """STALLWATCH_COUNT has pool: the exit code, the command's one, the texts, and every format of report."""
    with run_python(harness.PYTHON, "full", STALLWATCH_COUNT="pool", STALLWATCH_EXITCODE="9") as run:
        run.wait()
        records = [record for record in run.records("pool") if record["state"] == "ended"]
        require(run.code == 9 and records and all(record["counted"] for record in records), f"exit code {run.code}\n" + show(run))
        require("thread pool full for" in run.stderr and "pool:  concurrent.futures/mine, 3 threads, " in run.stderr
                and "3 of 3 threads" in run.stderr and "  full pool" in run.stderr, run.stderr)
        summary = run.records("summary")[0]
        require({"name": "concurrent.futures/mine", "threads": 3, "count": 1}.items() <= summary["pools"][0].items(), f"{summary}")
        log = next(run.folder.glob("records.*.jsonl"))
        for name in ("text", "json", "markdown", "folded", "speedscope", "junit", "github", "html"):
            result = subprocess.run([harness.BUILD / "stallwatch", "report", "--format", name, log], capture_output=True, text=True,
                                    timeout=20, env=harness.clean_environment())
            require(result.returncode == 0 and "mine" in result.stdout, f"{name}: {result.stdout[:1000]}{result.stderr}")
    command = [harness.BUILD / "stallwatch", "run", "--exitcode", "8", "--count", "pool", "--", harness.PYTHON,
               HERE / "python/pools.py", "full"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, env=harness.clean_environment())
    require(result.returncode == 8 and "thread pool full" in result.stderr, f"{result.returncode} {result.stderr}")


def ask(port, path):
    return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=40).read().decode()


def check_hung(run, port, clients):
    """All of the 40 threads hang: no report while nothing waits, then one that they do, and one when they are free again."""
    asked = [clients.submit(ask, port, "/hang") for _ in range(40)]
    harness.until(lambda: ask(port, "/inside") == "40", 20, "40 threads at work")
    time.sleep(0.4)
    require(run.records("pool") == [], "as many requests as threads\n" + show(run))
    asked += [clients.submit(ask, port, "/hang") for _ in range(2)]
    harness.until(lambda: run.records("pool"), 20, "a record of a pool that never gets free")
    ask(port, "/go")
    require({answer.result() for answer in asked} == {"null"}, "the server's answers changed")


def check_fastapi(loop):
    if subprocess.run([harness.PYTHON, "-c", f"import uvicorn, fastapi, {loop}"], capture_output=True, timeout=60).returncode != 0:
        raise harness.Skip(f"python3-uvicorn, python3-fastapi or python3-{loop} is not installed")
    place, port = harness.Run(["/bin/true"], preload=False).wait(), harness.free_port()
    (place.folder / "application.py").write_text(APPLICATION)
    run = harness.Run([harness.PYTHON, "-m", "uvicorn", "--loop", loop, "--port", port, "application:app"], folder=place.folder,
                      environment={"PYTHONDONTWRITEBYTECODE": "1"})
    with run, concurrent.futures.ThreadPoolExecutor(50) as clients:
        harness.until(lambda: harness.answers(port), 30, "uvicorn")
        try:
            check_hung(run, port, clients)
        finally:
            ask(port, "/go")
        run.stop()
        records = run.records("pool")
        require(len(records) >= 2 and [record["state"] for record in records] == ["ongoing"] * (len(records) - 1) + ["ended"]
                and len({record["id"] for record in records}) == 1 and records[0]["duration_ms"] >= 1000, show(run))
        require(all(record["pool"] == {"name": "anyio", "threads": 40, "busy": 40} for record in records), show(run))
        check_stacks(records[0], "hang")


def test_fastapi():
    check_fastapi("asyncio")


def test_fastapi_on_uvloop():
    check_fastapi("uvloop")


def run_node(which, **environment):
    harness.need("node")
    place = harness.Run(["/bin/true"], preload=False).wait()
    os.mkfifo(place.folder / "fifo")
    environment.update({name: "" for name in ("UV_THREADPOOL_SIZE", "NODE_OPTIONS") if name in os.environ})
    return harness.Run(["node", HERE / "node/pools.js", "fifo", which], folder=place.folder, environment=environment)


def test_node():
    with run_node("full") as run:
        run.wait()
        records = run.records("pool")
        require(run.code == 0 and len(records) == 1 and records[0]["pool"] == {"name": "libuv", "threads": 4, "busy": 4}, show(run))
        require(150 <= records[0]["duration_ms"] <= 450, show(run))
        check_stacks(records[0], "worker", "native")


def test_node_that_computes():
    with run_node("computes", UV_THREADPOOL_SIZE="1") as run:
        run.wait()
        require(run.code == 0, run.stderr)
        records = run.records("pool")
        if not records and float(run.stdout) < 0.7:
            raise harness.Skip(f"the machine is full: the pool's thread had {float(run.stdout):.2f} of a CPU")
        require(records and all(record["pool"] == {"name": "libuv", "threads": 1, "busy": 1} for record in records), show(run))
        names = [frame["function"] or "" for record in records for stack in record["stacks"] for frame in stack["frames"]]
        require(any("PBKDF2" in name for name in names), f"{sorted(set(names))}\n" + show(run))


def test_node_that_is_not_full():
    with run_node("silent") as run:
        run.wait()
        require(run.code == 0 and run.records("pool") == [], show(run))
