/*
 * The rest of the wrapped calls, as in calls_each.c: attributes and trees of files, streams of wide
 * characters and without locks, asynchronous requests, more of the name service, and those of no
 * family.
 *
 * @env STALLWATCH_THRESHOLD_MS=4
 * @env STALLWATCH_MAX_REPORTS=1000
 * @env STALLWATCH_SAMPLES=1
 * @expect stall times=60..200 cause=* call=* counted=any ms=3..4000
 */
#include <aio.h>
#include <dirent.h>
#include <fts.h>
#include <ftw.h>
#include <grp.h>
#include <ifaddrs.h>
#include <linux/openat2.h>
#include <netdb.h>
#include <pwd.h>
#include <shadow.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <syslog.h>
#include <termios.h>
#include <wchar.h>
#include <wordexp.h>

#include "support.h"

#define MOST_KEPT 8192

static int null, file, here, ends[2], kept_count;
static char bytes[4096], kept[MOST_KEPT][16];
static wchar_t wide[16];
static struct iovec part = {bytes, 16};
static FILE *in, *out, *text, *wide_in, *wide_out;
static fpos_t position;
static char *paths[] = {"/dev", NULL};
static FTS *tree, *parent;
static wordexp_t words;
static struct dirent **list;
static struct termios terminal;
static struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
static struct gaicb host = {.ar_name = "127.0.0.1", .ar_service = "80", .ar_request = &numeric};
static struct gaicb *hosts[] = {&host};
static const struct gaicb *const_hosts[] = {&host};
static struct aiocb nothing_to_do = {.aio_lio_opcode = LIO_NOP};
static struct aiocb *requests[] = {&nothing_to_do};
static const struct aiocb *const_requests[] = {NULL, &nothing_to_do};
static struct passwd user_entry, *user;
static struct group group_entry, *group;
static struct protoent protocol_entry, *protocol;
static struct netent net_entry, *net;
static int number;

/* Past the inline forms of <wchar.h> and <stdio.h>. */
static wint_t (*volatile plain_getwchar)(void) = getwchar;
static wint_t (*volatile plain_putwchar)(wchar_t) = putwchar;

static int visit(const char *path, const struct stat *state, int what)
{
    return path == NULL || state == NULL || what < 0;
}

static int visit_new(const char *path, const struct stat *state, int what, struct FTW *where)
{
    return where == NULL || visit(path, state, what);
}

static int no_entry(const struct dirent *entry)
{
    return entry == NULL;
}

/* Names of files and directories that are removed after their iteration. */
static char *next_name(void)
{
    REQUIRE(kept_count < MOST_KEPT);
    return strcpy(kept[kept_count++], "more-XXXXXX");
}

static void read_tree(void)
{
    if (fts_read(tree) != NULL)
        return;
    fts_close(tree);
    tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
}

static void expand(void)
{
    if (wordexp("more words", &words, WRDE_NOCMD) == 0)
        wordfree(&words);
}

static void look_up(void)
{
    if (getaddrinfo_a(GAI_WAIT, hosts, 1, NULL) == 0 && host.ar_result != NULL)
        freeaddrinfo(host.ar_result);
    host.ar_result = NULL;
}

static int open_how(void)
{
    static struct open_how how = {.flags = O_RDONLY};
    return close((int)syscall(SYS_openat2, AT_FDCWD, "/dev/null", &how, sizeof how));
}

static int list_addresses(void)
{
    struct ifaddrs *addresses = NULL;
    int result = getifaddrs(&addresses);
    freeifaddrs(addresses);
    return result;
}

#define WITH_LIST(name, parameters, real)                                                          \
    static int name parameters                                                                     \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        int result = real;                                                                         \
        va_end(arguments);                                                                         \
        return result;                                                                             \
    }
WITH_LIST(print_to, (FILE * stream, const wchar_t *format, ...),
          vfwprintf(stream, format, arguments))
WITH_LIST(print, (const wchar_t *format, ...), vwprintf(format, arguments))
WITH_LIST(scan_from, (FILE * stream, const wchar_t *format, ...),
          vfwscanf(stream, format, arguments))
WITH_LIST(scan, (const wchar_t *format, ...), vwscanf(format, arguments))

#define CALLS(X)                                                                                   \
    X(vmsplice, "pipe fd *", vmsplice(ends[1], &part, 1, SPLICE_F_NONBLOCK))                       \
    X(posix_fadvise, "*/more-file", posix_fadvise(file, 0, 0, POSIX_FADV_NORMAL))                  \
    X(readahead, "*/more-file", readahead(file, 0, 16))                                            \
    X(ioctl, "/dev/null", ioctl(null, TIOCGWINSZ, bytes))                                          \
    X(fchown, "*/more-file", fchown(file, (uid_t)-1, (gid_t)-1))                                   \
    X(fchmod, "*/more-file", fchmod(file, 0600))                                                   \
    X(fchdir, "/tmp*", fchdir(here))                                                               \
    X(futimens, "*/more-file", futimens(file, NULL))                                               \
    X(fgetxattr, "*/more-file", fgetxattr(file, "user.none", bytes, 16))                           \
    X(fsetxattr, "*/more-file", fsetxattr(file, "user.more", "x", 1, 0))                           \
    X(flistxattr, "*/more-file", flistxattr(file, bytes, sizeof bytes))                            \
    X(fremovexattr, "*/more-file", fremovexattr(file, "user.none"))                                \
    X(fchmodat, "more-file", fchmodat(AT_FDCWD, "more-file", 0600, 0))                             \
    X(chown, "more-file", chown("more-file", (uid_t)-1, (gid_t)-1))                                \
    X(lchown, "more-file", lchown("more-file", (uid_t)-1, (gid_t)-1))                              \
    X(fchownat, "more-file", fchownat(AT_FDCWD, "more-file", (uid_t)-1, (gid_t)-1, 0))             \
    X(utimensat, "*/more-file", utimensat(here, "more-file", NULL, 0))                             \
    X(chdir, ".", chdir("."))                                                                      \
    X(getxattr, "more-none", getxattr("more-none", "user.none", bytes, 16))                        \
    X(lgetxattr, "more-none", lgetxattr("more-none", "user.none", bytes, 16))                      \
    X(setxattr, "more-none", setxattr("more-none", "user.more", "x", 1, 0))                        \
    X(listxattr, "more-file", listxattr("more-file", bytes, sizeof bytes))                         \
    X(llistxattr, "more-file", llistxattr("more-file", bytes, sizeof bytes))                       \
    X(lsetxattr, "more-none", lsetxattr("more-none", "user.more", "x", 1, 0))                      \
    X(removexattr, "more-none", removexattr("more-none", "user.none"))                             \
    X(lremovexattr, "more-none", lremovexattr("more-none", "user.none"))                           \
    X(mount, "more-none", mount("none", "more-none", "tmpfs", 0, NULL))                            \
    X(umount, "more-none", umount("more-none"))                                                    \
    X(umount2, "more-none", umount2("more-none", 0))                                               \
    X(openat2, "/dev/null", open_how())                                                            \
    X(mkstemp, "more-??????", close(mkstemp(next_name())))                                         \
    X(mkdtemp, "more-??????", mkdtemp(next_name()))                                                \
    X(shm_open, "/no-such-memory", shm_open("/no-such-memory", O_RDONLY, 0))                       \
    X(scandirat, "/dev", (scandirat(AT_FDCWD, "/dev", &list, no_entry, NULL), free(list)))         \
    X(ftw, "more-tree", ftw("more-tree", visit, 4))                                                \
    X(nftw, "more-tree", nftw("more-tree", visit_new, 4, 0))                                       \
    X(fts_open, "", fts_close(fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL)))                  \
    X(fts_read, "", read_tree())                                                                   \
    X(sync, "", (sync(), 0))                                                                       \
    X(fts_children, "", fts_children(parent, 0))                                                   \
    X(wordexp, "more words", expand())                                                             \
    X(getc_unlocked, "/dev/zero", getc_unlocked(in))                                               \
    X(putc_unlocked, "/dev/null", putc_unlocked('x', out))                                         \
    X(fseek, "*/more-file", fseek(text, 0, SEEK_SET))                                              \
    X(fseeko, "*/more-file", fseeko(text, 0, SEEK_SET))                                            \
    X(fsetpos, "*/more-file", fsetpos(text, &position))                                            \
    X(rewind, "*/more-file", rewind(text))                                                         \
    X(flockfile, "*/more-file", (flockfile(text), funlockfile(text)))                              \
    X(fgetws, "/dev/zero", fgetws(wide, 4, wide_in))                                               \
    X(fputws, "/dev/null", fputws(L"text", wide_out))                                              \
    X(fgetwc, "/dev/zero", fgetwc(wide_in))                                                        \
    X(getwc, "/dev/zero", getwc(wide_in))                                                          \
    X(getwchar, "/dev/null", plain_getwchar())                                                     \
    X(fputwc, "/dev/null", fputwc(L'x', wide_out))                                                 \
    X(putwc, "/dev/null", putwc(L'x', wide_out))                                                   \
    X(putwchar, "/dev/null", plain_putwchar(L'x'))                                                 \
    X(fwprintf, "/dev/null", fwprintf(wide_out, L"%d", 7))                                         \
    X(wprintf, "/dev/null", wprintf(L"%d", 7))                                                     \
    X(vfwprintf, "/dev/null", print_to(wide_out, L"%d", 7))                                        \
    X(vwprintf, "/dev/null", print(L"%d", 7))                                                      \
    X(fwscanf, "/dev/zero", fwscanf(wide_in, L"%3lc", wide))                                       \
    X(wscanf, "/dev/null", wscanf(L"%3lc", wide))                                                  \
    X(vfwscanf, "/dev/zero", scan_from(wide_in, L"%3lc", wide))                                    \
    X(vwscanf, "/dev/null", scan(L"%3lc", wide))                                                   \
    X(getaddrinfo_a, "127.0.0.1:80", look_up())                                                    \
    X(getifaddrs, "", list_addresses())                                                            \
    X(gai_suspend, "*", gai_suspend(const_hosts, 1, NULL))                                         \
    X(getnetbyname_r, "127",                                                                       \
      getnetbyname_r("127", &net_entry, bytes, sizeof bytes, &net, &number))                       \
    X(innetgr, "no-such-group", innetgr("no-such-group", "host", "user", "domain"))                \
    X(getprotobynumber, "", getprotobynumber(6))                                                   \
    X(getprotobynumber_r, "",                                                                      \
      getprotobynumber_r(6, &protocol_entry, bytes, sizeof bytes, &protocol))                      \
    X(getnetbyaddr, "", getnetbyaddr(127, AF_INET))                                                \
    X(getpwent_r, "",                                                                              \
      (getpwent_r(&user_entry, bytes, sizeof bytes, &user) == 0 || (setpwent(), 0)))               \
    X(getgrent_r, "",                                                                              \
      (getgrent_r(&group_entry, bytes, sizeof bytes, &group) == 0 || (setgrent(), 0)))             \
    X(getspent, "", (getspent() || (setspent(), 0)))                                               \
    X(getservent, "", (getservent() || (setservent(0), 0)))                                        \
    X(gethostent, "", (gethostent() || (sethostent(0), 0)))                                        \
    X(getlogin, "", getlogin())                                                                    \
    X(getlogin_r, "", getlogin_r(bytes, sizeof bytes))                                             \
    X(process_vm_readv, "pid * (calls_more)", process_vm_readv(getpid(), &part, 1, &part, 1, 0))   \
    X(process_vm_writev, "pid * (calls_more)", process_vm_writev(getpid(), &part, 1, &part, 1, 0)) \
    X(tcsetattr, "/dev/null", tcsetattr(null, TCSADRAIN, &terminal))                               \
    X(aio_suspend, "*/more-file", aio_suspend(const_requests, 2, NULL))                            \
    X(lio_listio, "*/more-file", lio_listio(LIO_WAIT, requests, 1, NULL))                          \
    X(syslog, "more of %d", syslog(LOG_DEBUG, "more of %d", 7))                                    \
    X(getrandom, "16 bytes", getrandom(bytes, 16, 0))                                              \
    X(getentropy, "16 bytes", getentropy(bytes, 16))

#include "calls_driver.h"

static FILE *unbuffered(const char *path, const char *mode)
{
    FILE *stream = fopen(path, mode);
    REQUIRE(stream != NULL && setvbuf(stream, NULL, _IONBF, 0) == 0);
    return stream;
}

static void prepare(void)
{
    null = open("/dev/null", O_RDWR);
    file = open("more-file", O_RDWR | O_CREAT, 0600);
    REQUIRE(null >= 0 && file >= 0 && write(file, "one:two\n", 8) == 8);
    here = open(".", O_RDONLY | O_DIRECTORY);
    REQUIRE(here >= 0 && pipe(ends) == 0 && mkdir("more-tree", 0700) == 0);
    in = unbuffered("/dev/zero", "r");
    out = unbuffered("/dev/null", "w");
    text = fopen("more-file", "r");
    wide_in = unbuffered("/dev/zero", "r");
    wide_out = unbuffered("/dev/null", "w");
    REQUIRE(text != NULL && fgetpos(text, &position) == 0);
    tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    parent = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    REQUIRE(tree != NULL && parent != NULL && fts_read(parent) != NULL);
    nothing_to_do.aio_fildes = file;
    setlogmask(LOG_MASK(LOG_EMERG)); /* nothing of this reaches the machine's log */
}

static void put_away(void)
{
    while (kept_count > 0)
        remove(kept[--kept_count]);
}

int main(void)
{
    int own_output = dup(1);
    prepare();
    dup2(null, 0);
    dup2(null, 1);
    setvbuf(stdout, NULL, _IONBF, 0);
    setvbuf(stdin, NULL, _IONBF, 0);
    make_calls(NULL, put_away);
    rmdir("more-tree");
    unlink("more-file");
    print_calls(own_output);
    return 0;
}
