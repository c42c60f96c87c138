"""scripts/ci: each example's own steps, run as its CI system would in a project's folder, against an installed stallwatch."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading

import harness
from command import SCHEMAS
from harness import require

CI = harness.TOP / "scripts/ci"
VALIDATOR = harness.BUILD / "npm/node_modules/.bin/action-validator"
PROGRAM = {"stalls": "exits", "clean": "idle", "fails": "idle"}

installing = threading.Lock()
prefix = None


def installed():
    """Where make install has put it, once for all tests here."""
    global prefix
    with installing:
        if prefix is None:
            folder = pathlib.Path(tempfile.mkdtemp(prefix="stallwatch-test-"))
            result = subprocess.run(["make", "-s", "install", f"PREFIX={folder}", f"BUILD={harness.BUILD}"], cwd=harness.TOP,
                                    capture_output=True, text=True, timeout=300, env=harness.clean_environment())
            require(result.returncode == 0, result.stdout[-500:] + result.stderr[-1500:])
            prefix = folder
    return prefix


class Project:
    """A checkout with tests that stall, that do not, or that fail; and the environment that a CI system gives."""

    def __init__(self, kind, **environment):
        self.kind, self.code = kind, {"stalls": 99, "clean": 0, "fails": 3}[kind]
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="stallwatch-test-"))
        self.environment = {**harness.clean_environment(), **environment}
        self.environment["PATH"] = f"{installed()}/bin:{self.environment['PATH']}"

    def __enter__(self):
        tests = self.path / "run-tests"
        tests.write_text(f"#!/bin/sh\n{harness.PROGRAMS / PROGRAM[self.kind]}\nexit {3 if self.kind == 'fails' else 0}\n")
        tests.chmod(0o755)
        (self.path / "Makefile").write_text("check:\n\t@./run-tests\n" f"include {CI / 'stalls.mk'}\n")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def shell(self, script, code, *shell):
        result = subprocess.run([*(shell or ("sh", "-e", "-c")), script], cwd=self.path, capture_output=True, text=True, timeout=120,
                                env=self.environment)
        require(result.returncode == code, f"{self.kind}: {script}\nexit code {result.returncode}, not {code}\n{result.stderr[-1500:]}")
        return result

    def has(self, name, words):
        """A file that the job leaves, with what happened in it."""
        text = (self.path / name).read_text()
        require((words in text) == (self.kind == "stalls"), f"{self.kind}: {name}: {text[:600]}")
        return text

    def is_junit(self, name):
        harness.need("xmllint")
        result = subprocess.run(["xmllint", "--noout", "--schema", SCHEMAS / "junit.xsd", self.path / name], capture_output=True,
                                text=True, timeout=30)
        require(result.returncode == 0, result.stderr)
        self.has(name, "<failure")


def yaml_of(name):
    """By Debian's python3-yaml; YAML 1.1 takes `on` for true."""
    script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))"
    result = subprocess.run([harness.PYTHON, "-c", script, CI / name], capture_output=True, text=True, timeout=30)
    if "No module named 'yaml'" in result.stderr:
        raise harness.Skip("python3-yaml is not installed")
    require(result.returncode == 0, result.stderr)
    return json.loads(result.stdout)


def test_github():
    job = yaml_of("github.yml")["jobs"]["stalls"]
    steps = {step["name"]: step for step in job["steps"] if "run" in step}
    require(list(steps) == ["Install stallwatch", "Run the tests", "Summarize"], f"{list(steps)}")
    upload = job["steps"][-1]
    require(steps["Summarize"]["if"] == upload["if"] == "always()", "nothing is left of a job that failed")
    for kind in PROGRAM:
        environment = {name: str(value) for name, value in job["env"].items() if "{{" not in str(value)}
        environment["STALLWATCH_THRESHOLD_MS"] = "100"  # the test's program stalls for less than the example asks
        with Project(kind, GITHUB_ACTIONS="true", **environment) as project:
            project.environment.update(GITHUB_STEP_SUMMARY=str(project.path / "summary.md"), GITHUB_WORKSPACE=str(harness.TOP))
            run = project.shell(steps["Run the tests"]["run"], project.code)
            annotations = [line for line in run.stderr.splitlines() if line.startswith("::")]
            require([line.split("title")[0] for line in annotations] ==
                    (["::error file=tests/programs/exits.c,line=12,"] if kind == "stalls" else []), run.stderr)
            project.shell(steps["Summarize"]["run"], 0)
            project.has("summary.md", "blocking-call: usleep")
            for path in upload["with"]["path"].split():
                project.has(path, "usleep")


def test_github_by_its_schema():
    if not VALIDATOR.exists() or not shutil.which("node"):
        raise harness.Skip("@action-validator/cli is not installed (npm)")
    result = subprocess.run(["node", VALIDATOR, CI / "github.yml"], capture_output=True, text=True, timeout=60)
    require(result.returncode == 0 and not result.stdout.strip(), result.stdout + result.stderr)


def test_gitlab():
    job = yaml_of("gitlab-ci.yml")["event-loops"]
    require(set(job) == {"image", "variables", "before_script", "script", "after_script", "artifacts"}, f"{set(job)}")
    require(all(isinstance(line, str) for part in ("before_script", "script", "after_script") for line in job[part]), "not strings")
    require(job["artifacts"]["when"] == "always", "nothing is left of a job that failed")
    for kind in PROGRAM:
        with Project(kind, STALLWATCH_THRESHOLD_MS="100") as project:
            for line in job["script"]:
                project.shell(line, project.code)
            for line in job["after_script"]:
                project.shell(line, 0)
            project.is_junit(job["artifacts"]["reports"]["junit"])
            for path in job["artifacts"]["paths"]:
                project.has(path, "usleep")


def test_make():
    harness.need("make")
    for kind in PROGRAM:
        with Project(kind) as project:
            # make has 2 for whatever fails in it.
            said = project.shell("make check-stalls", 2 if project.code else 0).stderr
            require(("Error 99" in said) == (kind == "stalls"), said)
            project.has("stalls.jsonl", "usleep")
            if kind == "stalls":
                project.shell("make stalls.known && make check-stalls STALLS_KNOWN=stalls.known", 0)


def test_any_shell():
    script = str(CI / "stalls.sh")
    for kind in PROGRAM:
        with Project(kind) as project:
            project.shell(f"{script} ./run-tests", project.code)
            project.is_junit("stalls.xml")
            project.has("stalls.html", "usleep")
            if kind == "stalls":
                (project.path / "stalls.jsonl").rename(project.path / "old.jsonl")
                project.environment["STALLS_KNOWN"] = "old.jsonl"
                project.shell(f"{script} ./run-tests", 0)
                project.environment["STALLS_KNOWN"] = "missing.jsonl"
                project.shell(f"{script} ./run-tests", 2)
            project.shell(script, 2)


def test_the_installing_steps_name_what_is_there():
    """Not run here (make install is, and tests/package): what they call exists."""
    for name in ("github.yml", "gitlab-ci.yml"):
        text = (CI / name).read_text()
        require("scripts/setup build" in text and re.search(r"make -j\"\$\(nproc\)\" install", text), name)
        require(os.access(harness.TOP / "scripts/setup", os.X_OK), "scripts/setup")
        require("./run-tests" in text and "$STALLWATCH" in text, name)
