/* More of what NSS is asked (nsswitch.conf(5)): protocols, networks, net groups, whole tables, and
 * who is logged in. Any thread; see wrap.h. */
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <shadow.h>
#include <unistd.h>

#include "preload/interpose/wrap.h"

int __getlogin_r_chk(char *to, size_t size, size_t room);

SW_WRAP(struct protoent *, getprotobynumber, getprotobynumber, (int number), (number), 0, 0, 0)
SW_WRAP(int, getprotobynumber_r, getprotobynumber_r,
        (int number, struct protoent *entry, char *buffer, size_t size,
         struct protoent **result_entry),
        (number, entry, buffer, size, result_entry), 0, 0, 0)
SW_WRAP_FULL(int, getnetbyname_r, getnetbyname_r,
             (const char *name, struct netent *entry, char *buffer, size_t size,
              struct netent **result_entry, int *error),
             (name, entry, buffer, size, result_entry, error), true, (uintptr_t)name, 0, 0)
SW_WRAP(struct netent *, getnetbyaddr, getnetbyaddr, (uint32_t net, int type), (net, type), 0, 0, 0)
/* Any of its names may be NULL, which is a wild card. */
SW_WRAP_FULL(int, innetgr, innetgr,
             (const char *group, const char *host, const char *user, const char *domain),
             (group, host, user, domain), true, (uintptr_t)group, 0, 0)

SW_WRAP(int, getpwent_r, getpwent_r,
        (struct passwd * entry, char *buffer, size_t size, struct passwd **result_entry),
        (entry, buffer, size, result_entry), 0, 0, 0)
SW_WRAP(int, getgrent_r, getgrent_r,
        (struct group * entry, char *buffer, size_t size, struct group **result_entry),
        (entry, buffer, size, result_entry), 0, 0, 0)
SW_WRAP(struct spwd *, getspent, getspent, (void), (), 0, 0, 0)
SW_WRAP(struct servent *, getservent, getservent, (void), (), 0, 0, 0)
SW_WRAP(struct hostent *, gethostent, gethostent, (void), (), 0, 0, 0)

SW_WRAP(char *, getlogin, getlogin, (void), (), 0, 0, 0)
SW_WRAP(int, getlogin_r, getlogin_r, (char *to, size_t size), (to, size), 0, 0, 0)
SW_WRAP(int, __getlogin_r_chk, getlogin_r, (char *to, size_t size, size_t room), (to, size, room),
        0, 0, 0)
