"""Servers and runners of Python that have tests nowhere else: hypercorn, whose request is the label; uWSGI, which has libpython in a
plugin, and forks its workers without telling Python; tox, which hands the library down where it is told to."""

import subprocess
import time
import urllib.request

import harness
from harness import require

APPLICATION = """
import time

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for answer in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{answer}.complete"})
        return
    if scope["path"] != "/":
        time.sleep(0.3)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})

def application(environ, start_response):
    if environ["PATH_INFO"] != "/":
        time.sleep(0.3)
    start_response("200 OK", [])
    return [b"ok"]
"""
TOX = """
[tox]
skipsdist = true
envlist = py

[testenv]
sitepackages = true
passenv = LD_PRELOAD STALLWATCH_*
commands = python {toxinidir}/stalls.py
"""
STALLS = """
import asyncio
import time

async def main():
    for _ in range(5):
        await asyncio.sleep(0.02)
    time.sleep(0.3)
    await asyncio.sleep(0)

asyncio.run(main())
"""


def serve(command):
    """The counted stalls of a server that is asked for / and /bad/7, and its run."""
    place, port = harness.Run(["/bin/true"], preload=False).wait(), harness.free_port()
    (place.folder / "application.py").write_text(APPLICATION)
    run = harness.Run([word.replace("%d", str(port)) for word in command], folder=place.folder, environment={"PYTHONDONTWRITEBYTECODE": "1"})
    with run:
        harness.until(lambda: harness.answers(port), 30, command[0])
        for path in ("/", "/", "/bad/7?secret=1"):
            require(urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20).read() == b"ok", "the server's answer changed")
        time.sleep(0.3)
        run.stop()
        stalls = run.counted()
        require(len(stalls) == 1, harness.show(run.records()) + run.stderr[-1500:])
        frames = [frame for frame in stalls[0]["stacks"][0]["frames"] if frame["lang"] == "python"]
        return stalls[0], [(frame["function"], frame["file"].split("/")[-1], frame["line"]) for frame in frames], run.stderr


def test_hypercorn():
    if subprocess.run([harness.PYTHON, "-c", "import hypercorn"], capture_output=True, timeout=60).returncode != 0:
        raise harness.Skip("python3-hypercorn is not installed")
    stall, frames, text = serve([harness.PYTHON, "-m", "hypercorn", "--bind", "127.0.0.1:%d", "application:app"])
    require(frames[0] == ("app", "application.py", 11) and stall["label"] == "GET /bad/7", f"{stall['label']} {frames}")
    require("secret" not in text, text)


def test_uwsgi():
    harness.need("uwsgi")
    if subprocess.run(["uwsgi", "--plugin", "python3", "--version"], capture_output=True, timeout=20).returncode != 0:
        raise harness.Skip("uwsgi-plugin-python3 is not installed")
    stall, frames, _ = serve(["uwsgi", "--plugin", "python3", "--http-socket", "127.0.0.1:%d", "--wsgi-file", "application.py", "--master",
                              "--die-on-term"])
    require(frames and frames[0] == ("application", "application.py", 17), f"{frames} {stall['stacks']}"[:2000])


def test_tox():
    harness.need("tox")
    place = harness.Run(["/bin/true"], preload=False).wait()
    (place.folder / "tox.ini").write_text(TOX)
    (place.folder / "stalls.py").write_text(STALLS)
    run = harness.Run([harness.BUILD / "stallwatch", "run", "--exitcode", "99", "--json", "stalls.jsonl", "--", "tox", "-q"], preload=False,
                      folder=place.folder)
    with run:
        run.wait(90)
        stalls = [record for record in run.records("stall", "stalls.jsonl") if record["counted"]]
        require(run.code == 99 and len(stalls) == 1, f"{run.code}\n{run.stdout[-1000:]}\n{run.stderr[-1500:]}")
        require(any(frame["function"] == "main" and frame["line"] == 8 for frame in stalls[0]["stacks"][0]["frames"]), harness.show(stalls))
