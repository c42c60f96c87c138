"""What keeps data: databases, logs, and where files are shared."""

import glob
import socket
import time

import harness

from .place import daemon


def psql(place, *statements):
    return place.run("psql", "-h", "127.0.0.1", "-p", place.port, "-U", "postgres", "-At", "postgres",
                     input="".join(statement + ";\n" for statement in statements).encode())


def ask_postgres(place):
    return psql(place, "create table t(a int primary key, b text)", "insert into t select g, repeat('x', 100) from generate_series(1, 5000) g",
                "select count(*), sum(a) from t where b like '%x'", "vacuum analyze t", "checkpoint")


def stall_postgres(place):
    """The client rests between, so that the backend waits for it: what the backend does before it ends by itself is no stall."""
    rest = "select 1;\n\\! sleep 0.1\nselect 2"
    return psql(place, rest, "select pg_sleep(0.3)", rest)


@daemon("postgres", ask=ask_postgres, programs=("psql",), stall=stall_postgres,
        cause="nested-wait", call="epoll_wait", root=True)
def postgres(place):
    """A backend waits for its client in a loop on epoll, and sleeps in another one."""
    programs = (sorted(glob.glob("/usr/lib/postgresql/*/bin")) or ["/nowhere"])[-1]
    harness.need(f"{programs}/postgres")
    place.make_folder("data", 0o700, "postgres")
    as_postgres = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
    place.run(*as_postgres, f"{programs}/initdb", "--no-sync", "-A", "trust", "-D", place.folder / "data")
    return (*as_postgres, f"{programs}/postgres", "-D", place.folder / "data", "-p", place.port, "-c", "fsync=off",
            "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={place.folder}")


def ask_mariadb(place):
    return place.run("mariadb", "--no-defaults", "-S", place.folder / "socket", "-u", "root", "-N", "-e",
                     "create database x; use x; create table t(a int primary key, b text) engine=innodb; "
                     "insert into t select seq, repeat('x', 100) from seq_1_to_5000; select count(*), sum(a), sleep(0.3) from t where a < 2")


@daemon("mariadbd", ask=ask_mariadb, programs=("mariadb", "mariadb-install-db"), root=True)
def mariadbd(place):
    """A thread for each client, which is no loop: its sleep is no stall."""
    place.run("mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={place.folder}/data", "--auth-root-authentication-method=normal")
    return ("mariadbd", "--no-defaults", "--user=mysql", f"--datadir={place.folder}/data", f"--port={place.port}",
            "--bind-address=127.0.0.1", f"--socket={place.folder}/socket", f"--pid-file={place.folder}/pid", "--innodb-buffer-pool-size=16M")


def ask_log(place):
    with place.connect() as connection:
        for number in range(200):
            connection.sendall(b"<14>host program: by TCP %d\n" % number)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        for number in range(200):
            connection.sendto(b"<14>host program: by UDP %d\n" % number, ("127.0.0.1", place.port))
            time.sleep(0.0005)
    log = place.folder / "log"
    harness.until(lambda: log.exists() and log.read_text().count("program: by") == 400, 15, "400 lines in the log")
    return sorted(line.partition("program: ")[2] for line in log.read_text().splitlines() if "program: by" in line)


@daemon("rsyslogd", ask=ask_log)
def rsyslogd(place):
    return "rsyslogd", "-n", "-i", place.folder / "pid", "-f", place.write("config", f"""
global(workDirectory="{place.folder}")
module(load="imudp")
module(load="imtcp")
input(type="imudp" port="{place.port}" address="127.0.0.1")
input(type="imtcp" port="{place.port}" address="127.0.0.1")
*.* action(type="omfile" file="{place.folder}/log" template="RSYSLOG_TraditionalFileFormat")
""")


def ask_smb(place):
    return {place.run("smbclient", "-N", "-p", place.port, "-s", place.folder / "config", "//127.0.0.1/share", "-c", "get hello -",
                      watched=True) for _ in range(3)}


@daemon("smbd", ask=ask_smb, programs=("smbclient",), root=True)
def smbd(place):
    place.write("share/hello", "hello\n")
    folders = "".join(f"{name} = {place.make_folder(name.replace(' ', '-'))}\n"
                      for name in ("lock directory", "private dir", "cache directory", "state directory", "pid directory", "ncalrpc dir"))
    return "smbd", "-F", "--no-process-group", "-s", place.write("config", f"""
[global]
smb ports = {place.port}
interfaces = 127.0.0.1/8
bind interfaces only = yes
map to guest = Bad User
guest account = root
log file = {place.folder}/log
disable spoolss = yes
load printers = no
{folders}
[share]
path = {place.folder}/share
guest ok = yes
""")
