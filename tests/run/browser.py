"""Drives Debian's chromium through its chromedriver, by the WebDriver protocol's plain HTTP and JSON: for the page's tests.

One browser is started with the first page and stopped at the end of the run; one test at a time has it. What the page logged
and what it asked of the network since it was opened can be looked at. Nothing here leaves the machine: pages are files.
"""

import atexit
import base64
import contextlib
import http.client
import json
import os
import shutil
import subprocess
import tempfile
import threading

import harness
from harness import require

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars"]
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c", "Left": "\ue012", "Up": "\ue013", "Right": "\ue014", "Down": "\ue015",
        "Home": "\ue011", "End": "\ue010", "Shift": "\ue008"}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's own name for a reference


class Browser:
    """One chromium and its driver."""

    def __init__(self):
        harness.need("chromium", "chromedriver")
        self.profile = tempfile.mkdtemp(prefix="stallwatch-test-chromium-")
        self.port = harness.free_port()
        self.driver = subprocess.Popen(["chromedriver", f"--port={self.port}", "--silent"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, start_new_session=True,
                                       preexec_fn=lambda: os.nice(10))  # other tests measure time
        self.session = ""
        try:
            harness.until(lambda: harness.answers(self.port), 20, "chromedriver")
            options = {"args": [*FLAGS, f"--user-data-dir={self.profile}"], "binary": shutil.which("chromium")}
            wanted = {"browserName": "chrome", "goog:chromeOptions": options,
                      "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
            answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
            self.session = "/session/" + answer["sessionId"]
        except BaseException:
            self.stop()
            raise

    def stop(self):
        try:
            if self.session:
                self.call("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait(20)
            shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, json.dumps(body or {}) if method == "POST" else None, {"Content-Type": "application/json"})
        value = json.loads(connection.getresponse().read())["value"]
        connection.close()
        require(not (isinstance(value, dict) and "error" in value), f"{method} {path}: {str(value)[:800]}")
        return value

    def post(self, path, **body):
        return self.call("POST", self.session + path, body)

    def devtools(self, command, **parameters):
        return self.post("/goog/cdp/execute", cmd=command, params=parameters)

    def open(self, path, width=1280, height=900, dark=False, still=False):
        """A page from a file, in a window of that size; `still`: its reader wants no motion."""
        self.post("/url", url="about:blank")
        self.logs("browser"), self.logs("performance")
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                    {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"}]
        self.devtools("Emulation.setEmulatedMedia", features=features)
        self.post("/url", url=f"file://{path}")

    def run(self, script, *arguments):
        """The value that the body of a function returns in the page."""
        return self.post("/execute/sync", script=script, args=list(arguments))

    def type(self, *keys):
        """Presses each of them, by name in KEYS or as a character."""
        actions = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self.post("/actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def click(self, selector, x=None, y=None):
        """Clicks in the middle of the first element that matches, or at x and y from its left upper corner."""
        element = self.post("/element", using="css selector", value=selector)
        self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
        box = self.run("const b = arguments[0].getBoundingClientRect(); return [b.left, b.top, b.width, b.height]", element)
        at = {"x": int(box[0] + (box[2] / 2 if x is None else x)), "y": int(box[1] + (box[3] / 2 if y is None else y))}
        actions = [{"type": "pointerMove", "duration": 0, "origin": "viewport", **at}, {"type": "pointerDown", "button": 0},
                   {"type": "pointerUp", "button": 0}]
        self.post("/actions", actions=[{"type": "pointer", "id": "mouse", "actions": actions}])

    def fill(self, selector, text):
        element = self.post("/element", using="css selector", value=selector)
        self.post(f"/element/{element[ELEMENT]}/clear")
        self.post(f"/element/{element[ELEMENT]}/value", text=text)

    def logs(self, kind):
        return self.post("/se/log", type=kind)

    def problems(self):
        """What the console has, and every request but that for the page itself."""
        found = [entry["message"] for entry in self.logs("browser")]
        for entry in self.logs("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                url = event["params"]["request"]["url"]
                if not url.startswith("file://") and url != "about:blank":
                    found.append(f"a request for {url[:200]}")
        return found

    def picture(self, path=None, whole=False):
        """A PNG of the window, or of the whole page."""
        content = base64.b64decode(self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"])
        if path is not None:
            path.write_bytes(content)
        return content


_lock = threading.Lock()
_browser = None


@contextlib.contextmanager
def page(path, **window):
    """The browser with that page open, and nobody else using it; a skip where there is no browser to be had."""
    global _browser
    with _lock:
        if _browser is None:
            _browser = Browser()
            atexit.register(_browser.stop)
        _browser.open(path, **window)
        yield _browser
