#!/bin/sh
# For any other CI system: stalls.sh COMMAND [ARG...] runs the tests with every process of theirs watched, and leaves
# stalls.jsonl, stalls.xml (JUnit) and stalls.html in the current folder, whatever the tests' end. Exits as COMMAND did,
# or with 99 where a stall counted. STALLS_KNOWN names the stalls.jsonl of an earlier run, whose stalls do not count.
set -u
[ $# -gt 0 ] || { echo "usage: stalls.sh COMMAND [ARG...]" >&2; exit 2; }

rm -f stalls.jsonl
stallwatch run --json stalls.jsonl --exitcode 99 ${STALLS_KNOWN:+--baseline "$STALLS_KNOWN"} -- "$@"
code=$?
[ -e stalls.jsonl ] || exit "$code" # refused: it has said why
for format in junit:xml html:html; do
    stallwatch report --format "${format%:*}" --output "stalls.${format#*:}" stalls.jsonl || exit
done
exit "$code"
