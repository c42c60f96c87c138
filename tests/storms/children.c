/*
 * Children that share our memory while they start: vfork with all that programs do in there
 * (descriptors moved, signals reset, masks set), posix_spawn with its attributes, system and popen;
 * from callbacks that are being sampled, with the parent's own dispositions as they were
 * afterwards.
 */
#include <spawn.h>

#include "storm.h"

#define ROUNDS 60

extern char **environ;

static char *const arguments[] = {"true", NULL};

static void finished(pid_t child)
{
    int status;
    REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void by_vfork(void)
{
    pid_t child = vfork();
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        for (int number = 1; number < NSIG; number++)
            signal(number, SIG_DFL);
        sigprocmask(SIG_SETMASK, &none, NULL);
        int fd = dup2(1, 9);
        close(fd);
        execv("/bin/true", arguments);
        _exit(111);
    }
    finished(child);
}

static void by_spawn(void)
{
    posix_spawnattr_t attributes;
    sigset_t set;
    pid_t child;
    REQUIRE(posix_spawnattr_init(&attributes) == 0);
    sigfillset(&set);
    REQUIRE(posix_spawnattr_setsigdefault(&attributes, &set) == 0);
    sigemptyset(&set);
    REQUIRE(posix_spawnattr_setsigmask(&attributes, &set) == 0);
    REQUIRE(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                                      POSIX_SPAWN_SETPGROUP) == 0);
    REQUIRE(posix_spawn(&child, "/bin/true", NULL, &attributes, arguments, environ) == 0);
    posix_spawnattr_destroy(&attributes);
    finished(child);
}

static void by_shell(void)
{
    char text[16];
    REQUIRE(system("exit 3") >> 8 == 3);
    FILE *pipe = popen("echo hello", "r");
    REQUIRE(pipe != NULL && fgets(text, sizeof text, pipe) != NULL && strcmp(text, "hello\n") == 0);
    REQUIRE(pclose(pipe) == 0);
}

static int handled;

static void on_signal(int number)
{
    (void)number;
    handled++;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal}, after;
    struct loop loop = storm_begin();
    for (int number = SIGRTMIN; number < SIGRTMIN + 8; number++)
        REQUIRE(sigaction(number, &action, NULL) == 0);
    for (int round = 0; round < ROUNDS; round++) {
        loop_turn(&loop, 1);
        spin_us(500);
        by_vfork();
        by_spawn();
        if (round % 4 == 0)
            by_shell();
    }
    for (int number = SIGRTMIN; number < SIGRTMIN + 8; number++) {
        REQUIRE(sigaction(number, NULL, &after) == 0 && after.sa_handler == on_signal);
        REQUIRE(raise(number) == 0);
    }
    loop_end(&loop);
    printf("%d rounds, %d signals\n", ROUNDS, handled);
    return 0;
}
