"""The corpus's C programs in a build for another libc or processor, as far as it can say there what their heads expect:
`make check-musl` and `make check-aarch64`.

    elsewhere.py musl|aarch64 [left-out]

What is left out is named with the reason; `left-out` runs that alone, to see whether the reasons hold. STALLWATCH_BUILD is where
that build is, STALLWATCH_RUNNER what runs its programs.
"""

import fnmatch
import sys

import expectations
import harness
import run

# Programs (or their runs) whose heads expect what cannot be had there.
LEFT_OUT = {
    "musl": {
        "not built: glibc's own functions or values": "calls_each calls_waits calls_more calls_hostile calls_blocked_locks fibers holder_kinds holder_mutex "
                                                      "spawns wait_epoll_pwait",
        "there is no helper, which writes lines and what is due of a killed program": "epoll_sleep deadlock endless chrooted:before",
        "musl keeps no owner in the usual mutex and rwlock": "holder_others:writer guarded_stacks:holder",
        "the shell that it runs is linked with glibc": "processes holder_others:command calls_blocked_more",
        "there is no libunwind, and musl's own functions keep no frame pointers: callers beyond a call of theirs are not known":
            "leader_follower accept_mutex loop_moves loop_left pool_beside:polls annotated_nested holder_others:join large_frames:outside "
            "same_depth "
            "job_worker:cond job_worker:sem job_worker:pipe job_worker:inlined job_worker:waits job_worker:flat job_worker:polls "
            "job_worker:prepares job_worker:sleeps job_worker:locked",
    },
    "aarch64": {
        "not built: system calls that aarch64 does not have (poll, epoll_wait, select)": "no_interruption raw_calls raw_waits "
                                                                                        "unwrapped_calls confined",
        "qemu-user runs no other program of this architecture, so there is no helper": "epoll_sleep deadlock endless processes spawns "
        "calls_each calls_waits",
        "under qemu-user threads and processes have its name": "calls_blocked calls_blocked_locks holder_mutex holder_kinds lone_socket holder_others:writer "
        "holder_others:child holder_others:any_child holder_others:join holder_others:command holder_others:pipe "
        "holder_others:connection holder_others:unix holder_others:nested_poll guarded_stacks:holder chrooted",
        "qemu-user has no process_vm_readv, by which the stack of a loop's wait is kept": "leader_follower accept_mutex loop_moves loop_left "
        "pool_beside:polls annotated_nested large_frames:outside same_depth "
        "job_worker:cond job_worker:sem job_worker:pipe job_worker:inlined job_worker:waits job_worker:flat job_worker:polls "
        "job_worker:prepares job_worker:sleeps job_worker:locked",
        "qemu-user has no process_vm_readv, and /proc/self/mem is root's: no memory can be read": "gives_up_root",
        "qemu-user ends by an assertion of its own where /proc/self/cmdline is read when the main thread has left": "main_thread_leaves",
        "qemu-user lacks epoll_pwait's other forms, seccomp, MADV_WIPEONFORK, lists of robust mutexes, or checks addresses itself":
            "wait_epoll_pwait sandboxed forks mutex_kinds bad_sets calls_hostile",
        "qemu-user computes and reads files many times slower": "paging threshold_of_1_ms",
    },
}


def reason_of(name, place):
    for reason, names in LEFT_OUT[place].items():
        if any(fnmatch.fnmatchcase(name, pattern) or name.split(":")[0] == pattern for pattern in names.split()):
            return reason
    return None


def tests_of(place, left_out=False):
    """A test for each run of a program in C that needs no library of others; or of what is left out."""
    for name, source, lines in expectations.programs():
        if source.suffix != ".c" or "/" in name or "@needs" in source.read_text():
            continue
        reason = reason_of(name, place)
        if left_out:
            if not reason:
                continue
            print(f"{place}/{name}: {reason}")
            reason = None

        def check(source=source, lines=lines, reason=reason):
            if reason:
                raise harness.Skip(reason)
            expectations.check_program(source, lines)
        yield run.Test(f"{place}/{name}", check, expectations.is_alone(lines))


def main(place, *what):
    totals = run.Totals(at_once=4)  # an emulator computes where the program sleeps
    tests = list(tests_of(place, what == ("left-out",)))
    totals.run(tests)
    print(f"{totals.passed} passed, {totals.failed} failed, {totals.skipped} skipped")
    return 0 if totals.failed == 0 and totals.passed > 50 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
