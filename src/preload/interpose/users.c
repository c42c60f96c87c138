/* Users and groups: NSS may ask a directory server for them (nsswitch.conf(5)). Any thread; see
 * wrap.h. */
#include <grp.h>
#include <pwd.h>
#include <shadow.h>

#include "preload/interpose/wrap.h"

/* All of these read the name first of all. */
#define WRAP_NAME(type, name, parameters, arguments, first)                                        \
    SW_WRAP_FULL(type, name, name, parameters, arguments, true, (uintptr_t)(first), 0, 0)

WRAP_NAME(struct passwd *, getpwnam, (const char *name), (name), name)
WRAP_NAME(int, getpwnam_r,
          (const char *name, struct passwd *entry, char *buffer, size_t size,
           struct passwd **result_entry),
          (name, entry, buffer, size, result_entry), name)
WRAP_NAME(struct group *, getgrnam, (const char *name), (name), name)
WRAP_NAME(int, getgrnam_r,
          (const char *name, struct group *entry, char *buffer, size_t size,
           struct group **result_entry),
          (name, entry, buffer, size, result_entry), name)
WRAP_NAME(struct spwd *, getspnam, (const char *name), (name), name)
WRAP_NAME(int, getspnam_r,
          (const char *name, struct spwd *entry, char *buffer, size_t size,
           struct spwd **result_entry),
          (name, entry, buffer, size, result_entry), name)
WRAP_NAME(int, getgrouplist, (const char *user, gid_t group, gid_t *groups, int *count),
          (user, group, groups, count), user)

SW_WRAP(struct passwd *, getpwuid, getpwuid, (uid_t user), (user), user, 0, 0)
SW_WRAP(int, getpwuid_r, getpwuid_r,
        (uid_t user, struct passwd *entry, char *buffer, size_t size, struct passwd **result_entry),
        (user, entry, buffer, size, result_entry), user, 0, 0)
SW_WRAP(struct group *, getgrgid, getgrgid, (gid_t group), (group), group, 0, 0)
SW_WRAP(int, getgrgid_r, getgrgid_r,
        (gid_t group, struct group *entry, char *buffer, size_t size, struct group **result_entry),
        (group, entry, buffer, size, result_entry), group, 0, 0)
SW_WRAP(struct passwd *, getpwent, getpwent, (void), (), 0, 0, 0)
SW_WRAP(struct group *, getgrent, getgrent, (void), (), 0, 0, 0)
