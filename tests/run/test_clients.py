"""Clients that wait for a slow server, some in poll, some in a loop of a library's: whatever they wait for is no stall."""

import contextlib
import http.server
import threading
import time

import harness
from harness import require


class Slow(http.server.BaseHTTPRequestHandler):
    """Answers after a while, and the second half after another one."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        time.sleep(0.15)
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"x" * 500)
        self.wfile.flush()
        time.sleep(0.15)
        self.wfile.write(b"y" * 500)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def slow_server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def check(arguments, size):
    """`arguments`: the command; URL in them is the server's. Its output is as it is without the library."""
    harness.need(arguments[0])
    with slow_server() as url:
        with harness.Run([word.replace("URL", url) for word in arguments]) as run:
            run.wait()
            require(run.code == 0 and len(run.stdout) == size, f"exit code {run.code}, {len(run.stdout)} bytes\n{run.stderr}")
            stalls = [record for record in run.records("stall") if record["cause"] != "starved" and record["phase"] != "startup"]
            require(stalls == [], harness.show(stalls))


def test_curl():
    check(["curl", "-s", "URL", "URL", "URL"], 3000)


def test_curl_with_several_at_a_time():
    check(["curl", "-s", "--parallel", "URL", "URL", "URL", "URL"], 4000)


def test_wget():
    check(["wget", "-q", "-O", "-", "URL", "URL", "URL"], 3000)


def test_python_with_a_timeout():
    script = "import urllib.request\nfor _ in range(4): print(end=urllib.request.urlopen('URL', timeout=5).read().decode())"
    check([harness.PYTHON, "-c", script], 4000)


def test_perl_with_a_timeout():
    check(["perl", "-MHTTP::Tiny", "-e", "print HTTP::Tiny->new(timeout => 5)->get('URL')->{content} for 1..4"], 4000)


def test_node():
    script = """const get = (n) => n && fetch("URL").then((a) => a.text()).then((t) => { process.stdout.write(t); return get(n - 1); });
                get(3);"""
    check(["node", "-e", script], 3000)
