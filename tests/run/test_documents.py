"""The documents say what the source says: each setting, with its default, is in the README and in the manual page."""

import re
import subprocess

import contract
import harness
from harness import require

ROW = re.compile(r'^SW_SETTING\((\w+), (\w+), (\w+), "([^"]*)", (\d+), (\d+)', re.MULTILINE)


def settings():
    rows = ROW.findall((harness.TOP / "src/common/settings_table.h").read_text())
    require(len(rows) >= 18, f"only {len(rows)} settings found in the table")
    return [("STALLWATCH_" + name, default) for name, _, _, default, _, _ in rows]


def ranges():
    """Of the numbers: the least and the most as users write them, those of times in milliseconds."""
    rows = ROW.findall((harness.TOP / "src/common/settings_table.h").read_text())
    unit = {"MS": 1000000, "NUMBER": 1}
    return {"STALLWATCH_" + name: [f"{int(number) / unit[kind]:.10g}" for number in (least, most)]
            for name, kind, _, _, least, most in rows if kind in unit}


def test_manual_page_has_every_setting():
    page = (harness.TOP / "man/stallwatch.1").read_text()
    environment = re.search(r"^\.Sh ENVIRONMENT\n(.*?)^\.Sh", page, re.MULTILINE | re.DOTALL).group(1)
    entries = dict(re.findall(r"^\.It Ev (\w+)\n(.*?)(?=^\.It|^\.El)", environment, re.MULTILINE | re.DOTALL))
    for name, default in settings():
        require(name in entries, f"{name} is not in man/stallwatch.1")
        wanted = r"\w" if default == "auto" else re.escape(default)
        require(re.search(r"Default:\s+(\.Cm |\.Li )?" + wanted, entries[name]),
                f"the default of {name}, {default}, is not in man/stallwatch.1")
    for name, (least, most) in ranges().items():
        require(f"{least} to {most}" in entries[name], f"the range of {name}, {least} to {most}, is not in man/stallwatch.1")
    known = {name for name, _ in settings()}
    require(set(entries) <= known, f"man/stallwatch.1 has settings that are none: {set(entries) - known}")


def test_readme_has_the_table():
    readme = (harness.TOP / "README.md").read_text()
    with harness.program("epoll_sleep", environment={"STALLWATCH_HELP": "1"}) as run:
        run.wait()
        lines = [re.sub(r"^==\d+== ", "", line).rstrip() for line in run.stderr.splitlines()]
        table = [line for line in lines if re.match(r" *STALLWATCH_[A-Z_]+ ", line)]
        require(len(table) == len(settings()), f"STALLWATCH_HELP=1 shows {len(table)} settings of {len(settings())}")
        for line in table:
            require(line in readme, f"not in the README as STALLWATCH_HELP=1 has it: {line!r}")


def test_manual_pages_are_clean():
    """Of all that mandoc finds but which other pages this machine has."""
    harness.need("mandoc")
    pages = sorted((harness.TOP / "man").glob("*.[1-9]"))
    require(len(pages) == 3, pages)
    result = subprocess.run(["mandoc", "-T", "lint", "-W", "style", *pages], capture_output=True, text=True, timeout=20)
    found = [line for line in result.stdout.splitlines() if not re.search("referenced manual not found|outdated mandoc.db", line)]
    require(not found and result.returncode < 3, "\n".join(found) or result.stderr)


def test_manual_pages_name_each_other():
    names = {"stallwatch.1": "stallwatch 1", "stallwatch.7": "stallwatch 7", "stallwatch.h.3": "stallwatch.h 3"}
    for file, own in names.items():
        also = (harness.TOP / "man" / file).read_text().split(".Sh SEE ALSO\n")[1].split(".Sh")[0]
        for name in set(names.values()) - {own}:
            require(f".Xr {name}" in also, f"SEE ALSO of man/{file} is without {name}")


def test_manual_page_has_every_message():
    """What the library says of itself, in the words of the source."""
    page = re.search(r"^\.Sh DIAGNOSTICS\n(.*?)^\.Sh", (harness.TOP / "man/stallwatch.1").read_text(), re.MULTILINE | re.DOTALL)
    require(page is not None, "man/stallwatch.1 has no DIAGNOSTICS")
    for words, source in (("cannot be used: ", "common/settings.c"), ("is not a setting", "common/settings.c"),
                          ("cannot write to", "preload/report/sink.c"), ("cannot read", "preload/watch/kept/user_file.c"),
                          ("no lines:", "preload/report/helper_link.c"), ("cannot load", "preload/stack/unwind_libunwind.c"),
                          ("cannot change its user or groups", "preload/watch/watchdog.c"), ("and skipped: ", "common/suppressions.c")):
        require(words in (harness.TOP / "src" / source).read_text(), f"{source} no longer says {words!r}")
        require(words in page.group(1), f"{words!r} is not in DIAGNOSTICS of man/stallwatch.1")


def test_manual_page_has_every_key():
    """Of the records, as the contract of the JSON lines names them; those of cause_ms are among CAUSES."""
    page = (harness.TOP / "man/stallwatch.7").read_text()
    records = re.search(r"^\.Sh JSON LINES\n(.*?)^\.Sh", page, re.MULTILINE | re.DOTALL)
    require(records is not None, "man/stallwatch.7 has no JSON LINES")
    named = {word for line in re.findall(r"^\.(?:It |Pq )?Cm (.*)", records.group(1), re.MULTILINE) for word in re.findall(r"\w+", line)}
    shapes = [value for name, value in vars(contract).items() if name.isupper() and isinstance(value, dict) and name != "CAUSE_PARTS"]
    require(len(shapes) >= 15, f"the contract has {len(shapes)} shapes")
    keys = {key for shape in shapes for key in shape}
    require(keys <= named, f"not in JSON LINES of man/stallwatch.7: {sorted(keys - named)}")
    types = re.findall(r"^\.It Cm type No (\w+)$", records.group(1), re.MULTILINE)
    require(types == ["process", "stall", "pool", "summary"], f"types of records: {types}")


def test_header_page_has_every_function():
    header, page = (harness.TOP / "include/stallwatch.h").read_text(), (harness.TOP / "man/stallwatch.h.3").read_text()
    functions = set(re.findall(r"^static inline \w+ (stallwatch_\w+[a-z])\(", header, re.MULTILINE))
    require(len(functions) == 6, f"the header has {functions}")
    require(functions == set(re.findall(r"^\.Fn (stallwatch_\w+)", page.split(".Sh DESCRIPTION")[0], re.MULTILINE)),
            "the page and the header have different functions")


def test_manual_page_has_every_option():
    page = (harness.TOP / "man/stallwatch.1").read_text()
    settings_options = {"--" + name[len("STALLWATCH_"):].lower().replace("_", "-") for name, _ in settings()}
    for subcommand in ("run", "report", "doctor"):
        text = subprocess.run([harness.BUILD / "stallwatch", subcommand, "--help"], capture_output=True, text=True, timeout=20,
                              check=True, env=harness.clean_environment()).stdout
        options = set(re.findall(r"^  (--[a-z-]+)", text, re.MULTILINE))
        require(len(options) >= 2, f"{subcommand} --help shows {options}")
        for option in options - {"--help"} - (settings_options if subcommand == "run" else set()):
            require(f".It Fl Fl {option[2:]}" in page, f"{option} of {subcommand} is not in man/stallwatch.1")
    formats = re.search(r"^static const struct sw_format formats\[\] = {(.*?)^};",
                        (harness.TOP / "src/command/formats/formats.c").read_text(), re.MULTILINE | re.DOTALL).group(1)
    for name in re.findall(r'{"(\w+)"', formats):
        require(f".Cm {name}" in page, f"the format {name} is not in man/stallwatch.1")
