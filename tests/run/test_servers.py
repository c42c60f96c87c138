"""Servers of Debian's packages, each with its own kind of loop: silent under a load, silent while nothing is asked of them,
a stop of the whole process is no failure; and where a client can make them block, that is the one report.

They listen on a free port of the loopback address, have a folder of their own, and are ended by their pid.
"""

import concurrent.futures
import os
import pathlib
import signal
import socket
import struct
import threading
import time

import harness
from harness import require

ALONE = True
CLIENTS, REQUESTS = 4, 150


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port), 10)
    connection.settimeout(20)
    return connection


def exchange(connection, request, end):
    """Sends a request and reads until the answer ends so."""
    connection.sendall(request)
    answer = b""
    while not answer.endswith(end):
        part = connection.recv(65536)
        require(part, f"the server has closed the connection after {answer[:200]!r}")
        answer += part
    return answer


def http(port, path="/"):
    with connect(port) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
        require(b"hello" in answer, f"the answer is {answer[:300]!r}")


def ask_http(port):
    for _ in range(REQUESTS):
        http(port)


def ask_memcached(port):
    with connect(port) as connection:
        for number in range(REQUESTS):
            exchange(connection, b"set key%d 0 0 5\r\nhello\r\n" % number, b"STORED\r\n")
            require(b"hello" in exchange(connection, b"get key%d\r\n" % number, b"END\r\n"), "memcached forgot")


def ask_redis(port):
    with connect(port) as connection:
        for _ in range(REQUESTS):
            exchange(connection, b"SET key hello\r\nGET key\r\n", b"$5\r\nhello\r\n")


def ask_dnsmasq(port):
    question = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + b"\x05hello\x04test\x00" + struct.pack(">2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(10)
        for _ in range(REQUESTS):
            connection.sendto(question, ("127.0.0.1", port))
            require(connection.recv(512).endswith(bytes((127, 0, 0, 9))), "dnsmasq answers wrongly")


def ask_mosquitto(port):
    """MQTT 3.1.1: CONNECT, under a name that the server gives, then PINGREQ again and again."""
    with connect(port) as connection:
        exchange(connection, b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00", b"\x00\x00")
        for _ in range(REQUESTS):
            exchange(connection, b"\xc0\x00", b"\xd0\x00")


def ask_dbus(port):
    """Each connection: the handshake of D-Bus's specification, without a name."""
    for _ in range(REQUESTS):
        with connect(port) as connection:
            exchange(connection, b"\0AUTH ANONYMOUS 68656c6c6f\r\n", b"\r\n")


def haproxy(folder, port):
    block = 'core.register_action("block", {"http-req"}, function() os.execute("sleep 0.3") end)\n'
    (folder / "block.lua").write_text(block)
    (folder / "haproxy.cfg").write_text(f"""
global
    nbthread 4
    insecure-fork-wanted
    lua-load {folder}/block.lua
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend front
    bind 127.0.0.1:{port}
    http-request lua.block if {{ path /block }}
    http-request return status 200 content-type text/plain string hello
""")
    return "-db", "-f", folder / "haproxy.cfg"


def nginx(folder, port):
    module = pathlib.Path("/usr/lib/nginx/modules/ngx_http_perl_module.so")
    if not module.exists():
        raise harness.Skip("nginx's perl module is not installed")
    user = "user root;" if os.geteuid() == 0 else ""
    paths = "".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(f"""
load_module {module};
{user} daemon off; worker_processes 3; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off; {paths}
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 200 "hello"; }}
        location /block {{ perl 'sub {{ select(undef, undef, undef, 0.3); $_[0]->send_http_header; $_[0]->print("hello"); 0 }}'; }}
    }}
}}
""")
    return "-p", folder, "-c", folder / "nginx.conf"


def lighttpd(folder, port):
    (folder / "index.html").write_text("hello\n")
    (folder / "lighttpd.conf").write_text(f"""
server.document-root = "{folder}"
server.port = {port}
server.bind = "127.0.0.1"
index-file.names = ("index.html")
""")
    return "-D", "-f", folder / "lighttpd.conf"


def dnsmasq(folder, port):
    return ("--keep-in-foreground", "--conf-file=/dev/null", f"--port={port}", "--listen-address=127.0.0.1",
            "--bind-interfaces", "--no-resolv", "--no-hosts", "--address=/hello.test/127.0.0.9", f"--pid-file={folder}/pid", "--user=root",
            "--log-facility=-")


def mosquitto(folder, port):
    (folder / "mosquitto.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n")
    return "-c", folder / "mosquitto.conf"


def memcached(folder, port):
    return "-l", "127.0.0.1", "-p", port, "-U", "0", "-t", "4", "-u", "root"


def redis(folder, port):
    return ("--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folder,
            "--io-threads", "4", "--io-threads-do-reads", "yes")


def dbus(folder, port):
    (folder / "dbus.conf").write_text(f"""<busconfig><type>session</type>
<listen>tcp:host=127.0.0.1,port={port},family=ipv4</listen><auth>ANONYMOUS</auth><allow_anonymous/>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow own="*"/></policy></busconfig>""")
    return f"--config-file={folder}/dbus.conf", "--nofork"


def gunicorn(kind, workers=2):
    def make(folder, port):
        (folder / "application.py").write_text("""
import time
def application(environment, start):
    if environment["PATH_INFO"] == "/block":
        time.sleep(0.3)
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
""")
        return "--workers", str(workers), "--worker-class", kind, "--bind", f"127.0.0.1:{port}", "application"
    return make


class Server:
    """One that runs and is watched, and has answered; leaving it stops it, whatever has happened."""

    def __init__(self, program, make):
        harness.need(program)
        self.program = program
        self.port = harness.free_port()
        place = harness.Run(["/bin/true"], preload=False).wait()
        self.run = harness.Run([program, *make(place.folder, self.port)], folder=place.folder)

    def __enter__(self):
        harness.until(lambda: harness.answers(self.port) or self.run.process.poll() is not None, 10, "the server")
        require(self.run.process.poll() is None, f"it has ended\n{self.run.stdout}{self.run.stderr}")
        return self

    def load(self, ask):
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            for client in [pool.submit(ask, self.port) for _ in range(CLIENTS)]:
                client.result()

    def stand_still(self, seconds):
        time.sleep(0.03)
        self.run.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.run.process.send_signal(signal.SIGCONT)

    def end(self):
        self.run.stop(signal.SIGUSR1 if self.program == "haproxy" else signal.SIGTERM)  # haproxy lets SIGTERM kill it
        require(self.run.code == 0, f"exit code {self.run.code}\n{self.run.stderr[-1500:]}")

    def __exit__(self, kind, value, trace):
        self.run.__exit__(kind, value, trace)


def check_clean(program, make, ask, loops=1):
    """A load, a stop of the process in the middle of another one, a rest: nothing of that counts."""
    with Server(program, make) as server:
        server.load(ask)
        stopping = threading.Thread(target=server.stand_still, args=(0.3,))
        stopping.start()
        server.load(ask)
        stopping.join()
        time.sleep(0.3)
        server.end()
        require(server.run.counted() == [], "a clean run has counted stalls\n" + harness.show(server.run.counted()))
        notes = [record for record in server.run.stalls() if record["phase"] != "startup"]
        require(all(note["cause"] in ("stopped", "starved") for note in notes), harness.show(notes))
        turns = [loop["iterations"] for record in server.run.records("summary") for loop in record["loops"]]
        require(sum(turns) > REQUESTS and sum(turn > 10 for turn in turns) >= loops, f"the loops were not watched: {turns}")


def check_stall(program, make, request, cause, call):
    with Server(program, make) as server:
        for _ in range(10):
            request(server.port, "/")
            time.sleep(0.02)  # the server waits for each: gunicorn's worker accepts what is there already without a wait
        began = time.monotonic()
        request(server.port, "/block")
        require(time.monotonic() - began > 0.29, "the server did not block")
        request(server.port, "/")
        server.end()
        stall = server.run.only_stall()
        require(stall["cause"] in cause and stall["call"]["name"] in call, harness.show([stall]))
        require(298 <= stall["duration_ms"] <= 450, harness.show([stall]))


def test_haproxy_is_clean():
    check_clean("haproxy", haproxy, ask_http, loops=2)


def test_haproxy_runs_a_command_in_lua():
    check_stall("haproxy", haproxy, http, ("blocking-call",), ("system", "waitpid", "wait4"))


def test_nginx_is_clean():
    check_clean("nginx", nginx, ask_http)


def test_nginx_sleeps_in_perl():
    check_stall("nginx", nginx, http, ("blocking-call",), ("select",))


def test_lighttpd_is_clean():
    check_clean("lighttpd", lighttpd, ask_http)


def test_dnsmasq_is_clean():
    check_clean("dnsmasq", dnsmasq, ask_dnsmasq)


def test_mosquitto_is_clean():
    check_clean("mosquitto", mosquitto, ask_mosquitto)


def test_memcached_is_clean():
    check_clean("memcached", memcached, ask_memcached, loops=4)


def test_redis_with_threads_is_clean():
    check_clean("redis-server", redis, ask_redis)


def test_dbus_is_clean():
    check_clean("dbus-daemon", dbus, ask_dbus)


def test_gunicorn_is_clean():
    check_clean("gunicorn", gunicorn("gevent"), ask_http)


def test_gunicorn_sleeps_in_a_worker_without_threads():
    # One worker, so that it is the one that has waited before.
    check_stall("gunicorn", gunicorn("sync", workers=1), http, ("blocking-call",), ("clock_nanosleep",))


def test_gunicorn_sleeps_in_a_thread():
    with Server("gunicorn", gunicorn("gthread")) as server:
        for path in ("/", "/block", "/"):
            http(server.port, path)
        server.end()
        require(server.run.counted() == [], harness.show(server.run.counted()))
