"""The corpus's C programs in a build for another libc or processor, as far as it can say there what their heads expect:
`make check-musl` and `make check-aarch64`.

    elsewhere.py musl|aarch64

What is left out is named with the reason. STALLWATCH_BUILD is where that build is, STALLWATCH_RUNNER what runs its programs.
"""

import fnmatch
import sys

import expectations
import harness
import run

# Programs (or their runs) whose heads expect what cannot be had there.
LEFT_OUT = {
    "musl": {
        "not built: glibc's own functions or values": "calls_each calls_more calls_hostile calls_blocked fibers holder_kinds spawns "
                                                      "wait_epoll_pwait",
        "there is no helper, which writes lines and what is due of a killed program": "epoll_sleep deadlock endless ongoing:killed",
        "musl keeps no owner in the usual mutex, rwlock and thread": "holder_mutex* holder_others:writer holder_others:join",
        "the shell that it runs is linked with glibc": "processes holder_others:command",
        "there is no libunwind, and musl's own functions keep no frame pointers": "leader_follower* loop_moves loop_left pool_beside* "
        "jumps_out many_callbacks thread_cleans_up annotated_nested calls_blocked_more paging",
    },
    "aarch64": {
        "qemu-user runs no other program of this architecture, so there is no helper": "epoll_sleep deadlock endless ongoing:killed "
        "processes spawns holder_others calls_blocked calls_each calls_hostile",
        "under qemu-user threads have its name": "holder_mutex holder_kinds lone_socket",
        "qemu-user has no process_vm_readv, by which the stack of a loop's wait is kept": "leader_follower loop_moves loop_left pool_beside "
        "thread_cleans_up jumps_out annotated_nested",
        "qemu-user lacks epoll_pwait's other forms, seccomp, MADV_WIPEONFORK, or checks addresses itself": "wait_epoll_pwait sandboxed forks "
        "bad_sets calls_blocked_more",
        "qemu-user computes many times slower": "many_callbacks paging fibers burns_then_sleeps threshold_of_1_ms",
    },
}


def reason_of(name, place):
    for reason, names in LEFT_OUT[place].items():
        if any(fnmatch.fnmatchcase(name, pattern) or name.split(":")[0] == pattern for pattern in names.split()):
            return reason
    return None


def tests_of(place):
    """A test for each run of a program in C that needs no library of others."""
    for name, source, lines in expectations.programs():
        if source.suffix != ".c" or "/" in name or "@needs" in source.read_text():
            continue
        reason = reason_of(name, place)

        def check(source=source, lines=lines, reason=reason):
            if reason:
                raise harness.Skip(reason)
            expectations.check_program(source, lines)
        yield run.Test(f"{place}/{name}", check, expectations.is_alone(lines))


def main(place):
    totals = run.Totals()
    tests = list(tests_of(place))
    totals.run(tests)
    print(f"{totals.passed} passed, {totals.failed} failed, {totals.skipped} skipped")
    return 0 if totals.failed == 0 and totals.passed > 50 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
