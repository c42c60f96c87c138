/*
 * See run_child.h. Called by run.c.
 *
 * The child stays in our process group, so the terminal's signals (Ctrl-C, Ctrl-Z, a hang-up of the
 * foreground group) reach it by themselves, and it may read from the terminal. Those that somebody
 * sent to us by kill(2) are passed on; the kernel says which is which in si_code. All are blocked
 * and taken with sigwaitinfo, so nothing here runs in a handler and dispositions that we inherited
 * (nohup's) stay as they are: a blocked signal is queued even where it is ignored.
 */
#include "command/run_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sigaction inherited_child_action;

static void execute(char **command, const sigset_t *mask, int report)
{
    sigaction(SIGCHLD, &inherited_child_action, NULL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(command[0], command);
    int error = errno;
    if (write(report, &error, sizeof error) < 0)
        _exit(127);
    _exit(127);
}

/* The errno of a failed exec; 0 where the descriptor was closed by one that succeeded. */
static int exec_error(int report)
{
    int error = 0;
    ssize_t got;
    do
        got = read(report, &error, sizeof error);
    while (got < 0 && errno == EINTR);
    return got == sizeof error ? error : 0;
}

/* Stopped by the terminal, it stops us too, so that the shell sees the job stopped. One that
 * somebody stopped by SIGSTOP will be woken by a SIGCONT of its own, which we would not get. */
static void follow_stop(pid_t child, int signal_number)
{
    if (signal_number != SIGTSTP && signal_number != SIGTTIN && signal_number != SIGTTOU)
        return;
    kill(getpid(), SIGSTOP);
    kill(child, SIGCONT); /* the shell's own has reached it already, or went to us alone */
}

static bool reap(pid_t child, int *status)
{
    pid_t found;
    while ((found = waitpid(child, status, WNOHANG | WUNTRACED)) > 0) {
        if (!WIFSTOPPED(*status))
            return true;
        follow_stop(child, WSTOPSIG(*status));
    }
    return found < 0 && errno == ECHILD;
}

static bool is_fault(int signal_number)
{
    return signal_number == SIGSEGV || signal_number == SIGBUS || signal_number == SIGILL ||
           signal_number == SIGFPE || signal_number == SIGTRAP || signal_number == SIGSYS;
}

static void pass_on(pid_t child, const siginfo_t *info)
{
    if (info->si_code == SI_QUEUE)
        sigqueue(child, info->si_signo, info->si_value);
    else if (info->si_code <= 0) /* SI_USER, SI_TKILL: from a process, not from the kernel */
        kill(child, info->si_signo);
    else if (info->si_signo == SIGHUP || info->si_signo == SIGCONT)
        kill(child, info->si_signo);
}

static int wait_for(pid_t child, const sigset_t *all)
{
    siginfo_t info;
    int status = 0;
    while (!reap(child, &status)) {
        int number = sigwaitinfo(all, &info);
        if (number > 0 && number != SIGCHLD)
            pass_on(child, &info);
    }
    return status;
}

int sw_run_child(char **command, struct sw_run_end *end)
{
    sigset_t all, inherited;
    int report[2], status;
    struct sigaction by_default = {.sa_handler = SIG_DFL};
    if (pipe2(report, O_CLOEXEC) != 0)
        return -errno;
    /* Ignored, it would make the kernel reap our child (waitpid(2)). */
    sigaction(SIGCHLD, &by_default, &inherited_child_action);
    sigfillset(&all);
    for (int number = 1; number < NSIG; number++)
        if (is_fault(number))
            sigdelset(&all, number);
    sigprocmask(SIG_BLOCK, &all, &inherited);
    pid_t child = fork();
    if (child == 0)
        execute(command, &inherited, report[1]);
    int error = errno;
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        return -error;
    }
    end->error = exec_error(report[0]);
    close(report[0]);
    status = wait_for(child, &all);
    if (end->error != 0)
        end->code = end->error == ENOENT ? 127 : 126;
    else
        end->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return 0;
}
