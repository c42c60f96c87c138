/*
 * Waits on pointers and numbers that are none, and on sets larger than a fd_set: result and errno
 * are the kernel's own, with the library and without.
 *
 * @expect clean
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>

#include "support.h"

static void say(const char *what, int result)
{
    printf("%s: %d %s\n", what, result, result < 0 ? strerror(errno) : "");
}

static void try_pointers(const char *what, void *pointer)
{
    struct timeval none = {0, 0};
    struct timespec no_time = {0, 0};
    puts(what);
    say("poll", poll(pointer, 1, 0));
    say("select readable", select(1, pointer, NULL, NULL, &none));
    say("select exceptions", select(1, NULL, NULL, pointer, &none));
    say("pselect", pselect(1, NULL, pointer, NULL, &no_time, NULL));
}

static void try_counts(fd_set *set)
{
    struct timeval none = {0, 0};
    struct pollfd one = {-1, POLLIN, 0};
    volatile nfds_t too_many = (nfds_t)-1; /* the compiler would warn */
    FD_ZERO(set);
    say("negative", select(-1, set, NULL, NULL, &none));
    say("none", select(0, set, NULL, NULL, &none));
    say("no sets", select(1024, NULL, NULL, NULL, &none));
    say("not open", (FD_SET(900, set), select(901, set, NULL, NULL, &none)));
    FD_ZERO(set);
    say("of a negative descriptor", poll(&one, 1, 0));
    say("too many", poll(&one, too_many, 0));
    struct timespec bad = {0, -1};
    say("bad time", ppoll(&one, 1, &bad, NULL));
}

/* More bits than a fd_set has, and a descriptor there. */
static void try_large_set(void)
{
    static unsigned long bits[4096 / 64];
    struct rlimit limit;
    struct timeval none = {0, 0};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
    setrlimit(RLIMIT_NOFILE, &limit);
    int event = eventfd(1, 0);
    if (dup2(event, 2000) != 2000)
        exit(SKIP);
    for (int turn = 0; turn < 6; turn++) {
        bits[2000 / 64] |= 1ul << (2000 % 64);
        say("beyond", select(2001, (fd_set *)bits, NULL, NULL, &none));
    }
    close(2000);
    close(event);
}

int main(void)
{
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    char *gone = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fd_set *at_edge = (fd_set *)(gone + 4096) - 1;
    REQUIRE(gone != MAP_FAILED && munmap(gone + 4096, 4096) == 0);
    try_pointers("low", (void *)8);
    try_pointers("unmapped", gone + 4096);
    try_pointers("high", (void *)-8);
    try_pointers("of the kernel", (void *)0xffff888000000000);
    try_counts(at_edge);
    /* The kernel reads as many bits as there are descriptors, whatever the count says. */
    struct timeval none = {0, 0};
    say("huge count", select(0x7fffffff, at_edge, NULL, NULL, &none));
    try_large_set();
    loop_turn(&loop, 2);
    loop_end(&loop);
    return 0;
}
