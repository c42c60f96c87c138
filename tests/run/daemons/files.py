"""What carries files and streams, with clients that are watched as well."""

import harness

from .place import ask_http, daemon


def vsftpd(more):
    def make(place):
        place.make_folder("empty", 0o555)
        place.run("mkdir", "-p", "/srv/ftp")
        return "vsftpd", place.write("config", f"""
listen=YES
listen_port={place.port}
listen_address=127.0.0.1
background=NO
anonymous_enable=YES
no_anon_password=YES
secure_chroot_dir={place.folder}/empty
vsftpd_log_file={place.folder}/log
{more}
""")
    return make


def ask_ftp(place):
    return {place.run("curl", "-sS", f"ftp://127.0.0.1:{place.port}/", watched=True) for _ in range(5)}


# A process for each client, in a chroot and under a seccomp filter, without a loop.
daemon("vsftpd", ask=ask_ftp, programs=("curl",), root=True, has_loop=False)(vsftpd(""))
daemon("vsftpd in one process", ask=ask_ftp, programs=("curl",), root=True, has_loop=False)(vsftpd("one_process_model=YES"))


def ask_rsync(place):
    said = place.run("rsync", "-a", "--stats", f"rsync://127.0.0.1:{place.port}/files/", place.folder / "copy", watched=True)
    place.run("diff", "-r", place.folder / "files", place.folder / "copy")
    return [line for line in said.splitlines() if line.startswith("Number of")]


@daemon("rsync", ask=ask_rsync, root=True)
def rsync(place):
    for number in range(20):
        place.write(f"files/{number}", "hello\n" * 2000 * number)
    config = place.write("config", f"use chroot = no\nuid = 0\ngid = 0\n[files]\npath = {place.folder}/files\n")
    return ("rsync", "--daemon", "--no-detach", "--address=127.0.0.1", f"--port={place.port}", f"--config={config}",
            "--log-file=/dev/null")


def ask_git(place):
    heads = set()
    for number in range(3):
        copy = place.folder / f"copy{number}"
        place.run("git", "clone", "-q", f"git://127.0.0.1:{place.port}/hello.git", copy, watched=True)
        heads.add(place.run("git", "-C", copy, "log", "--format=%s", watched=True))
    return heads


@daemon("git daemon", ask=ask_git)
def git_daemon(place):
    work = place.folder / "work"
    place.run("git", "init", "-q", work)
    place.write("work/file", "hello\n" * 10000)
    place.run("git", "-C", work, "add", "file")
    place.run("git", "-C", work, "-c", "user.name=somebody", "-c", "user.email=somebody@localhost", "commit", "-q", "-m", "hello")
    place.run("git", "clone", "-q", "--bare", work, place.folder / "hello.git")
    place.write("hello.git/git-daemon-export-ok", "")
    return "git", "daemon", f"--base-path={place.folder}", "--listen=127.0.0.1", f"--port={place.port}", "--reuseaddr"


@daemon("transmission-daemon", ask=lambda place: [len(page) > 1000 for page in ask_http(20, "/transmission/web/")(place)])
def transmission(place):
    return ("transmission-daemon", "-f", "-g", place.folder / "state", "-p", place.port, "-r", "127.0.0.1", "-T", "-M",
            "-P", harness.free_port(), "--no-dht", "--no-lpd")


@daemon("iperf3", ask=lambda place: place.run("iperf3", "-c", "127.0.0.1", "-p", place.port, "-n", "20M", watched=True).count("iperf Done"),
        answers=lambda place: place.run("iperf3", "-c", "127.0.0.1", "-p", place.port, "-n", "1K", codes=(0, 1)).count("iperf Done"))
def iperf3(place):
    return "iperf3", "-s", "-B", "127.0.0.1", "-p", place.port


@daemon("socat", ask=lambda place: {place.run("socat", "-t5", "-", f"TCP:127.0.0.1:{place.port}", input=b"hello\n" * 1000, watched=True)
                                    for _ in range(5)})
def socat(place):
    return "socat", f"TCP-LISTEN:{place.port},bind=127.0.0.1,reuseaddr,fork", "EXEC:cat"


@daemon("cupsd", ask=ask_http(20), root=True)
def cupsd(place):
    place.write("cupsd.conf", f"Listen 127.0.0.1:{place.port}\nBrowsing Off\n<Location />\nOrder allow,deny\nAllow all\n</Location>\n")
    folders = "".join(f"{name} {place.make_folder(name)}\n" for name in ("StateDir", "RequestRoot", "CacheDir", "TempDir"))
    logs = "".join(f"{name} {place.make_folder('logs')}/{name}\n" for name in ("AccessLog", "ErrorLog", "PageLog"))
    place.write("cups-files.conf", f"ServerRoot {place.folder}\n{folders}{logs}")
    return "cupsd", "-f", "-c", place.folder / "cupsd.conf", "-s", place.folder / "cups-files.conf"
