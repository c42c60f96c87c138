"""STALLWATCH_METRICS: by Prometheus' own tools, from the file by node exporter's textfile collector to a query."""

import json
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request

import harness
from harness import PYTHON, require, until

ALERTS = harness.TOP / "share/stallwatch-alerts.yml"
LINE = re.compile(r'^(\w+)\{(.*)\} (-?[0-9.]+|\+Inf|NaN)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

# A loop that idles for ever after some turns, one of them long.
IDLE = """
import selectors, socket, time
loop = selectors.EpollSelector()
ours, theirs = socket.socketpair()
loop.register(ours, selectors.EVENT_READ)
for turn in range(6):
    theirs.send(b"x")
    loop.select()
    ours.recv(1)
    time.sleep(0.15 if turn == 4 else 0)
loop.select()
"""


def series(path):
    """The file's series: name, labels, value."""
    found = []
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            match = LINE.match(line)
            require(match, f"{path.name}: {line!r}")
            found.append((match[1], dict(LABEL.findall(match[2])), float(match[3])))
    return found


def value(path, name, **labels):
    """The sum over all series of that name with these labels."""
    return sum(v for n, ls, v in series(path) if n == name and all(ls.get(k) == w for k, w in labels.items()))


def check(path):
    """By promtool: the format and the conventions."""
    harness.need("promtool")
    result = subprocess.run(["promtool", "check", "metrics"], stdin=open(path), capture_output=True, text=True, timeout=30)
    require(result.returncode == 0 and not result.stdout + result.stderr, result.stdout + result.stderr)


def metrics_run(name, *arguments, pattern="m.%p.prom", **options):
    environment = {"STALLWATCH_METRICS": pattern, **options.pop("environment", {})}
    return harness.program(name, *arguments, environment=environment, **options)


def files(run):
    return sorted(run.folder.glob("*.prom"))


def test_what_a_process_leaves():
    with metrics_run("exits", pattern="%e.%p.prom") as run:
        run.wait()
        path = run.folder / f"exits.{run.pid}.prom"
        require(files(run) == [path], f"{files(run)}")
        require(path.stat().st_mode & 0o7777 == 0o644, oct(path.stat().st_mode))
        check(path)
        record, (loop,) = run.only_stall(), run.records("summary")[0]["loops"]
        require(value(path, "stallwatch_stalls_total") == 1, "stalls")
        require(value(path, "stallwatch_stalls_total", cause="blocking-call", counted="true") == 1, "stalls by cause")
        seconds = value(path, "stallwatch_stall_seconds_total", cause="blocking-call")
        require(abs(seconds * 1000 - record["duration_ms"]) < 0.01, f"{seconds} s, {record['duration_ms']} ms")
        require(value(path, "stallwatch_loop_iterations_total") == loop["iterations"], "iterations")
        require(abs(value(path, "stallwatch_loop_busy_seconds_total") * 1000 - loop["busy_ms"]) < 0.01, "busy time")
        require(value(path, "stallwatch_loop_iteration_seconds_bucket", le="0.1") == loop["iterations"] - 1, "buckets")
        require(value(path, "stallwatch_loop_iteration_seconds_bucket", le="0.25") == loop["iterations"], "buckets")
        require(value(path, "stallwatch_threshold_seconds") == 0.1, "threshold")
        require(all(labels["pid"] == str(run.pid) and labels["comm"] == "exits" for _, labels, _ in series(path)), "labels")


def test_every_end_leaves_a_file():
    for arguments, kill in ((["_exit"], None), (["quick_exit"], None), ([], signal.SIGTERM)):
        name = "endless" if kill else "exits"
        with metrics_run(name, *arguments) as run:
            until(lambda run=run: files(run), 10, "the first file")
            if kill:
                run.stop(kill)
            else:
                run.wait()
                require(value(files(run)[0], "stallwatch_stalls_total", counted="true") == 1, f"{arguments}")
            check(files(run)[0])
            require(not [p for p in run.folder.iterdir() if p.name.startswith(".stallwatch")], "a temporary file is left")


def test_a_child_has_its_own():
    with metrics_run("forks") as run:
        run.wait()
        counts = {path.name: value(path, "stallwatch_stalls_total", counted="true") for path in files(run)}
        require(counts.pop(f"m.{run.pid}.prom", None) == 0 and list(counts.values()) == [1], f"{counts}")


def test_loops_one_after_the_other_are_one_series():
    with metrics_run("loop_again") as run:
        run.wait()
        loops = run.records("summary")[0]["loops"]
        require(len(loops) > 1, f"the program has {len(loops)} loops")
        (path,) = files(run)
        check(path)
        numbers = {labels["loop"] for name, labels, _ in series(path) if name == "stallwatch_loop_iterations_total"}
        require(numbers == {"1"}, f"{numbers}")
        require(value(path, "stallwatch_loop_iterations_total") == sum(loop["iterations"] for loop in loops), "iterations")


def test_hostile_names():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="stallwatch-test-"))
    program = folder / 'q"\\\n\x1b[31m'
    shutil.copy(harness.PROGRAMS / "exits", program)
    with harness.Run([program], folder=folder, environment={"STALLWATCH_METRICS": "m.prom"}) as run:
        run.wait()
        check(run.folder / "m.prom")
        labels = series(run.folder / "m.prom")[0][1]
        require(labels["comm"] == 'q\\"\\\\\\\\x0a\\\\x1b[31m', f"{labels}")


def test_paths_that_cannot_be_written():
    for path, words in (("no/such/folder/m.prom", "No such file"), ("/dev/null", "not a regular file"), (".", "not a regular file"),
                        ("link", "symbolic links"), ("/" + "x" * 5000, "name too long")):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="stallwatch-test-"))
        (folder / "link").symlink_to("target")
        with harness.program("exits", environment={"STALLWATCH_METRICS": path}, folder=folder) as run:
            run.wait()
            said = [line for line in run.stderr.splitlines() if "STALLWATCH_METRICS" in line]
            require(run.code == 0 and len(said) == 1 and words in said[0], f"{path}: {said}")
            require(run.only_stall() and not (folder / "target").exists(), "a link was followed")


def test_many_processes_on_one_path():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="stallwatch-test-"))
    path, torn = folder / "all.prom", []
    stop = threading.Event()

    def read():
        while not stop.is_set():
            text = path.read_text() if path.exists() else ""
            if text and (not text.endswith("\n") or len(set(re.findall(r'pid="(\d+)"', text))) != 1
                         or text.count("# TYPE") != text.count("# HELP") or "loop_stalled_seconds{" not in text):
                torn.append(text)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        script = " & ".join([f"{harness.PROGRAMS / 'exits'}"] * 12) + " & wait"
        with harness.Run(["sh", "-c", script], folder=folder, environment={"STALLWATCH_METRICS": str(path)}) as run:
            run.wait()
            stop.set()
            reader.join()
            require(not torn, f"{len(torn)} torn reads\n{torn[:1]}")
            check(path)
            require([p.name for p in run.folder.glob("*.prom")] == ["all.prom"] and not list(run.folder.glob(".st*")), "left-overs")
    finally:
        stop.set()
        reader.join()


class Server:
    """A server with a port of its own, stopped by its pid."""

    def __init__(self, folder, name, path, *arguments):
        self.port, self.log = harness.free_port(), folder / f"{name}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([name, *arguments, f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log,
                                            stderr=log, cwd=folder, env=harness.clean_environment())
        try:
            until(lambda: self.get(path) is not None, 20, f"{name}\n{self.log.read_text()[-1500:]}")
        except harness.Failure:
            self.stop()
            raise

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.read().decode()
        except OSError:
            return None

    def query(self, expression):
        """Labels and value of each series of the answer."""
        answer = json.loads(self.get("/api/v1/query?" + urllib.parse.urlencode({"query": expression})) or '{"data": {"result": []}}')
        return [(result["metric"], float(result["value"][1])) for result in answer["data"]["result"]]

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


CONFIG = """
global: {scrape_interval: 500ms, scrape_timeout: 400ms, evaluation_interval: 1s}
rule_files: [stallwatch-alerts.yml]
scrape_configs:
  - job_name: node
    static_configs: [{targets: ["127.0.0.1:%d"]}]
"""


def watchdog_switches(pid):
    """How often the watchdog's thread has gone to sleep so far."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text() == "stallwatch\n":
            return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", (task / "status").read_text(), re.MULTILINE)[1])
    raise harness.Failure("no watchdog")


def see_the_fleet(prometheus, redis, port):
    """What an operator asks, and what must be the answer."""
    def one(expression):
        found = prometheus.query(expression)
        return found[0][1] if len(found) == 1 else None

    stalls = 'stallwatch_stalls_total{comm="redis-server",cause="blocking-call",counted="true"}'
    until(lambda: one(stalls) == 0, 15, "the counter at 0")
    require(subprocess.run(["redis-cli", "-p", str(port), "DEBUG", "SLEEP", "0.4"], capture_output=True, text=True,
                           timeout=20).stdout == "OK\n", "redis")
    until(lambda: one(stalls) == 1, 20, "the counter at 1")
    until(lambda: (one(f"increase({stalls}[1m])") or 0) > 0.9, 10, "its increase")
    slowest = one('histogram_quantile(1, sum by (le) (increase(stallwatch_loop_iteration_seconds_bucket{comm="redis-server"}[1m])))')
    require(slowest is not None and 0.25 < slowest <= 0.5, f"the slowest iteration is estimated at {slowest} s")
    median = one('histogram_quantile(0.5, sum by (le) (increase(stallwatch_loop_iteration_seconds_bucket{comm="redis-server"}[1m])))')
    require(median is not None and median < 0.01, f"the median iteration is estimated at {median} s")
    busy = one(f'stallwatch_loop_busy_seconds_total{{pid="{redis.pid}"}}')
    require(busy is not None and 0.4 <= busy < 2, f"busy {busy} s")
    require(one("node_textfile_scrape_error") == 0, "the collector refuses a file")
    rules = json.loads(prometheus.get("/api/v1/rules"))["data"]["groups"][0]["rules"]
    require(len(rules) == 6 and all(rule["health"] in ("ok", "unknown") for rule in rules), f"{rules}")


def test_a_fleet_is_seen():
    harness.need("prometheus", "prometheus-node-exporter", "redis-server", "redis-cli", "promtool")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="stallwatch-test-"))
    shutil.copy(ALERTS, folder)
    (folder / "text").mkdir()
    environment, servers = {"STALLWATCH_METRICS": str(folder / "text/%e-%p.prom")}, []
    port = harness.free_port()
    try:
        with harness.Run(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--enable-debug-command",
                          "local"], environment=environment) as redis, \
                harness.Run([PYTHON, "-c", IDLE], environment=environment) as idle:
            servers.append(Server(folder, "prometheus-node-exporter", "/metrics", "--collector.disable-defaults",
                                  "--collector.textfile", f"--collector.textfile.directory={folder / 'text'}"))
            (folder / "prometheus.yml").write_text(CONFIG % servers[0].port)
            servers.append(Server(folder, "prometheus", "/-/ready", "--config.file=prometheus.yml",
                                  f"--storage.tsdb.path={folder / 'data'}"))
            see_the_fleet(servers[1], redis, port)
            # The idle one has written its last state, and sleeps.
            (path,) = (folder / "text").glob("python*.prom")
            until(lambda: value(path, "stallwatch_stalls_total", counted="true") == 1, 15, "the idle process's last state")
            time.sleep(0.3)
            before, written = watchdog_switches(idle.pid), path.stat().st_mtime_ns
            time.sleep(2)
            require(watchdog_switches(idle.pid) == before, "the watchdog of an idle process wakes")
            require(path.stat().st_mtime_ns == written, "an idle process's file is written again")
            require(value(path, "stallwatch_loop_iterations_total") == 6, "the last iteration is missing")
            redis.stop()
            require(redis.code == 0, f"exit code {redis.code}")
    finally:
        for server in reversed(servers):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_stall_is_written_soon():
    """Its process may be killed before ten seconds are over: the last write has it."""
    with harness.Run([PYTHON, "-c", IDLE], environment={"STALLWATCH_METRICS": "m.prom"}) as run:
        path = run.folder / "m.prom"
        until(lambda: path.exists() and value(path, "stallwatch_stalls_total", counted="true") == 1, 6, "the stall")
        run.stop(signal.SIGKILL)
        check(path)


def test_a_hung_loop_is_seen():
    with metrics_run("endless", environment={"STALLWATCH_ONGOING_MS": "300"}) as run:
        def stalled():
            return files(run) and value(files(run)[0], "stallwatch_loop_stalled_seconds")
        seconds = until(stalled, 8, "stallwatch_loop_stalled_seconds")
        require(0.3 < seconds < 8, f"{seconds} s")
        until(lambda: stalled() > seconds + 5, 25, "its growth, ten seconds later")
        check(files(run)[0])
        run.stop(signal.SIGKILL)


def test_alert_rules():
    harness.need("promtool")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="stallwatch-test-"))
    try:
        shutil.copy(ALERTS, folder)
        shutil.copy(pathlib.Path(__file__).parent / "prometheus/alerts_test.yml", folder)
        for words in (["check", "rules", ALERTS.name], ["test", "rules", "alerts_test.yml"]):
            result = subprocess.run(["promtool", *words], cwd=folder, capture_output=True, text=True, timeout=60)
            require(result.returncode == 0 and "FAILED" not in result.stdout, result.stdout + result.stderr)
    finally:
        shutil.rmtree(folder)
    known = families()
    names = set(re.findall(r"\bstallwatch_\w+", re.sub(r"^ *#.*", "", ALERTS.read_text(), flags=re.MULTILINE)))
    require(len(names) >= 5 and {re.sub("_bucket$", "", name) for name in names} <= known, f"{names} of {known}")


def families():
    source = (harness.TOP / "src/preload/report/report_metrics.c").read_text()
    return {"stallwatch_" + name for name in re.findall(r'(?:family|times)\(\s*writer, (?:metrics, )?"(\w+)"', source)}


def test_manual_page_has_every_family():
    page = (harness.TOP / "man/stallwatch.7").read_text()
    section = page.split(".Sh METRICS")[1].split(".Sh SEE ALSO")[0]
    listed = {name for line in re.findall(r"^\.It (.*)", section, re.MULTILINE) for name in re.findall(r"stallwatch_\w+", line)}
    require(listed == families() and len(listed) > 10, f"{listed ^ families()}")
