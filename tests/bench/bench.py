"""`make bench`: what stallwatch costs, as ratios of runs that take turns, with their targets.

    bench.py LIBRARY [--json FILE] [--record README] [ROW...]     all rows, or those named

A row that cannot be measured here says why. --record puts the table into the README, between its two marks.
"""

import argparse
import os
import platform
import re
import sys
import time

import figures
import inside
import reports
import servers

MARK = re.compile(r"(<!-- bench: begin -->\n).*?(<!-- bench: end -->)", re.DOTALL)


ALL = {**inside.ROWS, **servers.ROWS, **reports.ROWS}


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{model}, {len(os.sched_getaffinity(0))} CPUs, Linux {platform.release().split('-')[0]}, {' '.join(platform.libc_ver())}"


def measure(wanted, library):
    rows = []
    for name, function in ALL.items():
        if wanted and name not in wanted:
            continue
        began = time.monotonic()
        result = function(library)
        if isinstance(result, str):
            print(f"bench: {name}: not measured: {result}", file=sys.stderr)
            continue
        print(f"bench: {name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        rows += result
    return rows


def record(path, text):
    with open(path, encoding="utf-8") as source:
        content = source.read()
    if not MARK.search(content):
        sys.exit(f"bench: {path}: the marks <!-- bench: begin --> and <!-- bench: end --> are not there")
    with open(path, "w", encoding="utf-8") as to:
        to.write(MARK.sub(lambda found: found[1] + text + "\n" + found[2], content))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("preloaded", metavar="LIBRARY")
    parser.add_argument("--json")
    parser.add_argument("--record")
    parser.add_argument("rows", nargs="*")
    arguments = parser.parse_intermixed_args()
    unknown = set(arguments.rows) - set(ALL)
    if unknown:
        sys.exit(f"bench: {', '.join(sorted(unknown))}: no such row; there are {', '.join(ALL)}")
    rows = measure(arguments.rows, os.path.realpath(arguments.preloaded))
    print(figures.table(rows))
    if arguments.json:
        figures.write_json(arguments.json, machine(), rows)
    if arguments.record:
        record(arguments.record, f"On {machine()}:\n\n{figures.markdown(rows)}")


if __name__ == "__main__":
    main()
