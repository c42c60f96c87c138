/*
 * Calls that wait for somebody else, each for a while: file locks that another process has,
 * messages, semaphores, signals, streams, sockets with and without timeouts. (Of locks and threads
 * see calls_blocked_locks.c.)
 *
 * @expect stall cause=blocking-call call=flock ms=200 function=by_flock
 * detail="*lock-file"
 * @expect stall cause=blocking-call call=fcntl ms=200 function=by_fcntl
 * detail="*lock-file"
 * @expect stall cause=blocking-call call=lockf ms=200 function=by_lockf
 * detail="*lock-file"
 * @expect stall cause=blocking-call call=msgrcv ms=200 function=by_msgrcv
 * detail="queue *"
 * @expect stall cause=blocking-call call=semop ms=200 function=by_semop
 * detail="semaphore set *"
 * @expect stall cause=blocking-call call=mq_receive ms=200 function=by_mq_receive
 * detail="[/]blocked-queue*"
 * @expect stall cause=blocking-call call=sigtimedwait ms=200 function=by_sigtimedwait
 * detail="200 ms"
 * @expect stall cause=blocking-call call=sigwait ms=200 function=by_sigwait
 * @expect stall cause=blocking-call call=pause ms=200 function=by_pause
 * @expect stall cause=blocking-call call=waitid ms=200 function=by_waitid
 * detail="pid * (*)"
 * @expect stall cause=blocking-call call=wait ms=200 function=by_wait
 * @expect stall cause=blocking-call call=recv ms=200 function=by_recv
 * detail="*, timeout 200 ms"
 * @expect stall cause=blocking-call call=read ms=200 function=by_read
 * detail="*, no timeout"
 * @expect stall cause=blocking-call call=accept ms=200 function=by_accept
 * detail="127.0.0.1:*, no timeout"
 * @expect stall cause=blocking-call call=getline ms=200 function=by_getline
 * detail="pipe fd *"
 * @expect stall cause=blocking-call call=fopen ms=200 function=by_fopen
 * detail="blocked-fifo"
 * @expect stall cause=blocking-call call=splice ms=200 function=by_splice
 * detail="pipe fd * -> *"
 */
#include <arpa/inet.h>
#include <mqueue.h>
#include <semaphore.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <stdbool.h>

#include "support.h"

#define WHILE_MS 200

static int file, ends[2], pair[2], listener, queue, set;
static mqd_t mqueue;
static struct sockaddr_in address;
static sem_t ready;
static sigset_t usr1;
static pthread_t loop_thread;

/* A child that takes a lock, says so, and ends after a while. */
static pid_t hold_in_child(bool by_flock)
{
    int told[2];
    char byte;
    REQUIRE(pipe(told) == 0);
    pid_t child = fork();
    if (child == 0) {
        int own = open("lock-file", O_RDWR);
        struct flock whole = {.l_type = F_WRLCK};
        if (by_flock ? flock(own, LOCK_EX) : fcntl(own, F_SETLK, &whole))
            _exit(1);
        if (write(told[1], "x", 1) != 1)
            _exit(1);
        pause_ms(WHILE_MS);
        _exit(0);
    }
    REQUIRE(read(told[0], &byte, 1) == 1);
    close(told[0]);
    close(told[1]);
    return child;
}

static NOINLINE void by_flock(void)
{
    REQUIRE(flock(file, LOCK_EX) == 0);
    REQUIRE(flock(file, LOCK_UN) == 0);
}

static NOINLINE void by_fcntl(void)
{
    struct flock whole = {.l_type = F_WRLCK}, none = {.l_type = F_UNLCK};
    REQUIRE(fcntl(file, F_SETLKW, &whole) == 0);
    REQUIRE(fcntl(file, F_SETLK, &none) == 0);
}

static NOINLINE void by_lockf(void)
{
    REQUIRE(lockf(file, F_LOCK, 0) == 0);
    REQUIRE(lockf(file, F_ULOCK, 0) == 0);
}

/* What comes after a while, by another thread. */
enum { MESSAGE, SEMAPHORE, MQ, SIGNAL, ALARM, BYTE, CONNECTION, LINE, FIFO };

static void *do_late(void *what)
{
    struct {
        long type;
        char text[8];
    } message = {1, "late"};
    sem_post(&ready);
    pause_ms(WHILE_MS);
    switch ((intptr_t)what) {
    case MESSAGE:
        REQUIRE(msgsnd(queue, &message, sizeof message.text, 0) == 0);
        break;
    case SEMAPHORE:
        REQUIRE(semop(set, &(struct sembuf){0, 1, 0}, 1) == 0);
        break;
    case MQ:
        REQUIRE(mq_send(mqueue, "late", 4, 0) == 0);
        break;
    case SIGNAL:
        pthread_kill(loop_thread, SIGUSR1);
        break;
    case ALARM:
        pthread_kill(loop_thread, SIGUSR2);
        break;
    case BYTE:
        REQUIRE(write(pair[1], "x", 1) == 1);
        break;
    case CONNECTION: {
        int client = socket(AF_INET, SOCK_STREAM, 0);
        REQUIRE(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
        close(client);
        break;
    }
    case LINE:
        REQUIRE(write(ends[1], "line\n", 5) == 5);
        break;
    case FIFO:
        close(open("blocked-fifo", O_WRONLY));
        break;
    }
    return NULL;
}

static NOINLINE void by_msgrcv(void)
{
    char room[64];
    REQUIRE(msgrcv(queue, room, 32, 0, 0) == 8);
    keep_frame++;
}

static NOINLINE void by_semop(void)
{
    REQUIRE(semop(set, &(struct sembuf){0, -1, 0}, 1) == 0);
    keep_frame++;
}

static NOINLINE void by_mq_receive(void)
{
    char room[64];
    REQUIRE(mq_receive(mqueue, room, sizeof room, NULL) == 4);
    keep_frame++;
}

static NOINLINE void by_sigtimedwait(void)
{
    struct timespec span = span_ms(WHILE_MS);
    REQUIRE(sigtimedwait(&usr1, NULL, &span) == -1 && errno == EAGAIN);
    keep_frame++;
}

static NOINLINE void by_sigwait(void)
{
    int number;
    REQUIRE(sigwait(&usr1, &number) == 0 && number == SIGUSR1);
    keep_frame++;
}

static NOINLINE void by_pause(void)
{
    REQUIRE(pause() == -1 && errno == EINTR);
    keep_frame++;
}

static pid_t slow_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        pause_ms(WHILE_MS);
        _exit(7);
    }
    return child;
}

static NOINLINE void by_waitid(void)
{
    siginfo_t told;
    REQUIRE(waitid(P_PID, (id_t)slow_child(), &told, WEXITED) == 0 && told.si_status == 7);
    keep_frame++;
}

static NOINLINE void by_wait(void)
{
    int status;
    pid_t child = slow_child();
    REQUIRE(wait(&status) == child && WEXITSTATUS(status) == 7);
}

static NOINLINE void by_recv(void)
{
    char byte;
    struct timeval limit = {0, WHILE_MS * 1000}, none = {0, 0};
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    REQUIRE(recv(pair[0], &byte, 1, 0) == -1 && errno == EAGAIN);
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
}

static NOINLINE void by_read(void)
{
    char byte;
    REQUIRE(read(pair[0], &byte, 1) == 1);
    keep_frame++;
}

static NOINLINE void by_accept(void)
{
    int client = accept(listener, NULL, NULL);
    REQUIRE(client >= 0);
    close(client);
}

static NOINLINE void by_getline(void)
{
    char *line = NULL;
    size_t size = 0;
    FILE *stream = fdopen(dup(ends[0]), "r");
    REQUIRE(getline(&line, &size, stream) == 5);
    fclose(stream);
    free(line);
}

static NOINLINE void by_fopen(void)
{
    FILE *stream = fopen("blocked-fifo", "r");
    REQUIRE(stream != NULL);
    fclose(stream);
}

static NOINLINE void by_splice(void)
{
    int null = open("/dev/null", O_WRONLY);
    REQUIRE(splice(ends[0], NULL, null, NULL, 16, 0) == 5);
    close(null);
}

static void nothing_on_signal(int number)
{
    (void)number;
}

static bool prepare(void)
{
    char name[64];
    socklen_t size = sizeof address;
    loop_thread = pthread_self();
    file = open("lock-file", O_RDWR | O_CREAT, 0600);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 5) == 0);
    REQUIRE(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    REQUIRE(file >= 0 && pipe(ends) == 0 && mkfifo("blocked-fifo", 0600) == 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    REQUIRE(sem_init(&ready, 0, 0) == 0);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL);
    signal(SIGUSR2, nothing_on_signal);
    snprintf(name, sizeof name, "/blocked-queue.%d", (int)getpid());
    queue = msgget(IPC_PRIVATE, 0600);
    set = semget(IPC_PRIVATE, 1, 0600);
    mqueue =
        mq_open(name, O_RDWR | O_CREAT, 0600, &(struct mq_attr){.mq_maxmsg = 2, .mq_msgsize = 64});
    mq_unlink(name);
    return queue >= 0 && set >= 0 && mqueue >= 0;
}

/* What ends the wait: a child's end, a thread's doing, or nothing. */
enum { FLOCK = 100, FCNTL, NOBODY };

static const struct {
    void (*way)(void);
    int ends_by;
} ways[] = {
    {by_flock, FLOCK},     {by_fcntl, FCNTL},       {by_lockf, FCNTL},         {by_msgrcv, MESSAGE},
    {by_semop, SEMAPHORE}, {by_mq_receive, MQ},     {by_sigtimedwait, NOBODY}, {by_sigwait, SIGNAL},
    {by_pause, ALARM},     {by_waitid, NOBODY},     {by_wait, NOBODY},         {by_recv, NOBODY},
    {by_read, BYTE},       {by_accept, CONNECTION}, {by_getline, LINE},        {by_fopen, FIFO},
    {by_splice, LINE},
};

int main(void)
{
    if (!prepare())
        return SKIP;
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        int by = ways[i].ends_by;
        pthread_t thread = 0;
        pid_t child = by == FLOCK || by == FCNTL ? hold_in_child(by == FLOCK) : 0;
        if (by < FLOCK) {
            thread = thread_begin(do_late, (void *)(intptr_t)by);
            sem_wait(&ready);
        }
        ways[i].way();
        loop_turn(&loop, 2);
        if (child != 0)
            REQUIRE(waitpid(child, NULL, 0) == child);
        if (thread != 0)
            pthread_join(thread, NULL);
    }
    loop_end(&loop);
    msgctl(queue, IPC_RMID, NULL);
    semctl(set, 0, IPC_RMID);
    unlink("lock-file");
    unlink("blocked-fifo");
    puts("done");
    return 0;
}
