/*
 * Two thousand children forked from callbacks that are being sampled, as a server forks its
 * workers: some end at once, some run a loop of their own that stalls, some fork again, some go on
 * by exec. Every one of them ends as it should, within its time, and nothing is left behind.
 */
#include "storm.h"

#define CHILDREN 2000
#define AT_ONCE  8

static void be_child(int number)
{
    char *arguments[] = {"true", NULL};
    alarm(20); /* one that hangs is found out */
    switch (number % 20) {
    case 0: {
        struct loop loop = storm_begin();
        spin_us(1500);
        loop_turn(&loop, 2);
        loop_end(&loop);
        exit(number % 100);
    }
    case 1: {
        pid_t child = fork();
        int status;
        if (child == 0)
            _exit(3);
        _exit(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3 ? number % 100 : 101);
    }
    case 2:
        if (number % 100 == 2) {
            execvp("true", arguments);
            _exit(102);
        }
        _exit(number % 100);
    default:
        _exit(number % 100);
    }
}

static int take_child(const pid_t child, int number)
{
    int status;
    REQUIRE(waitpid(child, &status, 0) == child);
    int wanted = number % 20 == 2 && number % 100 == 2 ? 0 : number % 100;
    return !WIFEXITED(status) || WEXITSTATUS(status) != wanted;
}

int main(void)
{
    struct loop loop = storm_begin();
    int wrong = 0;
    for (int first = 0; first < CHILDREN; first += AT_ONCE) {
        pid_t children[AT_ONCE];
        loop_turn(&loop, 1);
        spin_us(300);
        for (int i = 0; i < AT_ONCE; i++) {
            children[i] = fork();
            REQUIRE(children[i] >= 0);
            if (children[i] == 0)
                be_child(first + i);
        }
        for (int i = 0; i < AT_ONCE; i++)
            wrong += take_child(children[i], first + i);
    }
    loop_end(&loop);
    REQUIRE(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
    printf("%d children, %d of them not as they should be\n", CHILDREN, wrong);
    return 0;
}
