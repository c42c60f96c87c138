"""Servers of names and of the time: each answers one question many times."""

import socket
import struct

from .place import daemon, user_of

ZONE = "$TTL 60\n@ IN SOA ns.test. a.test. 1 60 60 60 60\n@ IN NS ns\nns IN A 127.0.0.1\nhello IN A 127.0.0.9\n"
QUESTION = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + b"\5hello\4test\0" + struct.pack(">2H", 1, 1)


def ask_names(place):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(10)
        answers = set()
        for _ in range(200):
            connection.sendto(QUESTION, ("127.0.0.1", place.port))
            answers.add(bytes((127, 0, 0, 9)) in connection.recv(512))
        return answers


@daemon("named", ask=ask_names)
def named(place):
    place.write("zone", ZONE)
    return "named", "-g", "-n", "2", "-c", place.write("config", f"""
options {{ directory "{place.folder}"; listen-on port {place.port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
    pid-file "{place.folder}/pid"; session-keyfile "{place.folder}/key"; recursion no; dnssec-validation no; }};
controls {{ }};
zone "test" {{ type master; file "{place.folder}/zone"; }};
""")


def unbound(threads, chroot):
    def make(place):
        return "unbound", "-d", "-c", place.write("config", f"""
server:
    interface: 127.0.0.1
    port: {place.port}
    use-syslog: no
    logfile: ""
    chroot: "{place.folder if chroot else ""}"
    username: "{user_of("unbound")}"
    directory: "{place.folder}"
    pidfile: "{place.folder}/pid"
    num-threads: {threads}
    do-ip6: no
    local-zone: "test." static
    local-data: "hello.test. A 127.0.0.9"
    module-config: "iterator"
remote-control:
    control-enable: no
""")
    return make


daemon("unbound", ask=ask_names, root=True)(unbound(1, chroot=False))
daemon("unbound with threads", ask=ask_names, root=True)(unbound(4, chroot=False))
daemon("unbound in a chroot", ask=ask_names, root=True)(unbound(2, chroot=True))


@daemon("knotd", ask=ask_names)
def knotd(place):
    place.write("zone", ZONE)
    return "knotd", "-c", place.write("config", f"""
server:
  rundir: "{place.make_folder("run")}"
  listen: 127.0.0.1@{place.port}
log:
  - target: stderr
    any: info
database:
  storage: "{place.make_folder("database")}"
zone:
  - domain: test
    file: "{place.folder}/zone"
""")


@daemon("nsd", ask=ask_names, root=True)
def nsd(place):
    place.write("zone", ZONE)
    return "nsd", "-d", "-c", place.write("config", f"""
server:
 ip-address: 127.0.0.1
 port: {place.port}
 zonesdir: "{place.folder}"
 pidfile: "{place.folder}/pid"
 xfrdfile: "{place.folder}/transfers"
 zonelistfile: "{place.folder}/zones"
 xfrdir: "{place.folder}"
 username: root
 server-count: 2
remote-control:
 control-enable: no
zone:
 name: test
 zonefile: zone
""")


def ask_time(place):
    return {place.run("chronyc", "-h", "127.0.0.1", "-p", place.port, "sources").splitlines()[0] for _ in range(5)}


def answers_time(place):
    return "Reference ID" in place.run("chronyc", "-h", "127.0.0.1", "-p", place.port, "tracking", codes=(0, 1))


def chronyd(*filters):
    def make(place):
        place.run("mkdir", "-p", "/run/chrony")
        return "chronyd", "-d", "-x", *filters, "-f", place.write("config", f"""
port 0
cmdport {place.port}
bindcmdaddress 127.0.0.1
cmdallow 127.0.0.1
local stratum 5
pidfile {place.folder}/pid
""")
    return make


daemon("chronyd", ask=ask_time, answers=answers_time, root=True)(chronyd())
# It confines itself before its loop.
daemon("chronyd with a filter", ask=ask_time, answers=answers_time, root=True, has_loop=False)(chronyd("-F", "1"))
