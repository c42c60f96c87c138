"""Python and poll: what polls synchronously has no loop to stall, and what waits on registered descriptors has one.

Both reach the same poll(2) from the same interpreter: socket timeouts, subprocess and queues on one side, select.poll,
selectors and socketserver on the other.
"""

import harness
import pythons
from harness import require

COMPUTE = "import time\nend = time.monotonic() + 0.15\nwhile time.monotonic() < end: pass\n"

SYNCHRONOUS = {
    "an accept with a timeout": """
import socket
listener = socket.create_server(("127.0.0.1", 0))
listener.settimeout(0.02)
def once():
    try: listener.accept()
    except socket.timeout: print("nobody")
""",
    "a datagram client": """
import socket
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.bind(("127.0.0.1", 0))
client.settimeout(1)
def once():
    client.sendto(b"x", client.getsockname())
    print(client.recv(9))
""",
    "a queue's consumer": """
import multiprocessing
queue = multiprocessing.Queue()
for i in range(9): queue.put(i)
def once(): print(queue.get(timeout=5))
""",
    "a child's output": """
import subprocess
def once():
    child = subprocess.Popen(["sh", "-c", "cat; sleep 0.01; echo x"], stdin=-1, stdout=-1, stderr=-1)
    print(child.communicate(b"a" * 1000)[0][-3:])
""",
}

LOOP = """
import os, select, selectors, socket, socketserver, sys, threading, time
count = 0
def bad(): time.sleep(0.3)
def handle():
    global count
    count += 1
    if count == 6: bad()
def feed():
    for _ in range(10):
        time.sleep(0.02)
        os.write(write_end, b"x")
read_end, write_end = os.pipe()
listener = socket.create_server(("127.0.0.1", 0))
def fed():
    threading.Thread(target=feed, daemon=True).start()
def by_poll():
    fed()
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(read_end, select.POLLIN)
    while count < 9:
        for descriptor, _ in poll.poll():
            os.read(descriptor, 1)
            handle()
def by_selectors():
    fed()
    selector = selectors.PollSelector()
    selector.register(listener, selectors.EVENT_READ)
    selector.register(read_end, selectors.EVENT_READ)
    while count < 9:
        for key, _ in selector.select():
            os.read(key.fd, 1)
            handle()
def by_socketserver():
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.sendall(b"x")
            handle()
    server = socketserver.TCPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    for _ in range(9):
        socket.create_connection(server.server_address).recv(3)
    server.shutdown()
    thread.join()
globals()[sys.argv[1]]()
print(count)
"""


def check_synchronous(python):
    loop = "for _ in range(4):\n    once()\n" + "".join("    " + line + "\n" for line in COMPUTE.splitlines())
    for name, script in SYNCHRONOUS.items():
        with harness.Run([python, "-c", script + loop]) as run:
            run.wait()
            require(run.code == 0, f"{name}: exit code {run.code}\n{run.stderr}")
            require(run.records("stall") == [], f"{name}: stalls of a script without a loop:\n{harness.show(run.records())}")


def test_synchronous_scripts_are_silent():
    check_synchronous(harness.PYTHON)


def test_synchronous_scripts_of_the_newest_python():
    """From 3.12 on the interpreter's own function calls that of the wait."""
    newer = [version for version in pythons.VERSIONS if int(version[2:]) >= 12 and version in pythons.found()]
    if not newer:
        raise harness.Skip("no CPython 3.12 or newer in pyenv or on PATH")
    check_synchronous(pythons.need(newer[-1]))


def check_loop(which):
    with harness.Run([harness.PYTHON, "-c", LOOP, which]) as run:
        run.wait()
        require(run.code == 0 and run.stdout == "9\n", f"exit code {run.code}\n{run.stdout}{run.stderr}")
        stall = run.only_stall()
        require(299 <= stall["duration_ms"] <= 380, f"not 300 ms but {stall['duration_ms']}")
        require(stall["call"] and stall["call"]["name"] == "clock_nanosleep", f"the call is {stall['call']}")


def test_a_loop_on_select_poll():
    check_loop("by_poll")


def test_a_loop_on_selectors():
    check_loop("by_selectors")


def test_socketserver():
    check_loop("by_socketserver")
