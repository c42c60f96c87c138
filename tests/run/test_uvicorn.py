"""Debian's uvicorn with FastAPI: a sleep in an async handler is exactly one report; in a plain one, which runs in the
thread pool, it is none; importing the application at the start is a note at most."""

import signal
import subprocess
import time
import urllib.request

import harness
from harness import require

ALONE = True
APPLICATION = """
import ctypes
import time
from fastapi import FastAPI

app = FastAPI()
label = getattr(ctypes.CDLL(None), "stallwatch_label", None)


class Label:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if label and scope["type"] == "http":
            label(f"{scope['method']} {scope['path']}".encode())
        await self.app(scope, receive, send)


app.add_middleware(Label)


@app.get("/bad")
async def bad():
    time.sleep(0.5)
    return {"slept": True}


@app.get("/good")
def good():
    time.sleep(0.5)
    return {"slept": True}
"""
# The same without that middleware's label, behind one of Starlette's that runs what is behind it in a task of its own.
UNLABELLED = APPLICATION.replace("app.add_middleware(Label)\n", """
@app.middleware("http")
async def with_header(request, call_next):
    response = await call_next(request)
    response.headers["X-Seen"] = "yes"
    return response
""")


def ask(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return answer.read().decode()


def serve(path, *command, application=APPLICATION):
    """Runs the server (uvicorn unless `command` says another) for one request and returns its run, ended."""
    if subprocess.run([harness.PYTHON, "-c", "import uvicorn, fastapi"], capture_output=True, timeout=60).returncode != 0:
        raise harness.Skip("python3-uvicorn or python3-fastapi is not installed")
    port = harness.free_port()
    place = harness.Run(["/bin/true"], preload=False).wait()
    (place.folder / "application.py").write_text(application)
    command = command or ("-m", "uvicorn", "application:app", "--host", "127.0.0.1", "--port", "%d")
    run = harness.Run([harness.PYTHON, *(word.replace("%d", str(port)) for word in command)],
                      folder=place.folder, environment={"PYTHONDONTWRITEBYTECODE": "1"})
    try:
        harness.until(lambda: harness.answers(port), 30, "uvicorn")
        require(ask(port, path) == '{"slept":true}', "the server's answer changed")
        time.sleep(0.3)  # the answer is sent before the iteration ends; gunicorn's workers may be killed right away
    finally:
        run.stop(signal.SIGINT)
    require("Traceback" not in run.stderr, run.stderr)
    return run


def test_async_handler_that_sleeps():
    with serve("/bad") as run:
        stalls = run.counted()
        require(len(stalls) == 1, "not exactly one counted report\n" + harness.show(run.records()))
        stall = stalls[0]
        require(stall["cause"] == "blocking-call" and stall["call"]["name"] == "clock_nanosleep"
                and stall["call"]["detail"] == "500 ms", harness.show(stalls))
        require(499 <= stall["duration_ms"] <= 600, harness.show(stalls))
        frames = [frame for frame in stall["stacks"][0]["frames"] if frame["lang"] == "python"]
        line = APPLICATION.splitlines().index("    time.sleep(0.5)") + 1
        require(frames and (frames[0]["function"], frames[0]["line"]) == ("bad", line)
                and frames[0]["file"].endswith("/application.py"), f"{frames[:2]}")
        require(stall["hint"] == "time.sleep in a coroutine: use await asyncio.sleep()", f"{stall['hint']}")
        require(stall["label"] == "GET /bad", f"the middleware's label: {stall['label']}")
        worst = run.records("summary")[0]["worst"][0]
        require(worst["top"].startswith("bad ") and worst["top"].endswith(f"/application.py:{line}"), f"{worst['top']}")
        notes = [record for record in run.stalls() if not record["counted"]]
        require(all(note["phase"] == "startup" or note["cause"] == "starved" for note in notes), harness.show(notes))


def test_plain_handler_that_sleeps():
    with serve("/good") as run:
        require(run.counted() == [], "a counted report of a sleep in the thread pool\n" + harness.show(run.counted()))
        loops = [loop for record in run.records("summary") for loop in record["loops"]]
        require(any(loop["iterations"] >= 3 for loop in loops), f"the loop was not watched: {loops}")


def check_worker(*command):
    """The one stall is in a worker's loop, and names the line."""
    with serve("/bad", *command) as run:
        stalls = run.counted()
        require(len(stalls) == 1 and stalls[0]["pid"] != run.pid, harness.show(run.records()))
        frames = [frame for frame in stalls[0]["stacks"][0]["frames"] if frame["lang"] == "python"]
        require(frames and frames[0]["function"] == "bad" and frames[0]["file"].endswith("/application.py"), f"{frames[:2]}")


def test_workers_of_uvicorn():
    check_worker("-m", "uvicorn", "application:app", "--host", "127.0.0.1", "--port", "%d", "--workers", "2")


def test_gunicorn_with_uvicorns_worker():
    if subprocess.run([harness.PYTHON, "-c", "import gunicorn"], capture_output=True, timeout=60).returncode != 0:
        raise harness.Skip("gunicorn is not installed")
    check_worker("-m", "gunicorn", "application:app", "-k", "uvicorn.workers.UvicornWorker", "-b", "127.0.0.1:%d")


def test_without_uvloop():
    command = ("-m", "uvicorn", "application:app", "--host", "127.0.0.1", "--port", "%d", "--loop", "asyncio")
    with serve("/bad", *command, application=UNLABELLED) as run:
        stall = run.only_stall()
        require(stall["label"] == "GET /bad", f"{stall['label']}")
        files = [frame["file"] for frame in stall["stacks"][0]["frames"] if frame["lang"] == "python"]
        require(files[0].endswith("/application.py") and any(file.endswith("/asyncio/events.py") for file in files), f"{files}")
