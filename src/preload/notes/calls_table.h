/*
 * The calls that are wrapped, one row each: X(name, kind of detail, class).
 *
 * The name is the public one that reports use; the kind says how its arguments are shown (watch/
 * detail.h) and which of its pointers are followed when it ends (call.c); the class says which
 * cause the time in it speaks for. Rows are added at the end of their family. The table in
 * man/stallwatch.7 is held against this one by a test.
 */
#ifndef SW_NOTES_CALLS_TABLE_H
#define SW_NOTES_CALLS_TABLE_H

/* clang-format off */
#define SW_CALLS(X)                                                                      \
    /* loop waits; nested in another loop's iteration they are calls */                  \
    X(epoll_wait,                  WAIT,            WAIT)                                \
    X(epoll_pwait,                 WAIT,            WAIT)                                \
    X(epoll_pwait2,                WAIT,            WAIT)                                \
    X(poll,                        WAIT,            WAIT)                                \
    X(ppoll,                       WAIT,            WAIT)                                \
    X(select,                      WAIT,            WAIT)                                \
    X(pselect,                     WAIT,            WAIT)                                \
    X(io_uring_enter,              WAIT,            WAIT)                                \
    X(stallwatch_loop_wait,        NONE,            WAIT)                                \
    /* sleeps */                                                                         \
    X(sleep,                       SECONDS,         BLOCKING)                            \
    X(usleep,                      MICROS,          BLOCKING)                            \
    X(nanosleep,                   TIMESPEC,        BLOCKING)                            \
    X(clock_nanosleep,             TIMESPEC,        BLOCKING)                            \
    X(thrd_sleep,                  TIMESPEC,        BLOCKING)                            \
    /* reading and writing */                                                            \
    X(read,                        DESCRIPTOR,      BLOCKING)                            \
    X(pread,                       DESCRIPTOR,      BLOCKING)                            \
    X(readv,                       DESCRIPTOR,      BLOCKING)                            \
    X(preadv,                      DESCRIPTOR,      BLOCKING)                            \
    X(preadv2,                     DESCRIPTOR,      BLOCKING)                            \
    X(write,                       DESCRIPTOR,      BLOCKING)                            \
    X(pwrite,                      DESCRIPTOR,      BLOCKING)                            \
    X(writev,                      DESCRIPTOR,      BLOCKING)                            \
    X(pwritev,                     DESCRIPTOR,      BLOCKING)                            \
    X(pwritev2,                    DESCRIPTOR,      BLOCKING)                            \
    X(sendfile,                    TWO_DESCRIPTORS, BLOCKING)                            \
    X(splice,                      TWO_DESCRIPTORS, BLOCKING)                            \
    X(copy_file_range,             TWO_DESCRIPTORS, BLOCKING)                            \
    X(tee,                         TWO_DESCRIPTORS, BLOCKING)                            \
    X(vmsplice,                    DESCRIPTOR,      BLOCKING)                            \
    /* what is behind a descriptor */                                                    \
    X(fsync,                       DESCRIPTOR,      BLOCKING)                            \
    X(fdatasync,                   DESCRIPTOR,      BLOCKING)                            \
    X(sync_file_range,             DESCRIPTOR,      BLOCKING)                            \
    X(syncfs,                      DESCRIPTOR,      BLOCKING)                            \
    X(ftruncate,                   DESCRIPTOR,      BLOCKING)                            \
    X(fallocate,                   DESCRIPTOR,      BLOCKING)                            \
    X(posix_fallocate,             DESCRIPTOR,      BLOCKING)                            \
    X(posix_fadvise,               DESCRIPTOR,      BLOCKING)                            \
    X(readahead,                   DESCRIPTOR,      BLOCKING)                            \
    X(ioctl,                       DESCRIPTOR,      BLOCKING)                            \
    X(fstat,                       DESCRIPTOR,      BLOCKING)                            \
    X(fstatfs,                     DESCRIPTOR,      BLOCKING)                            \
    X(fstatvfs,                    DESCRIPTOR,      BLOCKING)                            \
    X(fchown,                      DESCRIPTOR,      BLOCKING)                            \
    X(fchmod,                      DESCRIPTOR,      BLOCKING)                            \
    X(fchdir,                      DESCRIPTOR,      BLOCKING)                            \
    X(futimens,                    DESCRIPTOR,      BLOCKING)                            \
    X(fgetxattr,                   DESCRIPTOR,      BLOCKING)                            \
    X(fsetxattr,                   DESCRIPTOR,      BLOCKING)                            \
    X(flistxattr,                  DESCRIPTOR,      BLOCKING)                            \
    X(fremovexattr,                DESCRIPTOR,      BLOCKING)                            \
    X(flock,                       DESCRIPTOR,      BLOCKING)                            \
    X(fcntl,                       DESCRIPTOR,      BLOCKING)                            \
    X(lockf,                       DESCRIPTOR,      BLOCKING)                            \
    X(close,                       DESCRIPTOR,      BLOCKING)                            \
    X(getdents,                    DESCRIPTOR,      BLOCKING)                            \
    X(sync,                        NONE,            BLOCKING)                            \
    X(msync,                       LENGTH,          BLOCKING)                            \
    /* names of files */                                                                 \
    X(open,                        PATH,            BLOCKING)                            \
    X(openat,                      PATH,            BLOCKING)                            \
    X(openat2,                     PATH,            BLOCKING)                            \
    X(creat,                       PATH,            BLOCKING)                            \
    X(stat,                        PATH,            BLOCKING)                            \
    X(lstat,                       PATH,            BLOCKING)                            \
    X(fstatat,                     PATH,            BLOCKING)                            \
    X(statx,                       PATH,            BLOCKING)                            \
    X(access,                      PATH,            BLOCKING)                            \
    X(faccessat,                   PATH,            BLOCKING)                            \
    X(readlink,                    PATH,            BLOCKING)                            \
    X(readlinkat,                  PATH,            BLOCKING)                            \
    X(truncate,                    PATH,            BLOCKING)                            \
    X(statfs,                      PATH,            BLOCKING)                            \
    X(statvfs,                     PATH,            BLOCKING)                            \
    X(unlink,                      PATH,            BLOCKING)                            \
    X(unlinkat,                    PATH,            BLOCKING)                            \
    X(rmdir,                       PATH,            BLOCKING)                            \
    X(remove,                      PATH,            BLOCKING)                            \
    X(mkdir,                       PATH,            BLOCKING)                            \
    X(mkdirat,                     PATH,            BLOCKING)                            \
    X(chmod,                       PATH,            BLOCKING)                            \
    X(fchmodat,                    PATH,            BLOCKING)                            \
    X(chown,                       PATH,            BLOCKING)                            \
    X(lchown,                      PATH,            BLOCKING)                            \
    X(fchownat,                    PATH,            BLOCKING)                            \
    X(utimensat,                   PATH,            BLOCKING)                            \
    X(chdir,                       PATH,            BLOCKING)                            \
    X(getxattr,                    PATH,            BLOCKING)                            \
    X(lgetxattr,                   PATH,            BLOCKING)                            \
    X(setxattr,                    PATH,            BLOCKING)                            \
    X(listxattr,                   PATH,            BLOCKING)                            \
    X(lsetxattr,                   PATH,            BLOCKING)                            \
    X(llistxattr,                  PATH,            BLOCKING)                            \
    X(removexattr,                 PATH,            BLOCKING)                            \
    X(lremovexattr,                PATH,            BLOCKING)                            \
    X(mount,                       PATH,            BLOCKING)                            \
    X(umount,                      PATH,            BLOCKING)                            \
    X(umount2,                     PATH,            BLOCKING)                            \
    X(mkstemp,                     PATH,            BLOCKING)                            \
    X(mkdtemp,                     PATH,            BLOCKING)                            \
    X(shm_open,                    TEXT,            BLOCKING)                            \
    X(opendir,                     PATH,            BLOCKING)                            \
    X(scandir,                     PATH,            BLOCKING)                            \
    X(scandirat,                   PATH,            BLOCKING)                            \
    X(ftw,                         PATH,            BLOCKING)                            \
    X(nftw,                        PATH,            BLOCKING)                            \
    X(fts_open,                    NONE,            BLOCKING)                            \
    X(fts_read,                    NONE,            BLOCKING)                            \
    X(fts_children,                NONE,            BLOCKING)                            \
    X(wordexp,                     TEXT,            BLOCKING)                            \
    X(realpath,                    PATH,            BLOCKING)                            \
    X(glob,                        PATH,            BLOCKING)                            \
    X(rename,                      TWO_PATHS,       BLOCKING)                            \
    X(renameat,                    TWO_PATHS,       BLOCKING)                            \
    X(renameat2,                   TWO_PATHS,       BLOCKING)                            \
    X(link,                        TWO_PATHS,       BLOCKING)                            \
    X(linkat,                      TWO_PATHS,       BLOCKING)                            \
    X(symlink,                     TWO_PATHS,       BLOCKING)                            \
    X(symlinkat,                   TWO_PATHS,       BLOCKING)                            \
    X(readdir,                     DESCRIPTOR,      BLOCKING)                            \
    X(closedir,                    DESCRIPTOR,      BLOCKING)                            \
    /* streams */                                                                        \
    X(fopen,                       PATH,            BLOCKING)                            \
    X(freopen,                     PATH,            BLOCKING)                            \
    X(fclose,                      STREAM,          BLOCKING)                            \
    X(fflush,                      STREAM,          BLOCKING)                            \
    X(fread,                       STREAM,          BLOCKING)                            \
    X(fread_unlocked,              STREAM,          BLOCKING)                            \
    X(fwrite,                      STREAM,          BLOCKING)                            \
    X(fwrite_unlocked,             STREAM,          BLOCKING)                            \
    X(fgets,                       STREAM,          BLOCKING)                            \
    X(fgets_unlocked,              STREAM,          BLOCKING)                            \
    X(getline,                     STREAM,          BLOCKING)                            \
    X(getdelim,                    STREAM,          BLOCKING)                            \
    X(fgetc,                       STREAM,          BLOCKING)                            \
    X(getc,                        STREAM,          BLOCKING)                            \
    X(getchar,                     STREAM,          BLOCKING)                            \
    X(fputs,                       STREAM,          BLOCKING)                            \
    X(fputs_unlocked,              STREAM,          BLOCKING)                            \
    X(fputc,                       STREAM,          BLOCKING)                            \
    X(putc,                        STREAM,          BLOCKING)                            \
    X(putchar,                     STREAM,          BLOCKING)                            \
    X(getc_unlocked,               STREAM,          BLOCKING)                            \
    X(putc_unlocked,               STREAM,          BLOCKING)                            \
    X(fseek,                       STREAM,          BLOCKING)                            \
    X(fseeko,                      STREAM,          BLOCKING)                            \
    X(fsetpos,                     STREAM,          BLOCKING)                            \
    X(rewind,                      STREAM,          BLOCKING)                            \
    X(fgetws,                      STREAM,          BLOCKING)                            \
    X(fputws,                      STREAM,          BLOCKING)                            \
    X(fgetwc,                      STREAM,          BLOCKING)                            \
    X(getwc,                       STREAM,          BLOCKING)                            \
    X(getwchar,                    STREAM,          BLOCKING)                            \
    X(fputwc,                      STREAM,          BLOCKING)                            \
    X(putwc,                       STREAM,          BLOCKING)                            \
    X(putwchar,                    STREAM,          BLOCKING)                            \
    X(fwprintf,                    STREAM,          BLOCKING)                            \
    X(wprintf,                     STREAM,          BLOCKING)                            \
    X(vfwprintf,                   STREAM,          BLOCKING)                            \
    X(vwprintf,                    STREAM,          BLOCKING)                            \
    X(fwscanf,                     STREAM,          BLOCKING)                            \
    X(wscanf,                      STREAM,          BLOCKING)                            \
    X(vfwscanf,                    STREAM,          BLOCKING)                            \
    X(vwscanf,                     STREAM,          BLOCKING)                            \
    X(puts,                        STREAM,          BLOCKING)                            \
    X(printf,                      STREAM,          BLOCKING)                            \
    X(fprintf,                     STREAM,          BLOCKING)                            \
    X(vprintf,                     STREAM,          BLOCKING)                            \
    X(vfprintf,                    STREAM,          BLOCKING)                            \
    X(dprintf,                     STREAM,          BLOCKING)                            \
    X(vdprintf,                    STREAM,          BLOCKING)                            \
    X(scanf,                       STREAM,          BLOCKING)                            \
    X(fscanf,                      STREAM,          BLOCKING)                            \
    X(vscanf,                      STREAM,          BLOCKING)                            \
    X(vfscanf,                     STREAM,          BLOCKING)                            \
    /* sockets */                                                                        \
    X(connect,                     ADDRESS,         BLOCKING)                            \
    X(sendto,                      ADDRESS,         BLOCKING)                            \
    X(accept,                      RECEIVE,         BLOCKING)                            \
    X(accept4,                     RECEIVE,         BLOCKING)                            \
    X(recv,                        RECEIVE,         BLOCKING)                            \
    X(recvfrom,                    RECEIVE,         BLOCKING)                            \
    X(recvmsg,                     RECEIVE,         BLOCKING)                            \
    X(recvmmsg,                    RECEIVE,         BLOCKING)                            \
    X(send,                        SEND,            BLOCKING)                            \
    X(sendmsg,                     SEND,            BLOCKING)                            \
    X(sendmmsg,                    SEND,            BLOCKING)                            \
    /* names of hosts, services and users */                                             \
    X(getaddrinfo,                 HOST,            BLOCKING)                            \
    X(getaddrinfo_a,               HOST,            BLOCKING)                            \
    X(gai_suspend,                 HOST,            BLOCKING)                            \
    X(getnameinfo,                 ADDRESS,         BLOCKING)                            \
    X(getifaddrs,                  NONE,            BLOCKING)                            \
    X(gethostbyname,               TEXT,            BLOCKING)                            \
    X(gethostbyname2,              TEXT,            BLOCKING)                            \
    X(gethostbyname_r,             TEXT,            BLOCKING)                            \
    X(gethostbyname2_r,            TEXT,            BLOCKING)                            \
    X(gethostbyaddr,               HOST_ADDRESS,    BLOCKING)                            \
    X(gethostbyaddr_r,             HOST_ADDRESS,    BLOCKING)                            \
    X(res_query,                   TEXT,            BLOCKING)                            \
    X(res_search,                  TEXT,            BLOCKING)                            \
    X(res_querydomain,             TEXT,            BLOCKING)                            \
    X(res_nquery,                  TEXT,            BLOCKING)                            \
    X(res_nsearch,                 TEXT,            BLOCKING)                            \
    X(res_nquerydomain,            TEXT,            BLOCKING)                            \
    X(res_send,                    NONE,            BLOCKING)                            \
    X(res_nsend,                   NONE,            BLOCKING)                            \
    X(getpwnam,                    TEXT,            BLOCKING)                            \
    X(getpwnam_r,                  TEXT,            BLOCKING)                            \
    X(getgrnam,                    TEXT,            BLOCKING)                            \
    X(getgrnam_r,                  TEXT,            BLOCKING)                            \
    X(getspnam,                    TEXT,            BLOCKING)                            \
    X(getspnam_r,                  TEXT,            BLOCKING)                            \
    X(getgrouplist,                TEXT,            BLOCKING)                            \
    X(initgroups,                  TEXT,            BLOCKING)                            \
    X(getservbyname,               TEXT,            BLOCKING)                            \
    X(getservbyname_r,             TEXT,            BLOCKING)                            \
    X(getprotobyname,              TEXT,            BLOCKING)                            \
    X(getprotobyname_r,            TEXT,            BLOCKING)                            \
    X(getnetbyname,                TEXT,            BLOCKING)                            \
    X(getnetbyname_r,              TEXT,            BLOCKING)                            \
    X(innetgr,                     TEXT,            BLOCKING)                            \
    X(getprotobynumber,            NONE,            BLOCKING)                            \
    X(getprotobynumber_r,          NONE,            BLOCKING)                            \
    X(getnetbyaddr,                NONE,            BLOCKING)                            \
    X(getpwuid,                    USER,            BLOCKING)                            \
    X(getpwuid_r,                  USER,            BLOCKING)                            \
    X(getgrgid,                    GROUP,           BLOCKING)                            \
    X(getgrgid_r,                  GROUP,           BLOCKING)                            \
    X(getservbyport,               PORT,            BLOCKING)                            \
    X(getservbyport_r,             PORT,            BLOCKING)                            \
    X(getpwent,                    NONE,            BLOCKING)                            \
    X(getgrent,                    NONE,            BLOCKING)                            \
    X(getpwent_r,                  NONE,            BLOCKING)                            \
    X(getgrent_r,                  NONE,            BLOCKING)                            \
    X(getspent,                    NONE,            BLOCKING)                            \
    X(getservent,                  NONE,            BLOCKING)                            \
    X(gethostent,                  NONE,            BLOCKING)                            \
    X(getlogin,                    NONE,            BLOCKING)                            \
    X(getlogin_r,                  NONE,            BLOCKING)                            \
    /* processes */                                                                      \
    X(wait,                        NONE,            BLOCKING)                            \
    X(wait3,                       NONE,            BLOCKING)                            \
    X(waitpid,                     PROCESS,         BLOCKING)                            \
    X(wait4,                       PROCESS,         BLOCKING)                            \
    X(waitid,                      PROCESS,         BLOCKING)                            \
    X(system,                      TEXT,            BLOCKING)                            \
    X(popen,                       TEXT,            BLOCKING)                            \
    X(posix_spawn,                 TEXT,            BLOCKING)                            \
    X(posix_spawnp,                TEXT,            BLOCKING)                            \
    X(pclose,                      STREAM,          BLOCKING)                            \
    X(fork,                        NONE,            BLOCKING)                            \
    X(process_vm_readv,            PROCESS,         BLOCKING)                            \
    X(process_vm_writev,           PROCESS,         BLOCKING)                            \
    /* locks; a timeout is absolute, with its clock */                                   \
    X(pthread_mutex_lock,          MUTEX,           LOCK)                                \
    X(pthread_mutex_timedlock,     MUTEX,           LOCK)                                \
    X(pthread_mutex_clocklock,     MUTEX,           LOCK)                                \
    X(mtx_lock,                    MUTEX,           LOCK)                                \
    X(mtx_timedlock,               MUTEX,           LOCK)                                \
    X(pthread_rwlock_rdlock,       RWLOCK,          LOCK)                                \
    X(pthread_rwlock_timedrdlock,  RWLOCK,          LOCK)                                \
    X(pthread_rwlock_clockrdlock,  RWLOCK,          LOCK)                                \
    X(pthread_rwlock_wrlock,       RWLOCK,          LOCK)                                \
    X(pthread_rwlock_timedwrlock,  RWLOCK,          LOCK)                                \
    X(pthread_rwlock_clockwrlock,  RWLOCK,          LOCK)                                \
    X(pthread_cond_wait,           CONDITION,       LOCK)                                \
    X(pthread_cond_timedwait,      CONDITION,       LOCK)                                \
    X(pthread_cond_clockwait,      CONDITION,       LOCK)                                \
    X(cnd_wait,                    CONDITION,       LOCK)                                \
    X(cnd_timedwait,               CONDITION,       LOCK)                                \
    X(pthread_barrier_wait,        BARRIER,         LOCK)                                \
    X(sem_wait,                    SEMAPHORE,       LOCK)                                \
    X(sem_timedwait,               SEMAPHORE,       LOCK)                                \
    X(sem_clockwait,               SEMAPHORE,       LOCK)                                \
    X(pthread_join,                JOIN,            LOCK)                                \
    X(pthread_timedjoin_np,        JOIN,            LOCK)                                \
    X(pthread_clockjoin_np,        JOIN,            LOCK)                                \
    X(thrd_join,                   JOIN,            LOCK)                                \
    X(futex,                       FUTEX,           LOCK)                                \
    X(flockfile,                   STREAM,          LOCK)                                \
    /* messages, semaphores, signals, terminals */                                       \
    X(msgrcv,                      QUEUE,           BLOCKING)                            \
    X(msgsnd,                      QUEUE,           BLOCKING)                            \
    X(semop,                       SEMAPHORES,      BLOCKING)                            \
    X(semtimedop,                  SEMAPHORES,      BLOCKING)                            \
    X(mq_receive,                  DESCRIPTOR,      BLOCKING)                            \
    X(mq_timedreceive,             DESCRIPTOR,      BLOCKING)                            \
    X(mq_send,                     DESCRIPTOR,      BLOCKING)                            \
    X(mq_timedsend,                DESCRIPTOR,      BLOCKING)                            \
    X(tcdrain,                     DESCRIPTOR,      BLOCKING)                            \
    X(tcsetattr,                   DESCRIPTOR,      BLOCKING)                            \
    X(aio_suspend,                 DESCRIPTOR,      BLOCKING)                            \
    X(lio_listio,                  DESCRIPTOR,      BLOCKING)                            \
    X(syslog,                      TEXT,            BLOCKING)                            \
    X(getrandom,                   LENGTH,          BLOCKING)                            \
    X(getentropy,                  LENGTH,          BLOCKING)                            \
    X(sigwait,                     NONE,            BLOCKING)                            \
    X(sigwaitinfo,                 NONE,            BLOCKING)                            \
    X(sigsuspend,                  NONE,            BLOCKING)                            \
    X(pause,                       NONE,            BLOCKING)                            \
    X(sigtimedwait,                TIMESPEC,        BLOCKING)                            \
    X(io_getevents,                NONE,            BLOCKING)
/* clang-format on */

enum sw_call_id {
#define SW_CALL_ENUM(name, detail, class) SW_CALL_##name,
    SW_CALLS(SW_CALL_ENUM)
#undef SW_CALL_ENUM
        SW_CALL_COUNT
};

/* What argument[0] to [2] of a note are. */
enum sw_detail_kind {
    /* The first is a thing that many calls may be on: totals are kept for those that took most. */
    SW_DETAIL_DESCRIPTOR,      /* descriptor */
    SW_DETAIL_TWO_DESCRIPTORS, /* from, to */
    SW_DETAIL_STREAM,          /* the stream's descriptor, negative: none */
    SW_DETAIL_ADDRESS,         /* socket (-1: none), struct sockaddr *, its length */
    SW_DETAIL_RECEIVE,         /* socket */
    SW_DETAIL_SEND,            /* socket */
    SW_DETAIL_MUTEX,           /* pthread_mutex_t *, struct timespec * or NULL, clock */
    SW_DETAIL_RWLOCK,          /* likewise */
    SW_DETAIL_CONDITION,       /* likewise */
    SW_DETAIL_SEMAPHORE,       /* likewise */
    SW_DETAIL_BARRIER,         /* pthread_barrier_t * */
    SW_DETAIL_JOIN,            /* pthread_t, struct timespec * or NULL, clock */
    SW_DETAIL_LAST_KEYED = SW_DETAIL_JOIN,

    SW_DETAIL_NONE,
    SW_DETAIL_WAIT,         /* the first descriptor, SW_WAIT_DETAIL_COUNT, timeout in ns */
    SW_DETAIL_SECONDS,      /* seconds */
    SW_DETAIL_MICROS,       /* microseconds */
    SW_DETAIL_TIMESPEC,     /* struct timespec *, clock, flags of clock_nanosleep(2) */
    SW_DETAIL_FUTEX,        /* as TIMESPEC; SW_FUTEX_ENDLESS among the flags: no timeout */
    SW_DETAIL_LENGTH,       /* bytes */
    SW_DETAIL_PATH,         /* C string, descriptor of its directory or AT_FDCWD */
    SW_DETAIL_TWO_PATHS,    /* two C strings */
    SW_DETAIL_TEXT,         /* C string */
    SW_DETAIL_HOST,         /* two C strings: host and service, either NULL */
    SW_DETAIL_HOST_ADDRESS, /* struct in_addr * or in6_addr *, its length, family */
    SW_DETAIL_USER,         /* uid */
    SW_DETAIL_GROUP,        /* gid */
    SW_DETAIL_PORT,         /* in network order */
    SW_DETAIL_PROCESS,      /* as waitid(2): idtype, id */
    SW_DETAIL_QUEUE,        /* id of a System V message queue */
    SW_DETAIL_SEMAPHORES    /* id of a System V semaphore set */
};

/* Of the second argument of SW_DETAIL_WAIT: how many descriptors, and how often the first has been
 * closed before (SW_CLOSES_COUNT). */
#define SW_WAIT_DETAIL_COUNT(argument)  ((uint32_t)(argument))
#define SW_WAIT_DETAIL_CLOSES(argument) ((uint8_t)((argument) >> 32))

#define SW_FUTEX_ENDLESS (1 << 30)

enum sw_call_class { SW_CLASS_WAIT, SW_CLASS_BLOCKING, SW_CLASS_LOCK, SW_CLASS_COUNT };

/* The name is in it: a pointer each would be for the loader to write to, at every program's start.
 */
struct sw_call_info {
    char name[32];
    enum sw_detail_kind detail;
    enum sw_call_class class;
};

/* Row `id` of the table. Any thread. */
const struct sw_call_info *sw_call_info(enum sw_call_id id);

#endif
