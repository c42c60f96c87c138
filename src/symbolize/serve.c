/*
 * The helper's life beside a watched program: from its start by the library to the program's end.
 *
 * Called by main.c. It must not be noticed: it has a session of its own (no Ctrl-C, no hang-up),
 * ignores what ends process groups, holds no descriptor and no directory of the program's, and when
 * memory is short it goes before the program does. It ends when the program's end of the socket is
 * closed; or, where a forked child of the program holds that end too, when the pidfd says that the
 * program has ended.
 */
#include "symbolize/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/symbolize_protocol.h"
#include "symbolize/due.h"
#include "symbolize/lines.h"
#include "symbolize/rescue.h"

#define MEMORY_LIMIT   (2ul << 30) /* of what is not a plain map of a file */
#define STACK_LIMIT    (8ul << 20)
#define SEND_WAIT_MS   1000
#define WRITE_SECONDS  5
#define OOM_SCORE_TEXT "200\n"

static const struct sw_symbolize_shared *shared;
static struct sw_symbolize_outputs outputs;
static int text_fd = -1;

static void lower(int resource, rlim_t limit)
{
    struct rlimit now;
    if (getrlimit(resource, &now) != 0 || now.rlim_cur <= limit)
        return;
    now.rlim_cur = limit;
    setrlimit(resource, &now);
}

/* libdw wants 200 KiB, and a program may live with less. The stack grows by the limit as it is then
 * (getrlimit(2)). */
static void raise_stack(void)
{
    struct rlimit now;
    if (getrlimit(RLIMIT_STACK, &now) != 0 || now.rlim_cur >= STACK_LIMIT)
        return;
    now.rlim_cur = now.rlim_max < STACK_LIMIT ? now.rlim_max : STACK_LIMIT;
    setrlimit(RLIMIT_STACK, &now);
}

static void withdraw(void)
{
    static const int ignored[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGPIPE, SIGXFSZ,
                                  SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU};
    struct sched_param ordinary = {.sched_priority = 0};
    for (unsigned i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        signal(ignored[i], SIG_IGN);
    (void)setsid();
    if (chdir("/") != 0)
        return; /* its directory only keeps a file system from being unmounted */
    prctl(PR_SET_NAME, "stallwatch-sym");
    umask(077);
    /* A program of real-time priority does not want its helper to have it. */
    if (sched_getscheduler(0) != SCHED_OTHER)
        sched_setscheduler(0, SCHED_OTHER, &ordinary);
    /* RLIMIT_DATA leaves read-only maps out, which RLIMIT_AS would count (getrlimit(2)). */
    lower(RLIMIT_DATA, MEMORY_LIMIT);
    lower(RLIMIT_CORE, 0);
    raise_stack();
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t done = write(fd, OOM_SCORE_TEXT, strlen(OOM_SCORE_TEXT));
    (void)done; /* refused where the program has a higher one already */
    close(fd);
}

/* The number is never free: what is received, or opened by libdw, must not come to lie there. */
static void keep_place_of_text(void)
{
    text_fd = -1;
    dup2(STDIN_FILENO, SW_SYMBOLIZE_TEXT); /* /dev/null */
}

static void take_text(int fd)
{
    keep_place_of_text();
    if (fd < 0)
        return;
    /* Not CLOEXEC: a helper that starts itself anew keeps it. */
    if (dup2(fd, SW_SYMBOLIZE_TEXT) == SW_SYMBOLIZE_TEXT)
        text_fd = SW_SYMBOLIZE_TEXT;
    close(fd);
}

static void send_answer(const struct sw_symbolize_answer *answer)
{
    static unsigned char packet[SW_SYMBOLIZE_PACKET];
    long length = sw_symbolize_encode_answer(packet, sizeof(packet), answer);
    if (length < 0)
        return;
    ssize_t sent = send(SW_SYMBOLIZE_SOCKET, packet, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 &&
        errno == EAGAIN) { /* nobody has read for long: this answer comes too late anyway */
        struct pollfd ready = {.fd = SW_SYMBOLIZE_SOCKET, .events = POLLOUT};
        if (poll(&ready, 1, SEND_WAIT_MS) == 1)
            (void)send(SW_SYMBOLIZE_SOCKET, packet, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}

/* Nobody waits for answers any more: what is left to do is what was due, soon. */
static bool program_gone(void)
{
    struct pollfd seen[2] = {{.fd = SW_SYMBOLIZE_SOCKET, .events = 0},
                             {.fd = SW_SYMBOLIZE_PIDFD, .events = POLLIN}};
    poll(seen, 2, 0);
    return (seen[0].revents & (POLLHUP | POLLERR)) != 0 || (seen[1].revents & POLLIN) != 0;
}

static void handle_question(const unsigned char *packet, size_t length)
{
    static struct sw_symbolize_question question;
    static struct sw_symbolize_answer answer;
    if (sw_symbolize_decode_question(packet, length, &question) != 0)
        return;
    if (__atomic_load_n(&shared->wanted, __ATOMIC_ACQUIRE) != question.sequence || program_gone())
        return; /* its asker has given up */
    sw_rescue_enter(&question);
    (void)sw_lines_find(&question, &answer);
    sw_rescue_leave();
    send_answer(&answer);
}

/* What came with a packet: the first descriptor, or -1 (any others are closed); and the sender's
 * user, by SO_PASSCRED, which the library sets before anything is sent. */
static int read_control(struct msghdr *message, bool *trusted)
{
    int found = -1;
    *trusted = false;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET)
            continue;
        if (part->cmsg_type == SCM_CREDENTIALS &&
            part->cmsg_len >= CMSG_LEN(sizeof(struct ucred))) {
            struct ucred sender;
            memcpy(&sender, CMSG_DATA(part), sizeof(sender));
            *trusted = sender.uid == getuid();
        }
        if (part->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
            if (found < 0)
                found = fd;
            else
                close(fd);
        }
    }
    return found;
}

/* `fd`, or -1, is ours to keep or to close. */
static void handle_packet(const unsigned char *packet, size_t length, int fd)
{
    static struct sw_symbolize_outputs next;
    switch (sw_symbolize_decode_kind(packet, length)) {
    case SW_SYMBOLIZE_QUESTION:
        handle_question(packet, length);
        break;
    case SW_SYMBOLIZE_OUTPUTS:
        if (sw_symbolize_decode_outputs(packet, length, &next) == 0)
            outputs = next;
        break;
    case SW_SYMBOLIZE_TEXT_TAKE:
        take_text(fd);
        return;
    case SW_SYMBOLIZE_TEXT_DROP:
        take_text(-1);
        break;
    default:
        break;
    }
    if (fd >= 0)
        close(fd);
}

/* Reads one packet: 1, 0 where there is none now, -1 at the socket's end. */
static int read_packet(void)
{
    static unsigned char packet[SW_SYMBOLIZE_PACKET];
    union {
        char bytes[CMSG_SPACE(4 * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr align;
    } control;
    struct iovec part = {.iov_base = packet, .iov_len = sizeof(packet)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    ssize_t got = recvmsg(SW_SYMBOLIZE_SOCKET, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    if (got == 0)
        return -1;
    bool trusted;
    int fd = read_control(&message, &trusted);
    /* From a program that has changed its user since: nothing is to be done with the rights of the
     * earlier one. */
    if (trusted && (message.msg_flags & MSG_TRUNC) == 0)
        handle_packet(packet, (size_t)got, fd);
    else if (fd >= 0)
        close(fd);
    return 1;
}

static void answer_until_the_end(bool has_pidfd)
{
    struct pollfd waited[2] = {{.fd = SW_SYMBOLIZE_SOCKET, .events = POLLIN},
                               {.fd = has_pidfd ? SW_SYMBOLIZE_PIDFD : -1, .events = POLLIN}};
    for (;;) {
        if (poll(waited, 2, -1) < 0 && errno != EINTR)
            return;
        bool gone = waited[1].revents != 0;
        int state;
        /* A program's last packets are read also when it is gone: they say who holds its log. */
        while ((state = read_packet()) > 0)
            ;
        if (state < 0 || gone)
            return;
    }
}

static bool is_packet_socket(int fd)
{
    int type = 0;
    socklen_t size = sizeof(type);
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

int sw_serve(int resumed, int count, char *const *arguments)
{
    if (!is_packet_socket(SW_SYMBOLIZE_SOCKET))
        return 2;
    shared = sw_due_map(SW_SYMBOLIZE_MEMORY);
    if (shared == NULL || shared->magic != SW_SYMBOLIZE_MAGIC)
        return 2;
    withdraw();
    close_range(resumed ? SW_SYMBOLIZE_TEXT + 1 : SW_SYMBOLIZE_TEXT, ~0u, 0);
    if (!resumed)
        keep_place_of_text();
    else if (fcntl(SW_SYMBOLIZE_TEXT, F_GETFD) >= 0)
        text_fd = SW_SYMBOLIZE_TEXT;
    if (sw_rescue_start(count, arguments, &outputs) != 0)
        return 2;
    answer_until_the_end(fcntl(SW_SYMBOLIZE_PIDFD, F_GETFD) >= 0);
    signal(SIGALRM, SIG_DFL); /* a file system that hangs does not keep this process */
    alarm(WRITE_SECONDS);
    sw_due_write(shared, &outputs, text_fd);
    return 0;
}
