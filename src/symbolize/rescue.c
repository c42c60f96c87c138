/*
 * Starts the helper anew when a question brought it down.
 *
 * Called by symbolize/serve.c around each question. Debug information is read through maps of files
 * that may be broken on purpose, or cut short while we read (SIGBUS). After that the heap may be
 * anything, so the handler does the one thing that makes it whole again: it executes the program
 * once more, in the same process (so that nobody outside notices), with the descriptors it has and
 * the file's path among those to be avoided. execve(2) is async-signal-safe; the arguments are put
 * together before each question, so that the handler has nothing to do but that.
 *
 *     stallwatch-symbolize --resume SEQUENCE INDEX TEXT-PATH JSON-PATH PATH…
 */
#include "symbolize/rescue.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/text.h"
#include "symbolize/modules.h"

#define SECONDS_FOR_ONE 20
#define FILES_GIVEN_UP  8
#define FILES_AT        6 /* where they begin among the arguments */

static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM};

static volatile sig_atomic_t asking;
static unsigned given_up;
static char path[SW_SYMBOLIZE_PATH + 1];
static char sequence_text[16];
static char index_text[16];
static char program[] = "stallwatch-symbolize";
static char resume[] = "--resume";
static char *next_arguments[FILES_AT + FILES_GIVEN_UP + 2];

static void start_anew(int number)
{
    (void)number;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); /* a blocked SIGSEGV stays blocked over execve */
    if (asking)
        execve("/proc/self/exe", next_arguments, environ);
    _exit(1);
}

static int install(void)
{
    static char stack[32768]; /* a recursion without end leaves none to handle it on */
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_handler = start_anew, .sa_flags = SA_ONSTACK | SA_NODEFER};
    if (sigaltstack(&alternate, NULL) != 0)
        return -errno;
    for (unsigned i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
        if (sigaction(deadly[i], &action, NULL) != 0)
            return -errno;
    return 0;
}

static void put_number(char *to, size_t size, uint32_t number)
{
    struct sw_text text;
    sw_text_init(&text, to, size);
    sw_text_unsigned(&text, number);
}

/* The asker is not to wait for what will not come. */
static void answer_nothing(const char *sequence, const char *index)
{
    static struct sw_symbolize_answer answer; /* too large for the stack of a small helper */
    unsigned char packet[64];
    answer.sequence = (uint32_t)strtoul(sequence, NULL, 10);
    answer.index = (uint32_t)strtoul(index, NULL, 10);
    long length = sw_symbolize_encode_answer(packet, sizeof(packet), &answer);
    if (length > 0)
        (void)send(SW_SYMBOLIZE_SOCKET, packet, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int take_path(char to[SW_SYMBOLIZE_PATH + 1], const char *from)
{
    if (strlen(from) > SW_SYMBOLIZE_PATH)
        return -EINVAL;
    strcpy(to, from);
    return 0;
}

int sw_rescue_start(int count, char *const *arguments, struct sw_symbolize_outputs *outputs)
{
    next_arguments[0] = program;
    next_arguments[1] = resume;
    next_arguments[2] = sequence_text;
    next_arguments[3] = index_text;
    next_arguments[4] = outputs->text_path;
    next_arguments[5] = outputs->json_path;
    if (count == 0)
        return install();
    if (count < FILES_AT - 2 || take_path(outputs->text_path, arguments[2]) != 0 ||
        take_path(outputs->json_path, arguments[3]) != 0)
        return -EINVAL;
    /* With more files than can be avoided, each question for one of the rest costs a new start. */
    for (int i = FILES_AT - 2; i < count && given_up < FILES_GIVEN_UP; i++)
        if (sw_file_avoid(arguments[i]) == 0)
            next_arguments[FILES_AT + given_up++] = arguments[i];
    answer_nothing(arguments[0], arguments[1]);
    return install();
}

void sw_rescue_enter(const struct sw_symbolize_question *question)
{
    struct itimerval limit = {.it_value.tv_sec = SECONDS_FOR_ONE};
    strcpy(path, question->path); /* same size */
    put_number(sequence_text, sizeof(sequence_text), question->sequence);
    put_number(index_text, sizeof(index_text), question->index);
    next_arguments[FILES_AT + given_up] = path;
    asking = 1;
    setitimer(ITIMER_REAL, &limit, NULL);
}

void sw_rescue_leave(void)
{
    struct itimerval none = {.it_value.tv_sec = 0};
    setitimer(ITIMER_REAL, &none, NULL);
    asking = 0;
}
