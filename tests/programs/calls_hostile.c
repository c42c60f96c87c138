/*
 * Bad arguments: pointers to nowhere, names of 64 KiB, names that are no text, a string that ends
 * with its page, times that nobody reads. Results and errors are the same with the library, nothing
 * faults, and reports escape, cut with a mark, or say nothing.
 *
 * @env STALLWATCH_THRESHOLD_MS=10
 * @env STALLWATCH_SAMPLES=1
 * @expect stall cause=* counted=any ms=10..900 call=open detail="\\xff\\x0a\\x1b[[]31m"
 * @expect stall cause=* counted=any ms=10..900 call=stat detail="nnnnnnnnnn*nnnnn…"
 * @expect stall cause=* counted=any ms=10..900 call=access detail="at-the-end"
 * @expect stall cause=* counted=any ms=10..900 call=rename detail="aaaa*a… -> bbbb*b…"
 * @expect stall times=15..60 cause=* call=* counted=any ms=8..2000
 */
#include <aio.h>
#include <pwd.h>
#include <semaphore.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>

#include "support.h"

#define STALL_NS 15000000
#define BAD      bad

static void *volatile bad = (void *)8;
static char name[65536], long_a[3000], long_b[3000];
static char *at_the_end;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t semaphore;
static struct stat state;
static char *nothing[] = {NULL};
static int socket_fd;

/* Tries one call over and over in one iteration, and says what came of it. */
#define TRY(loop, call)                                                                            \
    do {                                                                                           \
        uint64_t end_ = now_ns(CLOCK_MONOTONIC) + STALL_NS;                                        \
        long result_ = 0;                                                                          \
        int error_ = 0;                                                                            \
        do {                                                                                       \
            for (int i_ = 0; i_ < 4; i_++) {                                                       \
                errno = 4711;                                                                      \
                result_ = (long)(call);                                                            \
                error_ = errno;                                                                    \
            }                                                                                      \
        } while (now_ns(CLOCK_MONOTONIC) < end_);                                                  \
        printf("%s: %ld, %d\n", #call, result_, error_);                                           \
        loop_turn(loop, 2);                                                                        \
    } while (0)

static void prepare(void)
{
    memset(name, 'n', sizeof name - 1);
    memset(long_a, 'a', sizeof long_a - 1);
    memset(long_b, 'b', sizeof long_b - 1);
    for (unsigned i = 100; i < sizeof long_a; i += 100)
        long_a[i] = long_b[i] = '/'; /* no part of them is too long */
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(pages != MAP_FAILED && mprotect(pages + 4096, 4096, PROT_NONE) == 0);
    at_the_end = pages + 4096 - sizeof "at-the-end";
    strcpy(at_the_end, "at-the-end");
    sem_init(&semaphore, 0, 1);
    socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
}

static void try_names(const struct loop *loop)
{
    TRY(loop, open("\xff\n\x1b[31m", O_RDONLY));
    TRY(loop, stat(name, &state));
    TRY(loop, access(at_the_end, R_OK));
    TRY(loop, rename(long_a, long_b));
    TRY(loop, open(BAD, O_RDONLY));
    TRY(loop, openat(-5, BAD, O_RDONLY));
    TRY(loop, stat(BAD, &state));
    TRY(loop, stat(".", BAD));
    TRY(loop, renameat2(AT_FDCWD, BAD, AT_FDCWD, BAD, 0x7fffffff));
    TRY(loop, fstatat(AT_FDCWD, BAD, &state, 0x7fffffff));
    TRY(loop, rename(BAD, long_b));
    TRY(loop, rename("", BAD));
    TRY(loop, rename(name, BAD));
    TRY(loop, symlink("", BAD));
    TRY(loop, readlink(BAD, name, 10));
    TRY(loop, getpwnam(long_a) != NULL);
    TRY(loop, fopen(BAD, "r") != NULL);
    TRY(loop, posix_spawn(&(pid_t){0}, BAD, NULL, NULL, nothing, nothing));
}

static void try_others(const struct loop *loop)
{
    TRY(loop, read(-1, name, 1));
    TRY(loop, read(socket_fd, BAD, 10));
    TRY(loop, writev(1, BAD, 1));
    TRY(loop, connect(socket_fd, BAD, 16));
    TRY(loop, connect(-1, BAD, 16));
    TRY(loop, connect(socket_fd, BAD, 100000));
    TRY(loop, sendto(socket_fd, "x", 1, MSG_NOSIGNAL, BAD, 16));
    TRY(loop, nanosleep(BAD, NULL));
    TRY(loop, clock_nanosleep(CLOCK_MONOTONIC, 0, BAD, NULL));
    TRY(loop, pthread_mutex_timedlock(&mutex, BAD) + pthread_mutex_unlock(&mutex));
    TRY(loop, waitpid(-7777777, NULL, 0));
    TRY(loop, lio_listio(77, BAD, 1, NULL));
    TRY(loop, aio_suspend(BAD, -1, NULL));
    TRY(loop, getxattr(BAD, "user.none", name, 1));
}

int main(void)
{
    struct loop loop = loop_begin();
    prepare();
    loop_turn(&loop, 10);
    try_names(&loop);
    try_others(&loop);
    loop_end(&loop);
    return 0;
}
