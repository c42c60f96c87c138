/*
 * Every call that is wrapped, over and over until the iteration is a stall: the report must name it
 * by its public name, with what it was on. Most cannot be made slow by themselves; those that can,
 * are elsewhere (files.c, locks.c, sockets.c, processes.c, calls_blocked.c), and those on threads,
 * locks, messages and signals in calls_waits.c.
 *
 * Prints each call's name and the detail that is expected of it: tests/run/test_calls.py compares
 * both with the reports, and the names with the table of the calls.
 *
 * @env STALLWATCH_THRESHOLD_MS=4
 * @env STALLWATCH_MAX_REPORTS=1000
 * @env STALLWATCH_SAMPLES=1
 * @expect stall times=150..400 cause=* call=* counted=any ms=3..4000
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <glob.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <resolv.h>
#include <shadow.h>
#include <spawn.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <termios.h>
#include <threads.h>

#include "support.h"

static int zero, null, file, other_file, ends[2], pair[2], udp, listener, stranger, number;
static char bytes[4096];
static struct iovec part = {bytes, 16};
static struct stat state;
static struct statx statex;
static struct statfs system_state;
static struct statvfs volume;
static struct timespec nothing;
static FILE *in, *out, *devnull, *text, *kept[256];
static unsigned kept_count;
static DIR *directory;
static struct sockaddr_in address;
static struct sockaddr_un {
    sa_family_t family;
    char path[32];
} nobody = {AF_UNIX, "no-such-socket"};
static struct passwd user_entry, *user;
static struct group group_entry, *group;
static struct spwd shadow_entry, *shadow;
static struct hostent host_entry, *host;
static struct servent service_entry, *service;
static struct protoent protocol_entry, *protocol;
static struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV}, *found;
static glob_t globbed;
static char *line;
static size_t line_size;
static unsigned char answer[512];

/* Past the inline forms of <stdio.h> and what compilers make of them. */
static int (*volatile plain_getchar)(void) = getchar;
static int (*volatile plain_putchar)(int) = putchar;
static int (*volatile plain_fputs)(const char *, FILE *) = fputs;
static int (*volatile plain_fputs_unlocked)(const char *, FILE *) = fputs_unlocked;
static int (*volatile plain_vprintf)(const char *, va_list) = vprintf;

static void give_back(FILE *stream)
{
    REQUIRE(stream != NULL);
    fclose(stream);
}

/* Reaped by the kernel: SIGCHLD is ignored by then. */
static pid_t child(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid;
}

static void keep(FILE *stream)
{
    REQUIRE(stream != NULL && kept_count < sizeof kept / sizeof *kept);
    kept[kept_count++] = stream;
}

#define WITH_LIST(name, parameters, real)                                                          \
    static int name parameters                                                                     \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, format);                                                                    \
        int result = real;                                                                         \
        va_end(list);                                                                              \
        return result;                                                                             \
    }
WITH_LIST(print_to, (FILE * stream, const char *format, ...), vfprintf(stream, format, list))
WITH_LIST(print, (const char *format, ...), plain_vprintf(format, list))
WITH_LIST(print_on, (int fd, const char *format, ...), vdprintf(fd, format, list))
WITH_LIST(scan, (const char *format, ...), vscanf(format, list))
WITH_LIST(scan_from, (FILE * stream, const char *format, ...), vfscanf(stream, format, list))

/* Name, expected detail (a glob), what to do. */
#define CALLS(X)                                                                                   \
    X(sleep, "0*", sleep(0))                                                                       \
    X(usleep, "5 us", usleep(5))                                                                   \
    X(nanosleep, "0*", nanosleep(&nothing, NULL))                                                  \
    X(clock_nanosleep, "0*", clock_nanosleep(CLOCK_MONOTONIC, 0, &nothing, NULL))                  \
    X(thrd_sleep, "0*", thrd_sleep(&nothing, NULL))                                                \
    X(read, "/dev/zero", read(zero, bytes, 16))                                                    \
    X(pread, "/dev/zero", pread(zero, bytes, 16, 0))                                               \
    X(readv, "/dev/zero", readv(zero, &part, 1))                                                   \
    X(preadv, "/dev/zero", preadv(zero, &part, 1, 0))                                              \
    X(preadv2, "/dev/zero", preadv2(zero, &part, 1, 0, 0))                                         \
    X(write, "/dev/null", write(null, bytes, 16))                                                  \
    X(pwrite, "/dev/null", pwrite(null, bytes, 16, 0))                                             \
    X(writev, "/dev/null", writev(null, &part, 1))                                                 \
    X(pwritev, "/dev/null", pwritev(null, &part, 1, 0))                                            \
    X(pwritev2, "/dev/null", pwritev2(null, &part, 1, 0, 0))                                       \
    X(sendfile, "*/call-file -> *", sendfile(null, file, &(off_t){0}, 16))                         \
    X(splice, "pipe fd * -> /dev/null", splice(ends[0], NULL, null, NULL, 1, SPLICE_F_NONBLOCK))   \
    X(copy_file_range, "*/call-file -> */call-other",                                              \
      copy_file_range(file, &(off64_t){0}, other_file, &(off64_t){0}, 16, 0))                      \
    X(tee, "pipe fd * -> pipe fd *", tee(ends[0], ends[1], 1, SPLICE_F_NONBLOCK))                  \
    X(fsync, "*/call-file", fsync(file))                                                           \
    X(fdatasync, "*/call-file", fdatasync(file))                                                   \
    X(sync_file_range, "*/call-file", sync_file_range(file, 0, 16, 0))                             \
    X(syncfs, "pipe fd *", syncfs(ends[0]))                                                        \
    X(ftruncate, "*/call-file", ftruncate(file, 64))                                               \
    X(fallocate, "*/call-file", fallocate(file, 0, 0, 64))                                         \
    X(posix_fallocate, "*/call-file", posix_fallocate(file, 0, 64))                                \
    X(fstat, "*/call-file", fstat(file, &state))                                                   \
    X(fstatfs, "*/call-file", fstatfs(file, &system_state))                                        \
    X(fstatvfs, "*/call-file", fstatvfs(file, &volume))                                            \
    X(flock, "*/call-file", flock(file, LOCK_SH))                                                  \
    X(fcntl, "*/call-file", fcntl(file, F_SETLKW, &(struct flock){.l_type = F_RDLCK}))             \
    X(lockf, "*/call-file", lockf(file, F_LOCK, 1))                                                \
    X(close, "fd *", close(dup(null)))                                                             \
    X(getdents, "/dev",                                                                            \
      (lseek(dirfd(directory), 0, SEEK_SET), getdents64(dirfd(directory), bytes, sizeof bytes)))   \
    X(msync, "4096 bytes", msync(NULL, 4096, MS_ASYNC))                                            \
    X(open, "/dev/null", close(open("/dev/null", O_RDONLY)))                                       \
    X(openat, "/dev/null", close(openat(AT_FDCWD, "/dev/null", O_RDONLY)))                         \
    X(creat, "call-made", close(creat("call-made", 0600)))                                         \
    X(stat, "call-file", stat("call-file", &state))                                                \
    X(lstat, "/no/such", lstat("/no/such", &state))                                                \
    X(fstatat, "/dev/null", fstatat(dirfd(directory), "null", &state, 0))                          \
    X(statx, "/dev/null", statx(AT_FDCWD, "/dev/null", 0, STATX_BASIC_STATS, &statex))             \
    X(access, "/dev/null", access("/dev/null", R_OK))                                              \
    X(faccessat, "/dev/null", faccessat(AT_FDCWD, "/dev/null", R_OK, 0))                           \
    X(readlink, "/proc/self/exe", readlink("/proc/self/exe", bytes, 64))                           \
    X(readlinkat, "/proc/self/exe", readlinkat(AT_FDCWD, "/proc/self/exe", bytes, 64))             \
    X(truncate, "call-file", truncate("call-file", 64))                                            \
    X(statfs, "/dev", statfs("/dev", &system_state))                                               \
    X(statvfs, "/dev", statvfs("/dev", &volume))                                                   \
    X(unlink, "call-none", unlink("call-none"))                                                    \
    X(unlinkat, "call-none", unlinkat(AT_FDCWD, "call-none", 0))                                   \
    X(rmdir, "call-none", rmdir("call-none"))                                                      \
    X(remove, "call-none", remove("call-none"))                                                    \
    X(mkdir, "/dev", mkdir("/dev", 0700))                                                          \
    X(mkdirat, "/dev", mkdirat(AT_FDCWD, "/dev", 0700))                                            \
    X(chmod, "call-file", chmod("call-file", 0600))                                                \
    X(opendir, "/dev/../dev*", closedir(opendir("/dev/../dev/../dev/../dev/../dev/../dev")))       \
    X(scandir, "/no/such", scandir("/no/such", &(struct dirent **){NULL}, NULL, NULL))             \
    X(realpath, "/dev/null", realpath("/dev/null", bytes))                                         \
    X(glob, "/dev/nul[*]", (glob("/dev/nul*", 0, NULL, &globbed), globfree(&globbed)))             \
    X(rename, "call-none -> call-new", rename("call-none", "call-new"))                            \
    X(renameat, "call-none -> call-new", renameat(AT_FDCWD, "call-none", AT_FDCWD, "call-new"))    \
    X(renameat2, "call-none -> call-new",                                                          \
      renameat2(AT_FDCWD, "call-none", AT_FDCWD, "call-new", 0))                                   \
    X(link, "call-none -> call-new", link("call-none", "call-new"))                                \
    X(linkat, "call-none -> call-new", linkat(AT_FDCWD, "call-none", AT_FDCWD, "call-new", 0))     \
    X(symlink, "target -> call-file", symlink("target", "call-file"))                              \
    X(symlinkat, "target -> call-file", symlinkat("target", AT_FDCWD, "call-file"))                \
    X(readdir, "/dev", (readdir(directory) || (rewinddir(directory), 0)))                          \
    X(closedir, "fd *", closedir(fdopendir(dup(dirfd(directory)))))                                \
    X(fopen, "/dev/null", give_back(fopen("/dev/null", "r")))                                      \
    X(freopen, "/dev/null", devnull = freopen("/dev/null", "w", devnull))                          \
    X(fclose, "fd *", give_back(fdopen(dup(null), "w")))                                           \
    X(fflush, "/dev/null", fflush(out))                                                            \
    X(fread, "/dev/zero", fread(bytes, 1, 16, in))                                                 \
    X(fread_unlocked, "/dev/zero", fread_unlocked(bytes, 1, 64, in))                               \
    X(fwrite, "/dev/null", fwrite(bytes, 1, 64, out))                                              \
    X(fwrite_unlocked, "/dev/null", fwrite_unlocked(bytes, 1, 64, out))                            \
    X(fgets, "/dev/zero", fgets(bytes, 16, in))                                                    \
    X(fgets_unlocked, "/dev/zero", fgets_unlocked(bytes, 16, in))                                  \
    X(getline, "*/call-file", (getline(&line, &line_size, text) >= 0 || (rewind(text), 0)))        \
    X(getdelim, "*/call-file", (getdelim(&line, &line_size, ':', text) >= 0 || (rewind(text), 0))) \
    X(fgetc, "/dev/zero", fgetc(in))                                                               \
    X(getc, "/dev/zero", getc(in))                                                                 \
    X(getchar, "/dev/null", plain_getchar())                                                       \
    X(fputs, "/dev/null", plain_fputs("text", out))                                                \
    X(fputs_unlocked, "/dev/null", plain_fputs_unlocked("text", out))                              \
    X(fputc, "/dev/null", fputc('x', out))                                                         \
    X(putc, "/dev/null", putc('x', out))                                                           \
    X(fprintf, "/dev/null", fprintf(out, "%d", 7))                                                 \
    X(vfprintf, "/dev/null", print_to(out, "%d", 7))                                               \
    X(dprintf, "/dev/null", dprintf(null, "%d", 7))                                                \
    X(vdprintf, "/dev/null", print_on(null, "%d", 7))                                              \
    X(scanf, "/dev/null", scanf("%15s", bytes))                                                    \
    X(fscanf, "/dev/zero", fscanf(in, "%15c", bytes))                                              \
    X(vscanf, "/dev/null", scan("%15s", bytes))                                                    \
    X(vfscanf, "/dev/zero", scan_from(in, "%15c", bytes))                                          \
    X(connect, "no-such-socket, no timeout",                                                       \
      connect(stranger, (struct sockaddr *)&nobody, sizeof nobody))                                \
    X(sendto, "127.0.0.1:*, no timeout",                                                           \
      sendto(udp, "x", 1, 0, (struct sockaddr *)&address, sizeof address))                         \
    X(accept, "127.0.0.1:*, no timeout", accept(listener, NULL, NULL))                             \
    X(accept4, "127.0.0.1:*", accept4(listener, NULL, NULL, SOCK_CLOEXEC))                         \
    X(recv, "socket fd *, timeout 7000 ms", recv(pair[0], bytes, 16, MSG_DONTWAIT))                \
    X(recvfrom, "socket fd *", recvfrom(pair[0], bytes, 16, MSG_DONTWAIT, NULL, NULL))             \
    X(recvmsg, "socket fd *", recvmsg(pair[0], &(struct msghdr){.msg_iov = &part}, MSG_DONTWAIT))  \
    X(recvmmsg, "socket fd *",                                                                     \
      recvmmsg(pair[0], &(struct mmsghdr){.msg_hdr.msg_iov = &part}, 1, MSG_DONTWAIT, NULL))       \
    X(send, "127.0.0.1:*, no timeout", send(udp, "x", 1, 0))                                       \
    X(sendmsg, "127.0.0.1:*", sendmsg(udp, &(struct msghdr){.msg_iov = &part}, 0))                 \
    X(sendmmsg, "127.0.0.1:*", sendmmsg(udp, &(struct mmsghdr){.msg_hdr.msg_iov = &part}, 1, 0))   \
    X(getaddrinfo, "127.0.0.1:80",                                                                 \
      (getaddrinfo("127.0.0.1", "80", &numeric, &found), freeaddrinfo(found)))                     \
    X(getnameinfo, "127.0.0.1:*",                                                                  \
      getnameinfo((struct sockaddr *)&address, sizeof address, bytes, 99, NULL, 0,                 \
                  NI_NUMERICHOST))                                                                 \
    X(gethostbyname, "127.0.0.1", gethostbyname("127.0.0.1"))                                      \
    X(gethostbyname2, "127.0.0.1", gethostbyname2("127.0.0.1", AF_INET))                           \
    X(gethostbyname_r, "127.0.0.1",                                                                \
      gethostbyname_r("127.0.0.1", &host_entry, bytes, sizeof bytes, &host, &number))              \
    X(gethostbyname2_r, "127.0.0.1",                                                               \
      gethostbyname2_r("127.0.0.1", AF_INET, &host_entry, bytes, sizeof bytes, &host, &number))    \
    X(gethostbyaddr, "127.0.0.1", gethostbyaddr(&address.sin_addr, 4, AF_INET))                    \
    X(gethostbyaddr_r, "127.0.0.1",                                                                \
      gethostbyaddr_r(&address.sin_addr, 4, AF_INET, &host_entry, bytes, sizeof bytes, &host,      \
                      &number))                                                                    \
    X(getpwnam, "root", getpwnam("root"))                                                          \
    X(getpwnam_r, "root", getpwnam_r("root", &user_entry, bytes, sizeof bytes, &user))             \
    X(getgrnam, "root", getgrnam("root"))                                                          \
    X(getgrnam_r, "root", getgrnam_r("root", &group_entry, bytes, sizeof bytes, &group))           \
    X(getspnam, "root", getspnam("root"))                                                          \
    X(getspnam_r, "root", getspnam_r("root", &shadow_entry, bytes, sizeof bytes, &shadow))         \
    X(getgrouplist, "root", getgrouplist("root", 0, (gid_t *)bytes, &(int){99}))                   \
    X(initgroups, "no-such-user", initgroups("no-such-user", getgid()))                            \
    X(getservbyname, "http", getservbyname("http", "tcp"))                                         \
    X(getservbyname_r, "http",                                                                     \
      getservbyname_r("http", "tcp", &service_entry, bytes, sizeof bytes, &service))               \
    X(getprotobyname, "tcp", getprotobyname("tcp"))                                                \
    X(getprotobyname_r, "tcp",                                                                     \
      getprotobyname_r("tcp", &protocol_entry, bytes, sizeof bytes, &protocol))                    \
    X(getnetbyname, "127", getnetbyname("127"))                                                    \
    X(getpwuid, "uid 0", getpwuid(0))                                                              \
    X(getpwuid_r, "uid 0", getpwuid_r(0, &user_entry, bytes, sizeof bytes, &user))                 \
    X(getgrgid, "gid 0", getgrgid(0))                                                              \
    X(getgrgid_r, "gid 0", getgrgid_r(0, &group_entry, bytes, sizeof bytes, &group))               \
    X(getservbyport, "port 80", getservbyport(htons(80), "tcp"))                                   \
    X(getservbyport_r, "port 80",                                                                  \
      getservbyport_r(htons(80), "tcp", &service_entry, bytes, sizeof bytes, &service))            \
    X(getpwent, "", (getpwent() || (setpwent(), 0)))                                               \
    X(getgrent, "", (getgrent() || (setgrent(), 0)))                                               \
    X(wait, "", wait(NULL))                                                                        \
    X(wait3, "", wait3(NULL, 0, NULL))                                                             \
    X(waitpid, "any child", waitpid(-1, NULL, 0))                                                  \
    X(wait4, "pid *", wait4(getppid(), NULL, 0, NULL))                                             \
    X(waitid, "pid *", waitid(P_PID, (id_t)getppid(), NULL, WEXITED))                              \
    X(system, ":", system(":"))                                                                    \
    X(popen, "exit 3", keep(popen("exit 3", "r")))                                                 \
    X(pclose, "fd *", pclose(popen("sleep 0.01", "r")))                                            \
    X(posix_spawn, "/no/such", posix_spawn(&number, "/no/such", NULL, NULL, &line, NULL))          \
    X(posix_spawnp, "no-such", posix_spawnp(&number, "no-such", NULL, NULL, &line, NULL))          \
    X(tcdrain, "/dev/null", tcdrain(null))                                                         \
    X(printf, "/dev/null", printf("%d", 7))                                                        \
    X(vprintf, "/dev/null", print("%d", 7))                                                        \
    X(puts, "/dev/null", puts("text"))                                                             \
    X(putchar, "/dev/null", plain_putchar('x'))                                                    \
    X(res_query, "db.internal", res_query("db.internal", 1, 1, answer, sizeof answer))             \
    X(res_search, "db.internal", res_search("db.internal", 1, 1, answer, sizeof answer))           \
    X(res_querydomain, "db", res_querydomain("db", "internal", 1, 1, answer, sizeof answer))       \
    X(res_nquery, "db.internal", res_nquery(&_res, "db.internal", 1, 1, answer, sizeof answer))    \
    X(res_nsearch, "db.internal", res_nsearch(&_res, "db.internal", 1, 1, answer, sizeof answer))  \
    X(res_nquerydomain, "db",                                                                      \
      res_nquerydomain(&_res, "db", "internal", 1, 1, answer, sizeof answer))                      \
    X(res_send, "", res_send(answer, 12, answer, sizeof answer))                                   \
    X(res_nsend, "", res_nsend(&_res, answer, 12, answer, sizeof answer))                          \
    X(fork, "", child())

#include "calls_driver.h"

static void open_files(void)
{
    zero = open("/dev/zero", O_RDONLY);
    null = open("/dev/null", O_RDWR);
    file = open("call-file", O_RDWR | O_CREAT, 0600);
    other_file = open("call-other", O_RDWR | O_CREAT, 0600);
    REQUIRE(zero >= 0 && null >= 0 && file >= 0 && other_file >= 0);
    REQUIRE(write(file, "one:two\nthree\n", 14) == 14);
    in = fopen("/dev/zero", "r");
    out = fopen("/dev/null", "w");
    devnull = fopen("/dev/null", "w");
    text = fopen("call-file", "r");
    directory = opendir("/dev");
    REQUIRE(in && out && devnull && text && directory && pipe(ends) == 0);
    setvbuf(in, NULL, _IONBF, 0);
    setvbuf(out, NULL, _IONBF, 0);
}

static void open_sockets(void)
{
    struct timeval seven = {7, 0};
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int receiver = socket(AF_INET, SOCK_DGRAM, 0);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    udp = socket(AF_INET, SOCK_DGRAM, 0);
    stranger = socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(bind(listener, (struct sockaddr *)&any, size) == 0 && listen(listener, 1) == 0);
    REQUIRE(bind(receiver, (struct sockaddr *)&any, size) == 0);
    REQUIRE(getsockname(receiver, (struct sockaddr *)&address, &size) == 0);
    REQUIRE(connect(udp, (struct sockaddr *)&address, size) == 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &seven, sizeof seven);
    close(receiver);
    /* A name server that refuses at once. */
    res_init();
    _res.nscount = 1;
    _res.nsaddr_list[0] = address;
}

/* Children are reaped by the kernel from then on. */
static void prepare(const char *name)
{
    if (strcmp(name, "fork") == 0)
        signal(SIGCHLD, SIG_IGN);
}

static void put_away(void)
{
    while (kept_count > 0)
        pclose(kept[--kept_count]);
}

int main(void)
{
    int own_output = dup(1);
    open_files();
    open_sockets();
    dup2(null, 0);
    dup2(null, 1);
    setvbuf(stdout, NULL, _IONBF, 0);
    setvbuf(stdin, NULL, _IONBF, 0);
    make_calls(prepare, put_away);
    unlink("call-file");
    unlink("call-other");
    unlink("call-made");
    print_calls(own_output);
    return 0;
}
