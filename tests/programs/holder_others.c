/*
 * Who else can hold a loop: the writer of a rwlock, the readers of one (nobody is known), a thread
 * that is joined, a child that is waited for, the process at the other end of a pipe and of a
 * connection, a semaphore (nobody).
 *
 * @env STALLWATCH_ONGOING_MS=60000
 *
 * @run writer writer
 * @expect stall cause=lock call=pthread_rwlock_wrlock ms=250..3000 function=by_rwlock
 * holder=rwlock:worker holds=write_locked
 *
 * @run readers readers
 * @expect stall cause=lock call=pthread_rwlock_wrlock ms=250..3000 function=by_rwlock holder=null
 *
 * @run join join
 * @expect stall cause=lock call=pthread_join ms=250..3000 function=by_join holder=thread:worker
 * holds=only_sleep
 * @text waits for: thread [0-9]+ "worker", at:
 *
 * @run child child
 * @expect stall cause=blocking-call call=waitpid|wait4 ms=250..3000 function=by_waitpid
 * holder=process:a_child
 * @text waits for: process [0-9]+ "a_child"
 *
 * @run command command
 * @expect stall cause=blocking-call call=waitpid|wait4 ms=250..3000 function=by_waitpid
 * holder=process:sleep detail="pid * (sleep)"
 * @text waits for: process [0-9]+ "sleep": sleep 0\.3 0 0 0( 0)+ ?…
 *
 * @run any_child any_child
 * @expect stall cause=blocking-call call=waitpid|wait4 ms=250..3000 function=by_waitpid
 * holder=process:a_child
 *
 * @run two_children two_children
 * @expect stall cause=blocking-call call=waitpid|wait4 ms=250..3000 function=by_waitpid holder=null
 *
 * @run pipe pipe
 * @expect stall cause=blocking-call call=read ms=250..3000 function=by_read holder=process:a_child
 *
 * @run connection connection
 * @expect stall cause=blocking-call call=read ms=250..3000 function=by_read holder=process:a_child
 *
 * @run unix unix
 * @expect stall cause=blocking-call call=recv ms=250..3000 function=by_recv holder=process:a_child
 * detail="a-socket, no timeout"
 *
 * @run nested_poll nested_poll
 * @expect stall cause=nested-wait call=poll ms=250..3000 function=by_poll holder=process:a_child
 *
 * @run semaphore semaphore
 * @expect stall cause=lock call=sem_wait|futex ms=250..3000 function=by_semaphore holder=null
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/un.h>

#include "support.h"

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t held, semaphore;

static bool is(const char *one, const char *other)
{
    return strcmp(one, other) == 0;
}

static NOINLINE void write_locked(void)
{
    pthread_rwlock_wrlock(&rwlock);
    sem_post(&held);
    pause_ms(300);
    pthread_rwlock_unlock(&rwlock);
}

static NOINLINE void only_sleep(void)
{
    sem_post(&held);
    pause_ms(300);
    keep_frame++;
}

static void *work(void *how)
{
    prctl(PR_SET_NAME, "worker");
    if (is(how, "writer")) {
        write_locked();
    } else if (is(how, "readers")) {
        pthread_rwlock_rdlock(&rwlock);
        only_sleep();
        pthread_rwlock_unlock(&rwlock);
    } else {
        only_sleep();
    }
    sem_post(&semaphore);
    return NULL;
}

static NOINLINE void by_rwlock(void)
{
    pthread_rwlock_wrlock(&rwlock);
    pthread_rwlock_unlock(&rwlock);
    keep_frame++;
}

static NOINLINE void by_join(pthread_t thread)
{
    pthread_join(thread, NULL);
    keep_frame++;
}

static NOINLINE void by_semaphore(void)
{
    sem_wait(&semaphore);
    keep_frame++;
}

static NOINLINE void by_waitpid(pid_t child)
{
    REQUIRE(waitpid(child, NULL, 0) > 0);
    keep_frame++;
}

static NOINLINE void by_read(int fd)
{
    char byte;
    REQUIRE(read(fd, &byte, 1) == 1);
    keep_frame++;
}

static NOINLINE void by_recv(int fd)
{
    char byte;
    REQUIRE(recv(fd, &byte, 1, 0) == 1);
    keep_frame++;
}

static NOINLINE void by_poll(int fd)
{
    struct pollfd one = {fd, POLLIN, 0};
    REQUIRE(poll(&one, 1, 5000) == 1);
    keep_frame++;
}

/* A child that has `mine`, not `other`, and writes after 300 ms. */
static pid_t begin_child(int mine, int other)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    prctl(PR_SET_NAME, "a_child");
    if (other >= 0)
        close(other);
    pause_ms(300);
    if (mine >= 0)
        REQUIRE(write(mine, "x", 1) == 1);
    _exit(0);
}

/* Sleeps for 300 ms and many times 0: a command line of 64 KiB. */
static pid_t begin_command(void)
{
    static char *arguments[32770] = {"sleep", "0.3"};
    for (int i = 2; i < 32769; i++)
        arguments[i] = "0";
    pid_t child = fork();
    if (child != 0)
        return child;
    execvp("sleep", arguments);
    _exit(127);
}

static void by_process(const char *how)
{
    int ends[2] = {-1, -1};
    pid_t second = 0;
    if (is(how, "pipe"))
        REQUIRE(pipe(ends) == 0);
    if (is(how, "two_children"))
        second = begin_child(-1, -1);
    pid_t child = is(how, "command") ? begin_command() : begin_child(ends[1], ends[0]);
    if (ends[0] >= 0)
        by_read(ends[0]);
    else
        by_waitpid(is(how, "child") || is(how, "command") ? child : -1);
    if (second != 0 || ends[0] >= 0)
        waitpid(-1, NULL, 0);
}

/* The child accepts; the loop's process connects. */
static void by_connection(const char *how)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 1) == 0);
    REQUIRE(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(client);
        prctl(PR_SET_NAME, "a_child");
        int server = accept(listener, NULL, NULL);
        pause_ms(300);
        REQUIRE(write(server, "x", 1) == 1);
        _exit(0);
    }
    REQUIRE(connect(client, (struct sockaddr *)&address, size) == 0);
    if (is(how, "connection"))
        by_read(client);
    else
        by_poll(client);
    waitpid(child, NULL, 0);
    close(listener);
    close(client);
}

/* The child listens on a UNIX socket, whose other end tells who that was. */
static void by_unix_socket(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "a-socket"};
    int told[2], client = socket(AF_UNIX, SOCK_STREAM, 0);
    char byte;
    REQUIRE(pipe(told) == 0);
    pid_t child = fork();
    if (child == 0) {
        int listener = socket(AF_UNIX, SOCK_STREAM, 0);
        prctl(PR_SET_NAME, "a_child");
        REQUIRE(bind(listener, (struct sockaddr *)&name, sizeof name) == 0);
        REQUIRE(listen(listener, 1) == 0 && write(told[1], "x", 1) == 1);
        int server = accept(listener, NULL, NULL);
        pause_ms(300);
        REQUIRE(write(server, "x", 1) == 1);
        _exit(0);
    }
    REQUIRE(read(told[0], &byte, 1) == 1);
    REQUIRE(connect(client, (struct sockaddr *)&name, sizeof name) == 0);
    by_recv(client);
    waitpid(child, NULL, 0);
    close(client);
}

static void by_thread(char *how)
{
    pthread_t thread = thread_begin(work, how);
    sem_wait(&held);
    if (is(how, "join")) {
        by_join(thread);
        return;
    }
    if (is(how, "semaphore"))
        by_semaphore();
    else
        by_rwlock();
    pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
    REQUIRE(argc == 2 && sem_init(&held, 0, 0) == 0 && sem_init(&semaphore, 0, 0) == 0);
    char *how = argv[1];
    struct loop loop = loop_begin();
    loop_turn(&loop, 5);
    if (is(how, "connection") || is(how, "nested_poll"))
        by_connection(how);
    else if (is(how, "unix"))
        by_unix_socket();
    else if (is(how, "writer") || is(how, "readers") || is(how, "join") || is(how, "semaphore"))
        by_thread(how);
    else
        by_process(how);
    loop_turn(&loop, 5);
    loop_end(&loop);
    puts("done");
    return 0;
}
