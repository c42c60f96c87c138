/*
 * What changes users, groups and capabilities: the watchdog follows, see notes/credentials.h. As
 * libc's own functions, these are for all threads; a program that makes the system calls by itself
 * means its own thread only. Any thread; setgroups' list is read by the kernel before.
 */
#include <grp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/interpose/wrap.h"
#include "preload/notes/credentials.h"

#define CREDENTIALS_WRAPPER(name, parameters, arguments, number, ...)                              \
    SW_NEXT_DEFINE_COLD(name);                                                                     \
    SW_EXPORT int name parameters                                                                  \
    {                                                                                              \
        int result = SW_NEXT(name) arguments;                                                      \
        if (result == 0)                                                                           \
            sw_credentials_changed(number, __VA_ARGS__);                                           \
        return result;                                                                             \
    }

CREDENTIALS_WRAPPER(setuid, (uid_t user), (user), SYS_setuid, user, 0, 0)
CREDENTIALS_WRAPPER(setgid, (gid_t group), (group), SYS_setgid, group, 0, 0)
CREDENTIALS_WRAPPER(seteuid, (uid_t user), (user), SYS_setresuid, -1, user, -1)
CREDENTIALS_WRAPPER(setegid, (gid_t group), (group), SYS_setresgid, -1, group, -1)
CREDENTIALS_WRAPPER(setreuid, (uid_t real, uid_t effective), (real, effective), SYS_setreuid, real,
                    effective, 0)
CREDENTIALS_WRAPPER(setregid, (gid_t real, gid_t effective), (real, effective), SYS_setregid, real,
                    effective, 0)
CREDENTIALS_WRAPPER(setresuid, (uid_t real, uid_t effective, uid_t saved), (real, effective, saved),
                    SYS_setresuid, real, effective, saved)
CREDENTIALS_WRAPPER(setresgid, (gid_t real, gid_t effective, gid_t saved), (real, effective, saved),
                    SYS_setresgid, real, effective, saved)
CREDENTIALS_WRAPPER(setgroups, (size_t count, const gid_t *groups), (count, groups), SYS_setgroups,
                    (long)count, (long)groups, 0)

/* Of libcap's and libcap-ng's; libc has no header for it. */
int capset(void *head, const void *data);
SW_NEXT_DEFINE_COLD(capset);

SW_EXPORT int capset(void *head, const void *data)
{
    int result = SW_NEXT(capset)(head, data);
    if (result == 0)
        sw_credentials_capabilities_changed(head, data);
    return result;
}

SW_NEXT_DEFINE_COLD(initgroups);

/* It is a call that may take long as well: NSS may ask a directory server (nsswitch.conf(5)). */
SW_EXPORT int initgroups(const char *user, gid_t group)
{
    struct sw_thread *noting = sw_thread_self;
    int result;
    if (SW_CALL_UNNOTED_BY(noting)) {
        result = SW_NEXT(initgroups)(user, group);
    } else {
        uint32_t noted = SW_CALL_NOTE(noting, SW_CALL_initgroups, (uintptr_t)user, 0, 0);
        result = SW_NEXT(initgroups)(user, group);
        result = (int)sw_call_over(result, noting, noted, true);
    }
    if (result == 0)
        sw_credentials_groups_changed();
    return result;
}
