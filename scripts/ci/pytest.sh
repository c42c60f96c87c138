#!/bin/sh
# A pytest run that fails where an event loop stalled, in any process of it:
#
#     scripts/ci/pytest.sh [PYTEST ARGUMENTS…]
#
# A venv's python, tox's (`commands = scripts/ci/pytest.sh {posargs}`) and pytest-xdist's workers are watched alike: whatever
# they start is. PYTHON says which python; STALLWATCH where stallwatch is, unless on PATH; STALLWATCH_… are its settings.
# Ends with pytest's own exit code where that is not 0, and with 99 where the tests passed and a loop stalled.
set -u

python=${PYTHON:-python3}
stallwatch=${STALLWATCH:-stallwatch}
log=${STALLS:-stalls.jsonl}
unset STALLWATCH # a path of ours, no setting of its

# A test has a loop of its own, and most of it may come before that loop first waits: what is start-up in a server, and is not
# counted there, counts here. STALLWATCH_COUNT says otherwise, as where tests start servers that take their time.
count=${STALLWATCH_COUNT:-cpu,blocking-call,nested-wait,lock,gil,mixed,unknown,startup}

# The library adds a thread to each process that runs a loop, so Python 3.12 and later warn at os.fork() (multiprocessing's
# fork, pytest-forked) about a process with several threads. That thread holds no lock that a child could miss: the
# child gets one of its own. The filter is for that one warning, and comes before those of the configuration.
"$stallwatch" run --json "$log" --exitcode 99 --count "$count" -- \
    "$python" -m pytest -W "ignore:This process:DeprecationWarning" "$@"
code=$?

case $code in
99) echo "$0: the tests passed, and a loop stalled: see above, and $log" >&2 ;;
esac
exit $code
