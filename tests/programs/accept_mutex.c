/*
 * Two processes take turns at a descriptor under a lock of theirs, as servers do that fork their
 * workers beforehand: who has the lock waits for an event, hands it on, and works. Waiting for it
 * is no stall, however long nothing comes; what holds a worker up is one, and so is another lock of
 * theirs, in a function that a callback calls.
 *
 * @expect no-loop-in-parent
 * @run idle idle
 * @expect clean
 * @run work work
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=work process=child times=2
 * @run lock lock
 * @expect stall cause=lock call=pthread_mutex_lock ms=280..1500 function=look_up process=child
 * times=1..2
 */
#include <sys/mman.h>

#include "support.h"

#define WORKERS 2
#define EVENTS  10

static struct shared {
    pthread_mutex_t accepting, table;
} * shared;
static int events[2];

static void make_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    REQUIRE(pthread_mutex_init(lock, &kind) == 0);
}

static NOINLINE void look_up(void)
{
    pthread_mutex_lock(&shared->table);
    pthread_mutex_unlock(&shared->table);
}

static NOINLINE void work(const char *mode, int turn)
{
    if (strcmp(mode, "work") == 0 && turn == 3)
        pause_ms(250);
    if (strcmp(mode, "lock") == 0 && turn == 3)
        look_up();
    keep_frame = turn;
}

static NOINLINE int take_turns(const char *mode)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    REQUIRE(epoll_ctl(epoll, EPOLL_CTL_ADD, events[0], &event) == 0);
    for (int turn = 0;; turn++) {
        char what = 0;
        pthread_mutex_lock(&shared->accepting);
        epoll_wait(epoll, &event, 1, -1);
        ssize_t got = read(events[0], &what, 1);
        pthread_mutex_unlock(&shared->accepting);
        if (got != 1)
            return 0;
        work(mode, turn);
    }
}

int main(int count, char **words)
{
    REQUIRE(count == 2 && pipe(events) == 0);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    make_lock(&shared->accepting);
    make_lock(&shared->table);
    pthread_mutex_lock(&shared->table);
    pid_t workers[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = fork();
        if (workers[i] == 0) {
            close(events[1]);
            _exit(take_turns(words[1]));
        }
    }
    for (int i = 0; i < EVENTS; i++) {
        pause_ms(150);
        REQUIRE(write(events[1], "x", 1) == 1);
    }
    pthread_mutex_unlock(&shared->table);
    close(events[1]);
    for (int i = 0; i < WORKERS; i++)
        waitpid(workers[i], NULL, 0);
    puts("done");
    return 0;
}
