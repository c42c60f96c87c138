/*
 * musl's headers, as the wrappers want a libc's: included before everything else in each file of
 * interpose/ in a build with musl (-include: see the Makefile), and nowhere else.
 *
 * There the names with 64 are macros of those without, several of glibc's functions are not to be
 * had, and a stream, a socket's address and a condition's clock are told in other ways. A wrapper
 * of a function that musl lacks stays in the library and is never called; here it gets the
 * prototype that its pointer needs.
 */
#ifndef SW_LIBC_MUSL_H
#define SW_LIBC_MUSL_H

/* Declared by musl with `restrict`, or with other integers, than the wrappers have them. */
#define lio_listio musl_lio_listio
#define ioctl      musl_ioctl
#define recvmmsg   musl_recvmmsg
#define sendmmsg   musl_sendmmsg

#include <aio.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <netdb.h>
#include <pthread.h>
#include <pwd.h>
#include <resolv.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#undef lio_listio
#undef ioctl
#undef recvmmsg
#undef sendmmsg
int lio_listio(int, struct aiocb *const[], int, struct sigevent *);
int ioctl(int, unsigned long, ...);
int recvmmsg(int, struct mmsghdr *, unsigned, int, struct timespec *);
int sendmmsg(int, struct mmsghdr *, unsigned, int);

#define __GLIBC_PREREQ(major, minor) 0

/* Offsets have 64 bits anyway: a name with 64 is a function of its own again, of the same type. */
#undef aio_suspend64
#undef creat64
#undef fallocate64
#undef fopen64
#undef freopen64
#undef fseeko64
#undef fsetpos64
#undef fstat64
#undef fstatat64
#undef fstatfs64
#undef fstatvfs64
#undef ftruncate64
#undef ftw64
#undef getdents64
#undef glob64
#undef lio_listio64
#undef lockf64
#undef lstat64
#undef mkostemp64
#undef mkostemps64
#undef mkstemp64
#undef mkstemps64
#undef nftw64
#undef open64
#undef openat64
#undef posix_fadvise64
#undef posix_fallocate64
#undef pread64
#undef preadv64
#undef pwrite64
#undef pwritev64
#undef readdir64
#undef scandir64
#undef sendfile64
#undef stat64
#undef statfs64
#undef statvfs64
#undef truncate64
__typeof__(aio_suspend) aio_suspend64;
__typeof__(creat) creat64;
__typeof__(fallocate) fallocate64;
__typeof__(fcntl) fcntl64;
__typeof__(fopen) fopen64;
__typeof__(freopen) freopen64;
__typeof__(fseeko) fseeko64;
__typeof__(fsetpos) fsetpos64;
__typeof__(ftruncate) ftruncate64;
__typeof__(ftw) ftw64;
__typeof__(glob) glob64;
__typeof__(lio_listio) lio_listio64;
__typeof__(lockf) lockf64;
__typeof__(mkostemp) mkostemp64;
__typeof__(mkostemps) mkostemps64;
__typeof__(mkstemp) mkstemp64;
__typeof__(mkstemps) mkstemps64;
__typeof__(nftw) nftw64;
__typeof__(open) open64;
__typeof__(openat) openat64;
__typeof__(posix_fadvise) posix_fadvise64;
__typeof__(posix_fallocate) posix_fallocate64;
__typeof__(pread) pread64;
__typeof__(preadv) preadv64;
__typeof__(pwrite) pwrite64;
__typeof__(pwritev) pwritev64;
__typeof__(readdir) readdir64;
__typeof__(scandir) scandir64;
__typeof__(sendfile) sendfile64;
__typeof__(truncate) truncate64;
ssize_t getdents64(int, void *, size_t);
struct stat64;
struct statfs64;
struct statvfs64;
int stat64(const char *, struct stat64 *);
int lstat64(const char *, struct stat64 *);
int fstat64(int, struct stat64 *);
int fstatat64(int, const char *, struct stat64 *, int);
int statfs64(const char *, struct statfs64 *);
int fstatfs64(int, struct statfs64 *);
int statvfs64(const char *, struct statvfs64 *);
int fstatvfs64(int, struct statvfs64 *);

/* What glibc has besides. */
ssize_t preadv2(int, const struct iovec *, int, off_t, int);
ssize_t pwritev2(int, const struct iovec *, int, off_t, int);
__typeof__(preadv2) preadv64v2;
__typeof__(pwritev2) pwritev64v2;
ssize_t __getdelim(char **, size_t *, int, FILE *);
int renameat2(int, const char *, int, const char *, unsigned);
struct statx;
int statx(int, const char *, int, unsigned, struct statx *);
char *canonicalize_file_name(const char *);
int scandirat(int, const char *, struct dirent ***, int (*)(const struct dirent *),
              int (*)(const struct dirent **, const struct dirent **));
__typeof__(scandirat) scandirat64;
typedef int (*__ftw_func_t)(const char *, const struct stat *, int);
typedef int (*__nftw_func_t)(const char *, const struct stat *, int, struct FTW *);
#define __ftw64_func_t  __ftw_func_t
#define __nftw64_func_t __nftw_func_t
typedef FTS FTS64;
typedef FTSENT FTSENT64;
__typeof__(fts_open) fts64_open;
__typeof__(fts_read) fts64_read;
__typeof__(fts_children) fts64_children;

int pthread_cond_clockwait(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
int pthread_mutex_clocklock(pthread_mutex_t *, clockid_t, const struct timespec *);
int pthread_rwlock_clockrdlock(pthread_rwlock_t *, clockid_t, const struct timespec *);
int pthread_rwlock_clockwrlock(pthread_rwlock_t *, clockid_t, const struct timespec *);
int pthread_clockjoin_np(pthread_t, void **, clockid_t, const struct timespec *);
int sem_clockwait(sem_t *, clockid_t, const struct timespec *);

sighandler_t sysv_signal(int, sighandler_t);
sighandler_t ssignal(int, sighandler_t);

int getprotobyname_r(const char *, struct protoent *, char *, size_t, struct protoent **);
int getprotobynumber_r(int, struct protoent *, char *, size_t, struct protoent **);
int getnetbyname_r(const char *, struct netent *, char *, size_t, struct netent **, int *);
int innetgr(const char *, const char *, const char *, const char *);
int getpwent_r(struct passwd *, char *, size_t, struct passwd **);
int getgrent_r(struct group *, char *, size_t, struct group **);
struct gaicb {
    const char *ar_name, *ar_service;
    const struct addrinfo *ar_request;
    struct addrinfo *ar_result;
};
#define GAI_WAIT   0
#define GAI_NOWAIT 1
int getaddrinfo_a(int, struct gaicb *[], int, struct sigevent *);
int gai_suspend(const struct gaicb *const[], int, const struct timespec *);
int res_nquery(res_state, const char *, int, int, unsigned char *, int);
int res_nsearch(res_state, const char *, int, int, unsigned char *, int);
int res_nquerydomain(res_state, const char *, const char *, int, int, unsigned char *, int);
int res_nsend(res_state, const unsigned char *, int, unsigned char *, int);

/* glibc's headers have unions of all pointers to addresses here. */
#define __SOCKADDR_ARG       struct sockaddr *
#define __CONST_SOCKADDR_ARG const struct sockaddr *

/* A stream, by the names that glibc has for the same. musl 1.1.0 to 1.2.5 have it so
 * (src/internal/stdio_impl.h); fileno(3) would take the stream's lock. */
struct _IO_FILE {
    unsigned flags;
    unsigned char *_IO_read_ptr, *_IO_read_end;
    int (*close)(FILE *);
    unsigned char *_IO_write_end, *_IO_write_ptr;
    unsigned char *must_be_zero, *write_base;
    size_t (*read)(FILE *, unsigned char *, size_t);
    size_t (*write)(FILE *, const unsigned char *, size_t);
    off_t (*seek)(FILE *, off_t, int);
    unsigned char *buffer;
    size_t buffer_size;
    FILE *previous, *next;
    int _fileno;
};

/* In musl.c. */
int on_exit(void (*function)(int, void *), void *argument);

#endif
