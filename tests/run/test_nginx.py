"""Debian's nginx with a master and two workers under wrk: no counted stall, every worker watched, a clean end."""

import os
import re
import subprocess

import harness
from harness import require

ALONE = True
CONFIGURATION = """
daemon off;
{user}worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 128; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; location / {{ return 200 "hello\\n"; }} }}
}}
"""


def test_wrk_is_clean():
    harness.need("nginx", "wrk")
    port = harness.free_port()
    with harness.Run(["/bin/true"], preload=False) as place:
        place.wait()
        user = "user root;\n" if os.geteuid() == 0 else ""
        path = place.folder / "nginx.conf"
        path.write_text(CONFIGURATION.format(folder=place.folder, port=port, user=user))
        run = harness.Run(["nginx", "-p", place.folder, "-c", path], folder=place.folder)
        try:
            harness.until(lambda: harness.answers(port), 10, f"nginx\n{run.stderr}")
            result = subprocess.run(["wrk", "-t1", "-c16", "-d3s", f"http://127.0.0.1:{port}/"], capture_output=True,
                                    text=True, timeout=30)
            requests = re.search(r"(\d+) requests in", result.stdout)
            require(requests and int(requests[1]) > 1000 and "Non-2xx" not in result.stdout, result.stdout + result.stderr)
        finally:
            run.stop(3)  # SIGQUIT: nginx lets its workers finish
        require(run.code == 0, f"exit code {run.code}\n{run.stderr}")
        require(run.counted() == [], "a clean run has counted stalls\n" + harness.show(run.counted()))
        busy = {record["pid"] for record in run.records("summary")
                if any(loop["iterations"] > 10 for loop in record["loops"])}
        require(len(busy - {run.pid}) >= 1, f"no worker was watched: {run.records('summary')}")
