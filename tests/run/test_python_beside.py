"""Side by side with PYTHONASYNCIODEBUG=1: the same program, one stall each, under asyncio's debug mode and under stallwatch.
Whatever asyncio reports, stallwatch does too, as long; and it names the line, the lock's holder, and what asyncio does
not see at all. `make python-beside` prints the table."""

import concurrent.futures
import json
import re
import signal
import statistics
import subprocess
import time

import harness
from harness import require

ALONE = True
PROGRAM = harness.TOP / "tests/run/python/cases.py"
APART_MS = 15
TRIES = 3

# case: (causes that may be told, is the line to blame in the loop's stack or in the holder's)
CASES = {
    "sleep": (("blocking-call",), "stack"), "busy_loop": (("cpu",), "stack"), "pbkdf2_hmac": (("cpu",), "stack"),
    "subprocess_run": (("blocking-call", "nested-wait"), "stack"),
    "slow_getaddrinfo": (("blocking-call",), "stack"), "lock_of_a_thread": (("lock",), "stack"),
    "gil_in_a_callback": (("gil",), "holder"), "gil_while_idle": (("gil",), "holder"),
    "many_callbacks": (("blocking-call",), "stack"), "gather": (("blocking-call",), "stack"),
    "hang": (("blocking-call",), "stack"), "full_pool": (("pool",), "stack"),
}
NAMES = {
    "sleep": "`time.sleep`", "busy_loop": "a loop that computes", "pbkdf2_hmac": "`hashlib.pbkdf2_hmac`", "subprocess_run": "`subprocess.run`",
    "slow_getaddrinfo": "`socket.getaddrinfo`, with a name server that does not answer", "lock_of_a_thread": "a lock that another thread has",
    "gil_in_a_callback": "the GIL, kept by another thread's call of C, in a callback", "gil_while_idle": "the same while the loop is idle",
    "many_callbacks": "30 callbacks of 10 ms in one iteration", "gather": "a `gather` of ten pieces of 30 ms", "hang": "a hang, killed",
    "full_pool": "no loop, but an executor whose two threads are busy while work waits",
}
APPLICATION = """
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
"""
ROUNDS, WRK_SECONDS = 7, 3
SHORT = ("sleep", "busy_loop", "lock_of_a_thread", "gil_while_idle", "many_callbacks", "hang")


def lines_to_blame(case):
    """The lines that end with HERE in the functions that the case is made of."""
    lines = PROGRAM.read_text().splitlines()
    functions = {"full_pool": "in_the_pool", "gil_in_a_callback": "keeps_the_lock", "gil_while_idle": "keeps_the_lock", "many_callbacks": "a_piece",
                 "gather": "a_piece"}
    start = next(i for i, line in enumerate(lines) if re.match(rf"(async )?def {functions.get(case, case)}\(", line))
    end = next(i for i in range(start + 1, len(lines) + 1) if i == len(lines) or re.match(r"\S", lines[i]))
    return {i + 1 for i in range(start, end) if lines[i].endswith("# HERE")}


def run(case, watched):
    environment = {} if watched else {"PYTHONASYNCIODEBUG": "1"}
    with harness.Run([harness.PYTHON, PROGRAM, case], preload=watched, environment=environment) as program:
        if case == "hang":
            time.sleep(2.5)
            program.process.send_signal(signal.SIGKILL)
            program.process.wait(20)
            time.sleep(0.3)  # its helper writes what was due
        else:
            program.wait(60)
            if program.code == 77:
                raise harness.Skip(f"{case} needs a mount namespace")
            require(program.code == 0, f"{case}: exit code {program.code}\n{program.stderr[-1500:]}")
        held = re.findall(r"^held ([\d.]+)", program.stdout, re.MULTILINE)
        if watched and case == "full_pool":
            return None, program.stderr, program.records("pool")
        stalls = [stall for stall in program.stalls(state="any") if stall["phase"] == "running"] if watched else []
        return float(held[0]) if held else None, program.stderr, stalls


def by_asyncio(case):
    """(milliseconds or None, does it name the line)."""
    held, text, _ = run(case, False)
    took = re.findall(r"took ([\d.]+) seconds", text)
    named = any(f"cases.py:{line}" in text for line in lines_to_blame(case))
    return held, float(max(took, key=float)) * 1e3 if took else None, named


def by_stallwatch(case):
    """(what the program measured, the longest stall or None, does it name the line)."""
    held, _, stalls = run(case, True)
    if not stalls:
        return held, None, False
    _, where = CASES[case]

    def names_the_line(stall):
        stacks = stall["stacks"] if where == "stack" else [stall["holder"]] if stall["holder"] else []
        lines = {frame["line"] for stack in stacks for frame in stack["frames"] if (frame["file"] or "").endswith("cases.py")}
        return bool(lines & lines_to_blame(case))

    # On a busy machine something else may take long too: a thread's start.
    stall = max(stalls, key=lambda one: (names_the_line(one), one["duration_ms"]))
    return held, stall, names_the_line(stall)


def compare(case):
    """A row of the table; complains where stallwatch falls behind."""
    for attempt in range(TRIES):
        asyncio_held, asyncio_ms, asyncio_line = by_asyncio(case)
        held, stall, line = by_stallwatch(case)
        # Neither the loop's thread nor the watchdog may have been without a CPU for long.
        busy = stall is not None and stall["type"] == "stall" and ((stall["time_ms"]["runqueue"] or 0) > stall["duration_ms"] / 10
                                                                   or stall["time_ms"]["accounted"] < stall["duration_ms"] / 2)
        if not busy:
            break
    else:
        raise harness.Skip(f"{case}: the machine is too busy")
    require(stall is not None, f"{case}: no stall")
    cause = stall.get("cause", "pool")
    require(cause in CASES[case][0], f"{case}: {harness.show([stall])}")
    require(line, f"{case}: the line is not named\n{json.dumps(stall)[:3000]}")
    if held is not None:
        require(-1 <= stall["duration_ms"] - held <= APART_MS, f"{case}: {stall['duration_ms']} ms, the program measured {held}")
    if asyncio_ms is not None and asyncio_held is not None and case not in ("many_callbacks", "gather"):
        require(abs(asyncio_ms - asyncio_held) <= APART_MS + 5, f"{case}: asyncio says {asyncio_ms}, the program {asyncio_held}")
    told = "nothing" if asyncio_ms is None else f"{asyncio_ms:.0f} ms" + (", the line" if asyncio_line else ", no line")
    holder = f", held by {stall['holder']['name']}" if stall.get("holder") else ""
    so_far = " so far" if stall["state"] == "ongoing" else ""
    return f"| {NAMES[case]} | {told} | {stall['duration_ms']:.0f} ms{so_far}, `{cause}`, the line{holder} |"


def requests_a_second(loop, environment, preload):
    place, port = harness.Run(["/bin/true"], preload=False).wait(), harness.free_port()
    (place.folder / "application.py").write_text(APPLICATION)
    run = harness.Run([harness.PYTHON, "-m", "uvicorn", "--loop", loop, "--log-level", "warning", "--port", port, "application:app"],
                      preload=preload, environment=environment, folder=place.folder)
    with run:
        harness.until(lambda: harness.answers(port), 60, "uvicorn")
        told = subprocess.run(["wrk", "-t", "1", "-c", "16", "-d", f"{WRK_SECONDS}s", f"http://127.0.0.1:{port}/"], capture_output=True,
                              text=True, timeout=60).stdout
        run.stop()
    return float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])


def throughput(loop):
    """Medians of what runs side by side, each beside the bare server's of its turn, as parts of that."""
    harness.need("wrk")
    kinds = {"asyncio": ({"PYTHONASYNCIODEBUG": "1"}, False), "stallwatch": ({}, True)}
    parts, bare = {kind: [] for kind in kinds}, []
    for _ in range(ROUNDS):
        bare.append(requests_a_second(loop, {}, False))
        for kind, how in kinds.items():
            parts[kind].append(requests_a_second(loop, *how) / bare[-1])
    debug, watched = (statistics.median(parts[kind]) for kind in kinds)
    return f"| requests a second on {loop}, of {statistics.median(bare):.0f} by the bare server | {debug:.2f} of them | {watched:.2f} of them |"


def test_side_by_side():
    def reason_of_skip(case):
        try:
            compare(case)
        except harness.Skip as reason:  # what computes needs a CPU for that
            return str(reason)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:  # none wants more than one CPU
        busy = list(filter(None, pool.map(reason_of_skip, SHORT)))
    if len(busy) == len(SHORT):
        raise harness.Skip("; ".join(busy))


if __name__ == "__main__":
    print("| what holds the loop | `PYTHONASYNCIODEBUG=1` | stallwatch |\n|---|---|---|")
    for one in CASES:
        try:
            print(compare(one), flush=True)
        except (harness.Failure, harness.Skip) as error:
            print(f"| {one} | | {error} |")
    for one in ("asyncio", "uvloop"):
        print(throughput(one), flush=True)
