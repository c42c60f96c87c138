/* Other processes: starting them and waiting for them. What libc does inside system(3) and
 * posix_spawn(3) belongs to those; vfork(2) returns twice, and so has no wrapper. Any thread; see
 * wrap.h. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "preload/interpose/wrap.h"

pid_t __wait(int *status);
pid_t __waitpid(pid_t pid, int *status, int options);

/* waitpid(2)'s way to say whom, as waitid(2) says it. */
#define WHOM(pid)                                                                                  \
    ((pid) > 0     ? P_PID                                                                         \
     : (pid) == -1 ? P_ALL                                                                         \
                   : P_PGID),                                                                      \
        (uint64_t)((pid) < 0 ? -(int64_t)(pid) : (pid)), 0

SW_WRAP(pid_t, wait, wait, (int *status), (status), 0, 0, 0)
SW_WRAP(pid_t, __wait, wait, (int *status), (status), 0, 0, 0)
SW_WRAP(pid_t, wait3, wait3, (int *status, int options, struct rusage *usage),
        (status, options, usage), 0, 0, 0)
SW_WRAP(pid_t, waitpid, waitpid, (pid_t pid, int *status, int options), (pid, status, options),
        WHOM(pid))
SW_WRAP(pid_t, __waitpid, waitpid, (pid_t pid, int *status, int options), (pid, status, options),
        WHOM(pid))
SW_WRAP(pid_t, wait4, wait4, (pid_t pid, int *status, int options, struct rusage *usage),
        (pid, status, options, usage), WHOM(pid))
SW_WRAP(int, waitid, waitid, (idtype_t kind, id_t id, siginfo_t *told, int options),
        (kind, id, told, options), kind, id, 0)

/* A command that could not be read ends as one that is not there: 127, sh(1). */
SW_WRAP_FULL(int, system, system, (const char *command), (command),
             result != -1 && result != 127 << 8, (uintptr_t)command, 0, 0)
SW_WRAP_READS(SW_NULL_RESULT, FILE *, popen, popen, (const char *command, const char *mode),
              (command, mode), (uintptr_t)command, 0, 0)
SW_WRAP_READS(SW_ERROR_ITSELF, int, posix_spawn, posix_spawn,
              (pid_t * child, const char *path, const posix_spawn_file_actions_t *actions,
               const posix_spawnattr_t *attributes, char *const arguments[],
               char *const environment[]),
              (child, path, actions, attributes, arguments, environment), (uintptr_t)path, 0, 0)
SW_WRAP_READS(SW_ERROR_ITSELF, int, posix_spawnp, posix_spawnp,
              (pid_t * child, const char *file, const posix_spawn_file_actions_t *actions,
               const posix_spawnattr_t *attributes, char *const arguments[],
               char *const environment[]),
              (child, file, actions, attributes, arguments, environment), (uintptr_t)file, 0, 0)
