/*
 * errno is the program's: calls that succeed leave it, calls that fail set it, as without the
 * library.
 *
 * @expect clean
 */
#include <dirent.h>
#include <dlfcn.h>
#include <netdb.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "support.h"

#define SHOW(call)                                                                                 \
    do {                                                                                           \
        errno = 1234;                                                                              \
        long result = (long)(call);                                                                \
        int after = errno;                                                                         \
        printf("%s = %s, errno %d\n", #call, result<0 ? "-1" : result> 0 ? "+" : "0", after);      \
    } while (0)

static struct pollfd *volatile nowhere; /* wrong arguments that the compiler must not see */
static volatile int minus_one = -1;

static void show_waits(int epoll)
{
    struct epoll_event event;
    struct pollfd bad = {.fd = 900, .events = POLLIN};
    struct timespec brief = {0, 1000}, wrong = {0, 2000000000};
    struct timeval none = {0, 0};
    SHOW(epoll_wait(epoll, &event, 1, 0));
    SHOW(epoll_wait(900, &event, 1, 0));
    SHOW(epoll_wait(epoll, &event, 0, 0));
    SHOW(epoll_pwait(epoll, &event, 1, 0, NULL));
    SHOW(poll(&bad, 1, 0));
    SHOW(poll(nowhere, 1, 0));
    SHOW(ppoll(&bad, 1, &brief, NULL));
    SHOW(ppoll(&bad, 1, &wrong, NULL));
    SHOW(select(0, NULL, NULL, NULL, &none));
    SHOW(select(-1, NULL, NULL, NULL, &none));
    SHOW(usleep(10));
    SHOW(nanosleep(&brief, NULL));
    SHOW(nanosleep(&wrong, NULL));
    SHOW(clock_nanosleep(CLOCK_MONOTONIC, 0, &brief, NULL));
    SHOW(clock_nanosleep(CLOCK_MONOTONIC, 0, &wrong, NULL));
    SHOW(clock_nanosleep(99, 0, &brief, NULL));
}

static void show_files(int *ends)
{
    char bytes[4] = "abc";
    struct iovec part = {bytes, 1};
    SHOW(write(ends[1], bytes, 1));
    SHOW(write(901, bytes, 1));
    SHOW(read(ends[0], bytes, 1));
    SHOW(read(901, bytes, 1));
    SHOW(writev(ends[1], &part, 1));
    SHOW(readv(ends[0], &part, 1));
    SHOW(readv(ends[0], &part, minus_one));
    SHOW(pread(ends[0], bytes, 1, 0));
    SHOW(open("/nowhere/at/all", O_RDONLY));
    SHOW(openat(AT_FDCWD, "/", O_WRONLY));
    SHOW(close(901));
    SHOW(fsync(ends[0]));
    SHOW(recv(ends[0], bytes, 1, 0));
    SHOW(send(901, bytes, 1, 0));
    SHOW(accept(ends[0], NULL, NULL));
    SHOW(connect(901, NULL, 0));
    SHOW(ftruncate(ends[0], 1));
    SHOW(fcntl(901, F_GETFL));
}

/* Streams without a descriptor, and a directory that is none. */
static void show_closes(void)
{
    static char *text;
    static size_t size;
    SHOW(fclose(open_memstream(&text, &size)));
    SHOW(fclose(fopencookie(NULL, "r", (cookie_io_functions_t){NULL, NULL, NULL, NULL})));
#if defined(__GLIBC__) /* others do not look */
    SHOW(closedir((DIR *)nowhere));
#endif
    SHOW(closedir(opendir("/")));
}

static void show_processes(void)
{
    int status;
    SHOW(waitpid(-1, &status, 0));
    SHOW(waitpid(-1, &status, WNOHANG));
    SHOW(syscall(SYS_getppid));
    SHOW(syscall(SYS_close, 901));
    SHOW(syscall(100000));
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    SHOW(pthread_mutex_lock(&mutex));
    SHOW(pthread_mutex_trylock(&mutex));
    SHOW(pthread_mutex_unlock(&mutex));
}

int main(void)
{
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    struct loop loop = loop_begin();
    for (int round = 0; round < 3; round++) {
        show_waits(epoll_create1(EPOLL_CLOEXEC));
        show_files(ends);
        show_closes();
        show_processes();
        loop_turn(&loop, 2);
    }
    loop_end(&loop);
    return 0;
}
