"""Real servers with and without the library, and beside what people use today: redis, nginx, uvicorn, Node."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import pairs
from figures import Row

PYTHON = "/usr/bin/python3"
APPLICATION = """
async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"hello"})
"""
NGINX = """
daemon off; {user} worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 128; }}
http {{ access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e; keepalive_requests 1000000;
  server {{ listen 127.0.0.1:{port}; root {folder}; }} }}
"""
NODE = """
require('http').createServer((request, answer) => answer.end('hello')).listen(+process.argv[2], '127.0.0.1');
"""


def missing(*commands):
    found = [command for command in commands
             if not shutil.which(command, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")]
    return f"{found[0]} is not installed" if found else None


def both(name, result, rate_at_least, cpu_at_most):
    rates, cpu = result
    return [Row.of(f"{name}: requests a second", rates, unit="×", at_least=rate_at_least),
            Row.of(f"{name}: CPU a request", cpu, unit="×", at_most=cpu_at_most)]


def wrk(path, connections):
    def burst(port):
        text = pairs.client(["wrk", "-t1", f"-c{connections}", "-d1s", f"http://127.0.0.1:{port}{path}"])
        found = re.search(r"(\d+) requests in ([\d.]+)(m?s)", text)
        return int(found[1]), float(found[2]) / (1000 if found[3] == "ms" else 1)
    return burst


def redis_arguments(_folder, port):
    return ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]


def redis_burst(pipeline, requests):
    def burst(port):
        began = time.monotonic()
        pairs.client(["redis-benchmark", "-p", port, "-c", 16, "-n", requests, "-P", pipeline, "-t", "get", "-q"])
        return requests, time.monotonic() - began
    return burst


def redis(library):
    why = missing("redis-server", "redis-benchmark")
    if why:
        return why
    rows = []
    for pipeline, requests in ((1, 30000), (16, 200000)):
        result = pairs.compare(redis_arguments, redis_burst(pipeline, requests), pairs.watched(library), 15)
        rows += both(f"redis GET, -P {pipeline}", result, 0.995, 1.01)
    return rows


def nginx_arguments(folder, port):
    (folder / "small").write_text("hello\n" * 20)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, user=user))
    return ["nginx", "-p", folder, "-c", folder / "nginx.conf"]


def nginx(library):
    why = missing("nginx", "wrk")
    if why:
        return why
    rates, cpu = pairs.compare(nginx_arguments, wrk("/small", 16), pairs.watched(library), 10)
    return [Row.of("nginx, a small file: requests a second", rates, unit="×", at_least=0.995),
            Row.of("nginx, a small file: CPU a request", cpu, unit="×")]


def uvicorn_arguments(loop):
    def arguments(folder, port):
        (folder / "application.py").write_text(APPLICATION)
        return [PYTHON, "-m", "uvicorn", "application:app", "--host", "127.0.0.1", "--port", port, "--loop", loop,
                "--no-access-log", "--log-level", "error"]
    return arguments


def uvicorn(library):
    why = missing("wrk")
    modules = subprocess.run([PYTHON, "-c", "import uvicorn"], capture_output=True).returncode
    if why or modules != 0:
        return why or "python3-uvicorn is not installed"
    rows = []
    for loop in ("asyncio", "uvloop"):
        if loop == "uvloop" and subprocess.run([PYTHON, "-c", "import uvloop"], capture_output=True).returncode != 0:
            continue
        arguments = uvicorn_arguments(loop)
        rows += both(f"uvicorn, {loop}", pairs.compare(arguments, wrk("/", 8), pairs.watched(library), 10), 0.995, 1.01)
        rates, cpu = pairs.compare(arguments, wrk("/", 8), {"PYTHONASYNCIODEBUG": "1"}, 3)
        rows += [Row.of(f"  beside it PYTHONASYNCIODEBUG=1, {loop}: requests a second", rates, unit="×"),
                 Row.of(f"  beside it PYTHONASYNCIODEBUG=1, {loop}: CPU a request", cpu, unit="×")]
    return rows


def node_arguments(folder, port):
    (folder / "server.js").write_text(NODE)
    return ["node", folder / "server.js", port]


def node(library):
    why = missing("node", "wrk")
    if why:
        return why
    rows = both("node http", pairs.compare(node_arguments, wrk("/", 16), pairs.watched(library), 10), 0.995, 1.01)
    blocked_at = os.environ.get("BLOCKED_AT")  # where npm has put it
    if blocked_at and pathlib.Path(blocked_at).is_dir():
        load = f"--require={write_loader(pathlib.Path(blocked_at).resolve())}"
        rates, cpu = pairs.compare(node_arguments, wrk("/", 16), {"NODE_OPTIONS": load}, 3)
        rows += [Row.of("  beside it blocked-at: requests a second", rates, unit="×"),
                 Row.of("  beside it blocked-at: CPU a request", cpu, unit="×")]
    return rows


def write_loader(module):
    """A file that starts blocked-at in whatever Node requires it."""
    path = pathlib.Path(tempfile.gettempdir()) / f"stallwatch-bench-{os.getpid()}.js"
    path.write_text(f"require({str(module)!r})(() => {{}});\n")
    return path


ROWS = {"redis": redis, "nginx": nginx, "uvicorn": uvicorn, "node": node}
