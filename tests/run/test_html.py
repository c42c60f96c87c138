"""`stallwatch report --format html`: the page in a real browser, and by checkers that somebody else wrote."""

import json
import os
import pathlib
import re
import struct
import subprocess
import time

import browser
import harness
from command import Folder, frame, process, stall, summary
from harness import require

NPM = harness.BUILD / "npm/node_modules"
EVIL = ['</script><img src=x onerror="window.pwned=1">', "<!--<script>", "a&lt;b&amp;\"'`${1}", "\u202egnp.exe\u2028", "]]>",
        "javascript:alert(1)", "\x1b[31mred\x7f", "__proto__", "constructor", ""]


def loop(tid, iterations):
    return {"id": 1, "thread": {"tid": tid, "name": "app", "main": True}, "wait": "epoll_wait", "iterations": iterations,
            "busy_ms": 400.0, "wait_ms": 600.0, "busy_us": {"p50": 33.0, "p90": 90.0, "p99": 250000.0, "p999": 250000.0, "max": 250000.0}}


def at(second, millisecond=0):
    return f"2026-11-23T04:{second // 60:02}:{second % 60:02}.{millisecond:03}Z"


def example(folder):
    """Two loops with four signatures, a pool, a holder, and a source file for one frame."""
    source = folder.path / "ask.c"
    source.write_text("".join(f"line {i} of <b>source</b>\n" for i in range(1, 40)))
    deep = [frame("usleep", module="libc.so.6"), frame("ask", str(source), 7), frame("main", "/srv/app/main.c", 20)]
    held = [frame("work", "/srv/app/work.c", 3)]
    python = [frame("__x64_sys_read", module=None, lang="kernel"), frame("slow", "/srv/app/view.py", 12, None, "python"), deep[2]]
    records = [process()]
    records += [stall(i, 200.0 + i, frames=deep, time=at(i)) for i in range(20)]
    records += [stall(30, 900.0, "00000000000000bb", frames=python, call=None, time=at(30), keys={"hint": "compute elsewhere"})]
    records += [stall(31, 150.0, "00000000000000cc", frames=deep[1:], call="pthread_mutex_lock", time=at(40), keys={
        "cause": "lock", "holder": {"what": "mutex", "tid": 9, "name": "worker", "command": None, "frames": held}})]
    records += [{**summary(), "loops": [loop(100, 5000)]}, process(pid=7, host="h2")]
    records += [stall(1, 400.0, "00000000000000dd", frames=[frame("wait", "/srv/b.c", 1)], counted=False, pid=7, host="h2", time=at(50),
                      keys={"cause": "starved", "call": None, "calls": []})]
    records += [{**stall(2, 700.0, pid=7, host="h2", time=at(55)), "type": "pool", "pool": {"name": "libuv", "threads": 4, "busy": 4},
                 "counted": False}]
    return folder.write("a.jsonl", records)


def write(folder, *arguments, name="page.html"):
    path = folder.path / name
    result = folder.run("report", "--format", "html", "--output", path, *arguments)
    require(not result.err, result.err)
    return path


def data_of(path):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', path.read_text(), re.DOTALL).group(1))


def text(page, selector):
    return page.run("return document.querySelector(arguments[0]).textContent", selector)


def clean(page):
    problems = page.problems()
    require(not problems, f"the console or the network: {problems[:5]}")


def test_by_tidy_and_html_validate():
    harness.need("tidy")
    with Folder() as folder:
        pages = [write(folder, example(folder)), write(folder, folder.write("e.jsonl", []), name="empty.html")]
        for path in pages:
            result = subprocess.run(["tidy", "-q", "-e", path], capture_output=True, text=True, timeout=30)
            # This tidy is older than the attribute.
            lines = [line for line in result.stderr.splitlines() if 'proprietary attribute "nonce"' not in line]
            require(result.returncode < 2 and not lines, "\n".join(lines))
        checker = NPM / ".bin/html-validate"
        if not checker.exists():
            raise harness.Skip("html-validate is not installed (npm); tidy finds nothing")
        for path in pages:
            result = subprocess.run([checker, "--stdin"], input=path.read_text(), capture_output=True, text=True, timeout=60, cwd=NPM.parent)
            require(result.returncode == 0, result.stdout[-2000:] + result.stderr[-500:])


def test_by_axe():
    """The rules of accessibility that a program can check, in light and dark and on a phone."""
    source = NPM / "axe-core/axe.min.js"
    if not source.exists():
        raise harness.Skip("axe-core is not installed (npm)")
    run = """const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then(
        (result) => done(result.violations.map((v) => [v.id, v.help, v.nodes[0].html.slice(0, 200), v.nodes[0].failureSummary])),
        (error) => done([String(error)]))"""
    with Folder() as folder:
        path = write(folder, example(folder))
        for window in ({}, {"dark": True}, {"width": 360, "height": 740}):
            with browser.page(path, still=True, **window) as page:
                page.run("for (const button of document.querySelectorAll('.open')) document.getElementById(button.id).click()")
                page.fill("#search", "ask")
                page.run(source.read_text() + "; window.axe = axe")
                found = page.post("/execute/async", script=run, args=[])
                require(not found, f"{window}: {json.dumps(found, indent=1)[:2000]}")


def test_loads_quietly_and_fits():
    with Folder() as folder:
        path = write(folder, example(folder))
        for window in ({}, {"dark": True}, {"width": 360, "height": 740}, {"width": 820}):
            with browser.page(path, **window) as page:
                require(text(page, "h1") == "✕ Failed22 stalls counted", text(page, "h1"))
                page.run("for (const button of document.querySelectorAll('.open')) document.getElementById(button.id).click()")
                size = page.run("return [document.documentElement.scrollWidth, innerWidth]")
                require(size[0] <= size[1] == window.get("width", 1280), f"{window}: {size} is to be scrolled sideways")
                width, height = struct.unpack(">II", page.picture()[16:24])
                require((width, height) == (window.get("width", 1280), window.get("height", 900)), f"a picture of {width} by {height}")
                background = page.run("return getComputedStyle(document.body).backgroundColor")
                require((sum(map(int, re.findall(r"\d+", background)[:3])) < 200) == ("dark" in window), f"{window}: {background}")
                clean(page)


def test_hostile_names_are_text():
    records = [process(exe="/bin/" + EVIL[0], pid=3)]
    for i, name in enumerate(EVIL):
        frames = [frame(name, "/srv/" + name + ".c", 3, name), frame(EVIL[0])]
        called = {"name": "usleep", "detail": name, "ms": 190.0, "count": 1}
        records.append(stall(i, 200.0 + i, f"{i:016x}", frames=frames, exe="/bin/" + name, host=name, pid=i + 1, keys={
            "call": called, "calls": [called], "hint": name, "label": name, "thread": {"tid": 1, "name": name, "main": True}, "suppressed": name if i % 2 else None,
            "holder": {"what": "mutex", "tid": 2, "name": name, "command": None, "frames": frames}}))
    records.append({**stall(99, exe="/bin/" + EVIL[0]), "type": "pool", "pool": {"name": EVIL[0], "threads": 1, "busy": 1}})
    with Folder() as folder:
        path = write(folder, folder.write("evil.jsonl", records))
        content = path.read_text()
        require(content.count("</script>") == 2 and "<img" not in content and "onerror=" in content, "a name became markup in the file")
        with browser.page(path) as page:
            page.run("for (const button of document.querySelectorAll('.open')) document.getElementById(button.id).click()")
            page.fill("#search", "<img")
            time.sleep(0.2)
            require(page.run("return [window.pwned, document.images.length, document.scripts.length]") == [None, 0, 2], "a name ran")
            shown = text(page, "#rows")
            require(EVIL[0] in shown and EVIL[2] in shown and "\\x202egnp.exe" in shown, shown[:500])
            require("\u202e" not in page.run("return document.body.innerText"), "a mark of direction reaches the page")
            require(text(page, "#matches").startswith("1"), text(page, "#matches"))
            # Were one to get in after all: nothing without the nonce runs.
            page.run("""const script = document.createElement('script'); script.textContent = 'window.pwned = 2';
                        document.body.append(script); document.body.insertAdjacentHTML('beforeend', arguments[0])""", EVIL[0][9:])
            time.sleep(0.2)
            require(page.run("return window.pwned ?? null") is None, "the policy lets scripts run")


def test_times_that_are_none():
    """A record whose time is no time has none, and the page is whole."""
    for time_text in ("", "x" * 500, "2026-13-01T00:00:00.000Z", "2026-02-30T00:00:00.000Z", "2026-01-01T23:59:60.000Z"):
        for times in ((time_text,), (at(1), time_text)):
            with Folder() as folder:
                log = folder.write("a.jsonl", [process(), *({**stall(i), "time": one} for i, one in enumerate(times)), summary()])
                with browser.page(write(folder, log)) as page:
                    page.run("for (const button of document.querySelectorAll('.open')) document.getElementById(button.id).click()")
                    require(text(page, "#facts").startswith(f"Stalls{len(times)}Time in them"), f"{time_text}: {text(page, '#facts')}")
                    require(("04:00:01.250 UTC" in text(page, "#facts")) == (len(times) > 1), text(page, "#facts"))
                    clean(page)


def test_table_sorts_and_filters():
    with Folder() as folder, browser.page(write(folder, example(folder))) as page:
        names = "return [...document.querySelectorAll('.open')].map((button) => button.textContent)"
        require(page.run(names) == ["ask", "slow", "ask", "ask", "wait"], page.run(names))
        page.click("#head th:nth-child(6) button")
        require(page.run(names)[0] == "slow" and page.run("return document.querySelector('[aria-sort=descending]').textContent") == "Longest",
                page.run(names))
        page.click("#head th:nth-child(6) button")
        require(page.run(names)[-1] == "slow", "the other way round")
        page.fill("#filter", "VIEW.py")
        require(page.run(names) == ["slow"] and text(page, "#filtered") == "1 of 5 signatures", page.run(names))
        require(page.run("return document.querySelectorAll('#graph [role=treeitem]').length") == 5, "the flame graph is not filtered")
        page.click("#filter")
        page.type("Escape")
        page.run("[...document.querySelectorAll('#causes button')].find((button) => button.textContent.startsWith('starved')).click()")
        require("wait" not in page.run(names) and len(page.run(names)) == 4, page.run(names))
        page.fill("#filter", "nothing has this")
        require(page.run(names) == [] and "Nothing matches" in text(page, "#rows-note"), "an empty table says nothing")
        clean(page)


def test_details_have_everything():
    with Folder() as folder, browser.page(write(folder, example(folder))) as page:
        page.click("#s-00000000000000aa")
        shown = text(page, ".details")
        for words in ("blocking-call: usleep(250 ms)", "20 of 20", "219 ms", "signature:00000000000000aa", "100.0% of the samples",
                      "line 7 of <b>source</b>", "line 3 of", "line 11 of", "blocked"):
            require(words in shown, f"{words!r} is not in {shown!r}")
        require("line 2 of" not in shown and "line 12 of" not in shown, "more source than a few lines")
        require(page.run("return document.querySelector('.source .here').textContent").startswith("7line 7"), "the wrong line is marked")
        page.click("#s-00000000000000bb")
        page.click("#s-00000000000000cc")
        shown = text(page, "#rows")
        for words in ("Hint: compute elsewhere", 'The mutex is held by thread 9 "worker"', "/srv/app/work.c:3", "python", "kernel"):
            require(words in shown, f"{words!r} is not there")
        clean(page)


def test_flame_graph_by_mouse():
    with Folder() as folder, browser.page(write(folder, example(folder))) as page:
        zoomed = "return [...document.querySelectorAll('#crumbs button')].map((button) => button.textContent)"
        width = "return [...document.querySelectorAll('#graph [role=treeitem]')].find((e) => e.textContent === arguments[0]).offsetWidth"
        page.fill("#search", "ask.c")
        require(re.fullmatch(r"2 frames match: \d+(\.\d+)? (ms|s), \d+\.\d% of all\.", text(page, "#matches")), text(page, "#matches"))
        share = float(re.search(r"([\d.]+)% of all", text(page, "#matches")).group(1))
        require(share == round((sum(range(200, 220)) + 150 + 700) * 100 / (4190 + 900 + 150 + 400 + 700), 1), f"{share}%")
        require(page.run("return document.querySelectorAll('#graph .found').length") == 2, "the matches are not marked")
        before = page.run(width, "slow")
        page.run("[...document.querySelectorAll('#graph [role=treeitem]')].find((e) => e.textContent === 'slow').click()")
        time.sleep(0.4)
        require(page.run(zoomed) == ["all", "app", "main", "slow"] and page.run(width, "slow") > 3 * before, page.run(zoomed))
        require("0 frames match" in text(page, "#matches"), text(page, "#matches"))
        page.click("#crumbs button:nth-child(2)")
        require(page.run(zoomed) == ["all", "app"], page.run(zoomed))
        page.click("#reset")
        require(page.run(zoomed) == [], page.run(zoomed))
        page.click("#search")
        page.type("Escape")
        require(page.run("return document.querySelectorAll('#graph .found').length") == 0 and not text(page, "#matches"), "still searching")
        clean(page)


def test_by_keyboard_alone():
    """Every control in the order of the page, with its focus to be seen; arrows within the time line and the flame graph."""
    with Folder() as folder, browser.page(write(folder, example(folder)), still=True) as page:
        here = "const e = document.activeElement; return e.id || e.dataset.do || e.getAttribute('role') || e.textContent.trim().slice(0, 30)"
        seen = []
        for _ in range(60):
            page.type("Tab")
            seen.append(page.run(here))
            outline = page.run("const s = getComputedStyle(document.activeElement); return [s.outlineStyle, parseFloat(s.outlineWidth)]")
            require(outline[0] != "none" and outline[1] >= 2, f"the focus on {seen[-1]} is not to be seen")
            if seen[-1] == "treeitem":
                break
        order = ["Skip to the signatures", "theme", "filter", "in", "all", "lanes", "s-00000000000000aa", "search", "treeitem"]
        require([name for name in seen if name in order] == order, seen)
        name = "return document.activeElement.textContent"
        require(page.run(name) == "all", page.run(name))
        page.type("Down", "Down", "Down")
        require(page.run(name) == "ask" and "ask.c:7" in text(page, "#frame"), page.run(name))
        page.type("Right")
        require(page.run(name) == "slow", page.run(name))
        page.type("Enter")
        require(page.run("return document.querySelectorAll('#crumbs button').length") == 4 and page.run(name) == "slow", "Enter does not zoom")
        page.type("Escape")
        require(page.run("return document.querySelectorAll('#crumbs button').length") == 0 and page.run(name) == "all", "Escape does not leave")
        page.run("document.getElementById('lanes').focus()")
        page.type("Home")
        require("200 ms blocking-call: usleep(250 ms), at 04:00:00.000 on 2026-11-23" in text(page, "#chosen"), text(page, "#chosen"))
        page.type("Right", "Right")
        require("202 ms" in text(page, "#chosen"), text(page, "#chosen"))
        view = "return line.view[1] - line.view[0]"
        whole = page.run(view)
        page.type("+", "+")
        require(abs(page.run(view) - whole / 4) < 1, "'+' does not zoom")
        page.type("Down")
        require("pool libuv" in text(page, "#chosen"), text(page, "#chosen"))
        page.type("Down")
        require("starved" in text(page, "#chosen") and "not counted" in text(page, "#chosen"), text(page, "#chosen"))
        page.type("Enter")
        require(page.run(here) == "s-00000000000000dd" and page.run("return document.activeElement.ariaExpanded") == "true", page.run(here))
        page.run("document.getElementById('lanes').focus()")
        page.type("Escape")
        require(page.run(view) == whole and not text(page, "#chosen"), "Escape does not leave")
        clean(page)


def test_time_line_by_mouse():
    with Folder() as folder, browser.page(write(folder, example(folder)), still=True) as page:
        box = page.run("document.getElementById('lanes').scrollIntoView({block: 'center'}); const b = document.querySelector('.lane:nth-child(2) canvas')"
                       ".getBoundingClientRect(); return [b.left, b.top, b.width, b.height, line.view[0], line.view[1]]")
        x = box[0] + (page.run("return line.lanes[0].points.at(-2).at") - box[4]) / (box[5] - box[4]) * box[2]
        y = int(box[1] + box[3] - 5)
        move = {"type": "pointerMove", "duration": 0, "origin": "viewport", "y": y}
        down, up = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}
        act = lambda *actions: page.post("/actions", actions=[{"type": "pointer", "id": "mouse", "actions": list(actions)}])
        act({**move, "x": int(x)})
        require("900 ms cpu" in text(page, "#tip") and not page.run("return document.getElementById('tip').hidden"), text(page, "#tip"))
        act(down, up)
        require("900 ms cpu" in text(page, "#chosen"), text(page, "#chosen"))
        act({**move, "x": int(x) - 40}, down, {**move, "x": int(x)}, {**move, "x": int(x) + 40}, up)
        view = page.run("return line.view")
        require(abs((view[1] - view[0]) - (box[5] - box[4]) * 80 / box[2]) < 1500, f"a drag zooms to {view}")
        page.click("[data-do=all]")
        require(page.run("return line.view") == box[4:], "'All' does not show all")
        drawn = page.run("const c = document.querySelector('.lane:nth-child(2) canvas');"
                         "return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((v, i) => i % 4 === 3 && v > 0).length")
        require(drawn > 500, f"{drawn} points of the lane are drawn")
        clean(page)


def test_bars_as_high_as_stalls_are_long():
    """Also where all are of nearly the same length: a hundredth of a millisecond is not to look like much."""
    with Folder() as folder:
        for name, lengths in (("same.jsonl", (150.072, 150.097, 150.090)), ("one.jsonl", (150.0,)), ("far.jsonl", (110.0, 1000.0, 90000.0))):
            log = folder.write(name, [process(), *(stall(i, ms, time=at(i)) for i, ms in enumerate(lengths)), summary()])
            with browser.page(write(folder, log), still=True) as page:
                heights = page.run(f"return {json.dumps(sorted(lengths))}.map(barHeight)")
            require(heights == sorted(heights) and heights[0] >= 6 and heights[-1] > 25, f"{name}: {heights}")
            require((heights[-1] - heights[0] < 1) == (name != "far.jsonl"), f"{name}: {heights}")


def test_the_span_has_all_of_the_last_stall():
    with Folder() as folder:
        log = folder.write("a.jsonl", [process(), stall(1, 150.0, time=at(1)), stall(2, 20000.0, time=at(3)), summary()])
        with browser.page(write(folder, log), still=True) as page:
            require("04:00:23.000 UTC" in text(page, "#facts"), text(page, "#facts"))


def test_theme_motion_and_paper():
    with Folder() as folder, browser.page(write(folder, example(folder)), still=True) as page:
        background = "return getComputedStyle(document.body).backgroundColor"
        light = page.run(background)
        page.click("#theme")
        require(page.run(background) != light and text(page, "#theme") == "Light", "the switch does nothing")
        page.click("#theme")
        require(page.run(background) == light, "nor back")
        require(page.run("return getComputedStyle(document.querySelector('#graph div')).transitionDuration") == "0s", "things move all the same")
        page.run("dispatchEvent(new Event('beforeprint'))")
        require(page.run("return document.querySelectorAll('.details').length") == 5, "paper has no stacks")
        page.run("dispatchEvent(new Event('afterprint'))")
        require(page.run("return document.querySelectorAll('.details').length") == 0, "the page is another after printing")
        pdf = page.devtools("Page.printToPDF", printBackground=True)["data"]
        require(len(pdf) > 20000, f"a PDF of {len(pdf)} bytes")
        clean(page)


def test_an_empty_page():
    with Folder() as folder, browser.page(write(folder, folder.write("e.jsonl", []))) as page:
        require(text(page, "h1") == "✓ PassedNo stalls", text(page, "h1"))
        require(page.run("return [...document.querySelectorAll('section')].every((section) => section.hidden)"), "empty sections are shown")
        clean(page)


def test_time_line_is_bounded():
    """More loops and stalls than a page can hold: the longest stay, and the page says so."""
    with Folder() as folder:
        records = [stall(i, 100.0 + i, time=at(i % 3600)) for i in range(3000)]
        records += [stall(1, pid=1000 + i, time=at(i)) for i in range(600)]
        path = write(folder, folder.write("many.jsonl", records))
        data = data_of(path)
        require(len(data["loops"]) == 500 and data["loops"][-1]["program"] is None, f"{len(data['loops'])} loops")
        points = data["loops"][0]["points"]
        require(len(points) == 256 and min(point[1] for point in points) == 3099.0 - 255, f"{len(points)} points, not the longest")
        require(points == sorted(points), "points are not in the order of time")
        require(sum(loop["stalls"] for loop in data["loops"]) == 3600, "stalls are lost")
        with browser.page(path) as page:
            require("drawn of 3,600" in text(page, "#timeline-note"), text(page, "#timeline-note"))
            require(text(page, "#more-lanes") == "Show 480 loops more", text(page, "#more-lanes"))
            page.click("#more-lanes")
            require(page.run("return document.querySelectorAll('.lane:not([hidden])').length") == 81, "no more loops are shown")
            clean(page)


def test_source_is_read_with_care():
    with Folder() as folder:
        good = folder.path / "good.py"
        good.write_bytes(b"one\r\n\ttwo \xff\n" + b"x" * 5000 + b"\nlast")
        (folder.path / "binary.c").write_bytes(b"a\n\0b\n" * 20)
        (folder.path / "huge.c").write_bytes(b"\n" * (5 << 20))
        (folder.path / "secret").write_text("key\n" * 20)
        os.mkfifo(folder.path / "fifo.c")
        (folder.path / "folder.c").mkdir()
        os.symlink("/proc/self/environ", folder.path / "link.c")
        names = ["good.py", "binary.c", "huge.c", "secret", "fifo.c", "folder.c", "link.c", "missing.c", "../x.c"]
        frames = [frame("f", name if "/" in name else str(folder.path / name), 3) for name in names]
        frames += [frame("f", "/proc/self/environ", 1), frame("f", str(good), 99), frame("f", str(good), 4000000000), frame("f", "good.py", 1)]
        data = data_of(write(folder, folder.write("a.jsonl", [stall(1, frames=frames)])))
        found = {(pathlib.Path(entry["file"]).name, entry["line"]): entry["source"] for entry in data["frames"] if entry["source"]}
        require(set(found) == {("good.py", 3), ("good.py", 1)}, f"{sorted(found)}")
        without = data_of(write(folder, "--no-sources", "a.jsonl"))
        require(not any(entry["source"] for entry in without["frames"]), "--no-sources has some")
        lines = found["good.py", 3]["lines"]
        require(lines == ["one", "\ttwo \ufffd", "x" * 240, "last"] and found["good.py", 3]["first"] == 1, f"{lines}")
