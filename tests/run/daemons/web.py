"""Servers of pages, their caches and proxies."""

import http.server
import struct
import threading

from .place import ask_http, daemon, first, user_of


def apache(module):
    """Two ports to listen on: with one, its workers wait in accept(2), which is no loop."""
    def make(place):
        script = "cgi" if module == "prefork" else "cgid"
        modules = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"
                          for name in (f"mpm_{module}", "authz_core", "dir", "alias", script))
        place.write("index.html", "hello\n")
        place.write("script", "#!/bin/sh\necho Content-Type: text/plain; echo; echo hello from a script\n", 0o755)
        return "apache2", "-DFOREGROUND", "-f", place.write("config", f"""
{modules}
ServerRoot {place.folder}
ServerName localhost
Listen 127.0.0.1:{place.port}
Listen 127.0.0.2:{place.port}
PidFile {place.folder}/pid
User {user_of("www-data")}
Group {user_of("www-data")}
ErrorLog {place.folder}/errors
DocumentRoot {place.folder}
{f"ScriptSock {place.folder}/socket" if script == "cgid" else ""}
ScriptAlias /script {place.folder}/script
<Directory {place.folder}>
Require all granted
</Directory>
""")
    return make


def ask_apache(place):
    return ask_http()(place) + ask_http(3, "/script")(place)


for kind in ("event", "worker", "prefork"):
    daemon(f"apache2 {kind}", ask=ask_apache, root=True)(apache(kind))


def ask_fastcgi(place):
    """FastCGI 1.0: a request for the script, and what comes on its standard output."""
    def record(kind, content):
        return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content

    def pair(name, value):
        return bytes((len(name), len(value))) + name.encode() + value.encode()

    given = pair("SCRIPT_FILENAME", f"{place.folder}/hello.php") + pair("REQUEST_METHOD", "GET") + pair("SCRIPT_NAME", "/hello.php")
    answers = set()
    for _ in range(50):
        with place.connect() as connection:
            connection.sendall(record(1, struct.pack(">HB5x", 1, 0)) + record(4, given) + record(4, b"") + record(5, b""))
            answers.add(b"hello from PHP" in b"".join(iter(lambda: connection.recv(65536), b"")))
    return answers


@daemon("php-fpm", ask=ask_fastcgi, root=True, has_loop=None)
def php_fpm(place):
    """Its workers wait in accept(2); the master's loop turns once a second."""
    place.write("hello.php", "<?php echo 'hello from PHP';")
    return first("/usr/sbin/php-fpm8.2", "/usr/sbin/php-fpm8.4"), "-F", "-y", place.write("config", f"""
[global]
error_log = {place.folder}/errors
daemonize = no
[www]
user = www-data
group = www-data
listen = 127.0.0.1:{place.port}
pm = static
pm.max_children = 2
""")


class Origin(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        pass


def ask_proxy(place):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin) as origin:
        threading.Thread(target=origin.serve_forever, daemon=True).start()
        try:
            return ask_http(path=f"http://127.0.0.1:{origin.server_address[1]}/")(place)
        finally:
            origin.shutdown()


@daemon("squid", ask=ask_proxy, root=True)
def squid(place):
    return "squid", "-N", "-f", place.write("config", f"""
http_port 127.0.0.1:{place.port}
visible_hostname localhost
http_access allow all
cache deny all
cache_log {place.folder}/log
access_log none
pid_filename {place.folder}/pid
coredump_dir {place.folder}
shutdown_lifetime 0 seconds
netdb_filename none
pinger_enable off
""")


@daemon("privoxy", ask=ask_proxy)
def privoxy(place):
    return "privoxy", "--no-daemon", place.write("config", f"listen-address 127.0.0.1:{place.port}\nlogdir {place.folder}\n")


@daemon("varnishd", ask=ask_http(), programs=("gcc",), root=True)
def varnishd(place):
    place.write("hello.vcl", """
vcl 4.1;
backend default none;
sub vcl_recv { return (synth(200)); }
sub vcl_synth { set resp.body = "hello"; return (deliver); }
""")
    return ("varnishd", "-F", "-j", "none", "-n", place.folder / "state", "-f", place.folder / "hello.vcl",
            "-a", f"127.0.0.1:{place.port}", "-s", "malloc,10m")


def haproxy(more):
    """In a folder of its own, of another user, and allowed no more threads from before its loops turn, as Debian has it."""
    def make(place):
        return "haproxy", "-db", "-f", place.write("config", f"""
global
    user {user_of("haproxy")}
    nbthread 2
    {more.format(empty=place.make_folder("empty"))}
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend hello
    bind 127.0.0.1:{place.port}
    http-request return status 200 content-type text/plain string hello
""")
    return make


daemon("haproxy", ask=ask_http(), root=True)(haproxy(""))
daemon("haproxy in a folder", ask=ask_http(), root=True)(haproxy("chroot {empty}"))


@daemon("stunnel", ask=lambda place: {place.run("openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{place.port}", input=b"", codes=(0, 1))
                                      for _ in range(5)}, programs=("openssl",))
def stunnel(place):
    place.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2",
              "-keyout", place.folder / "key", "-out", place.folder / "certificate")
    return "stunnel4", place.write("config", f"""
foreground = yes
pid =
[hello]
accept = 127.0.0.1:{place.port}
cert = {place.folder}/certificate
key = {place.folder}/key
exec = /bin/echo
execArgs = echo hello
""")


def ask_socks(place):
    """SOCKS 5: which way to log in."""
    answers = set()
    for _ in range(20):
        with place.connect() as connection:
            connection.sendall(b"\5\1\0")
            answers.add(connection.recv(2))
    return answers


@daemon("tor", ask=ask_socks)
def tor(place):
    return "tor", "-f", place.write("config", f"""
SocksPort 127.0.0.1:{place.port}
DataDirectory {place.make_folder("data", 0o700)}
DisableNetwork 0
TestingTorNetwork 1
AssumeReachable 1
DirAuthority nobody orport=1 no-v2 127.0.0.1:1 0000000000000000000000000000000000000000
Log notice stderr
""")
