"""Debian's redis-server: a command that sleeps is one report, its client's answer as ever; a benchmark is clean."""

import subprocess

import harness
from harness import require

ALONE = True


def start():
    harness.need("redis-server", "redis-cli", "redis-benchmark")
    port = harness.free_port()
    run = harness.Run(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                       "--enable-debug-command", "local"])
    return run, port


def client(port, *words):
    result = subprocess.run(["redis-cli", "-p", str(port), *words], capture_output=True, text=True, timeout=20)
    return result.stdout.strip()


def test_debug_sleep():
    run, port = start()
    with run:
        harness.until(lambda: client(port, "PING") == "PONG", 10, "redis-server")
        require(client(port, "DEBUG", "SLEEP", "0.4") == "OK", "the client's answer changed")
        require(client(port, "SET", "a", "1") == "OK" and client(port, "GET", "a") == "1", "the server answers wrongly")
        run.stop()
        require(run.code == 0, f"exit code {run.code}\n{run.stderr}{run.stdout[-2000:]}")
        stalls = run.counted()
        require(len(stalls) == 1, "not one counted report\n" + harness.show(run.records()))
        stall = stalls[0]
        require(stall["call"] and stall["call"]["name"] == "nanosleep" and stall["cause"] == "blocking-call"
                and 398 <= stall["duration_ms"] <= 480, harness.show(stalls))
        modules = [frame["module"] or "" for frame in stall["stacks"][0]["frames"]]
        # Debian's redis-server is a link to redis-check-rdb, one program with several names.
        require(any(name.startswith("redis-") for name in modules), f"no frame of the server: {modules}")


def test_benchmark_is_clean():
    run, port = start()
    with run:
        harness.until(lambda: client(port, "PING") == "PONG", 10, "redis-server")
        result = subprocess.run(["redis-benchmark", "-p", str(port), "-n", "40000", "-c", "20", "-q", "-t", "set,get,lpush"],
                                capture_output=True, text=True, timeout=60)
        require(result.returncode == 0 and "SET:" in result.stdout, result.stdout + result.stderr)
        run.stop()
        require(run.code == 0, f"exit code {run.code}\n{run.stdout[-2000:]}")
        require(run.counted() == [], "a clean run has counted stalls\n" + harness.show(run.counted()))
        loops = [loop for record in run.records("summary") for loop in record["loops"]]
        require(sum(loop["iterations"] for loop in loops) > 1000, f"the loop was not watched: {loops}")
