/*
 * Two processes take turns at a descriptor under a lock of theirs, as servers do that fork their
 * workers beforehand: who has the lock waits for an event, hands it on, and works. Waiting for it
 * is no stall, however long nothing comes; what holds a worker up is one, and so is another lock of
 * theirs, in a function that a callback calls. The lock is a mutex, or one of a file or a
 * semaphore.
 *
 * @expect no-loop-in-parent
 * @run idle idle direct
 * @expect clean
 * @run work work direct
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=work process=child times=2
 * @run lock lock direct
 * @expect stall cause=lock call=pthread_mutex_lock ms=280..1500 function=look_up process=child
 * times=1..2
 * @run named idle mutex
 * @expect clean
 * @run fcntl idle fcntl
 * @expect clean
 * @run flock idle flock
 * @expect clean
 * @run semop idle semop
 * @expect clean
 * @run fcntl-lock lock fcntl
 * @expect stall cause=blocking-call call=fcntl ms=280..1500 function=look_up process=child
 * times=1..2
 */
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>

#include "support.h"

#define WORKERS 2
#define EVENTS  10
#define FEW     6 /* where one turn each is enough */

static struct shared {
    pthread_mutex_t accepting, table;
} * shared;
static int events[2], file, semaphore;
static const char *kind;

enum which { ACCEPTING, TABLE };

static void make_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    REQUIRE(pthread_mutex_init(lock, &kind) == 0);
}

static bool is(const char *name)
{
    return strcmp(kind, name) == 0;
}

static int lock_file(int command, short type, enum which which)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = which, .l_len = 1};
    return fcntl(file, command, &lock);
}

/* By Apache's name for it. */
static NOINLINE void accept_mutex_on(enum which which)
{
    struct sembuf one = {.sem_op = -1, .sem_flg = SEM_UNDO};
    if (is("fcntl"))
        REQUIRE(lock_file(F_SETLKW, F_WRLCK, which) == 0);
    else if (is("flock"))
        REQUIRE(flock(file, LOCK_EX) == 0);
    else if (is("semop"))
        REQUIRE(semop(semaphore, &one, 1) == 0);
    else
        pthread_mutex_lock(which == TABLE ? &shared->table : &shared->accepting);
    keep_frame++;
}

static NOINLINE void give(enum which which)
{
    struct sembuf one = {.sem_op = 1, .sem_flg = SEM_UNDO};
    if (is("fcntl"))
        REQUIRE(lock_file(F_SETLK, F_UNLCK, which) == 0);
    else if (is("flock"))
        REQUIRE(flock(file, LOCK_UN) == 0);
    else if (is("semop"))
        REQUIRE(semop(semaphore, &one, 1) == 0);
    else
        pthread_mutex_unlock(which == TABLE ? &shared->table : &shared->accepting);
}

static NOINLINE void look_up(void)
{
    accept_mutex_on(TABLE);
    give(TABLE);
    keep_frame++;
}

/* So long at least that the other one gets the lock: each has as many turns. */
static NOINLINE void work(const char *mode, int turn)
{
    pause_ms(5);
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
        if (is("direct"))
            pthread_mutex_lock(&shared->accepting);
        else
            accept_mutex_on(ACCEPTING);
        epoll_wait(epoll, &event, 1, -1);
        ssize_t got = read(events[0], &what, 1);
        give(ACCEPTING);
        if (got != 1)
            return 0;
        work(mode, turn);
    }
}

/* flock(2) is of what was opened, which a child shares. */
static void open_again(void)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    REQUIRE((file = open(path, O_RDWR | O_CLOEXEC)) >= 0);
}

int main(int count, char **words)
{
    REQUIRE(count == 3 && pipe(events) == 0);
    kind = words[2];
    REQUIRE((file = memfd_create("locks", MFD_CLOEXEC)) >= 0);
    REQUIRE((semaphore = semget(IPC_PRIVATE, 1, 0600)) >= 0);
    REQUIRE(semctl(semaphore, 0, SETVAL, 1) == 0);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    make_lock(&shared->accepting);
    make_lock(&shared->table);
    if (strcmp(words[1], "lock") == 0)
        accept_mutex_on(TABLE);
    pid_t workers[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = fork();
        if (workers[i] == 0) {
            close(events[1]);
            open_again();
            _exit(take_turns(words[1]));
        }
    }
    for (int i = 0; i < (strcmp(words[1], "idle") == 0 ? FEW : EVENTS); i++) {
        pause_ms(150);
        REQUIRE(write(events[1], "x", 1) == 1);
    }
    if (strcmp(words[1], "lock") == 0)
        give(TABLE);
    close(events[1]);
    for (int i = 0; i < WORKERS; i++)
        waitpid(workers[i], NULL, 0);
    semctl(semaphore, 0, IPC_RMID);
    puts("done");
    return 0;
}
