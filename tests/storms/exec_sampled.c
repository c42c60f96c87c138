/*
 * A program that goes on by exec from a callback that is being sampled, more than a hundred times:
 * a signal that was on its way to the thread would stay pending, meet its default action in the new
 * program, and end it. Each of the ways that libc has to do it, in turn.
 */
#include "storm.h"

#define GENERATIONS 120

extern char **environ;

static void go_on(const char *left, int way)
{
    char self[] = "/proc/self/exe";
    char *arguments[] = {self, (char *)left, NULL};
    switch (way % 6) {
    case 0:
        execv(self, arguments);
        break;
    case 1:
        execve(self, arguments, environ);
        break;
    case 2:
        execvp(self, arguments);
        break;
    case 3:
        execl(self, self, left, (char *)NULL);
        break;
    case 4:
        execle(self, self, left, (char *)NULL, environ);
        break;
    default:
        execlp(self, self, left, (char *)NULL);
    }
    REQUIRE(!"exec");
}

int main(int count, char **arguments)
{
    int left = count > 1 ? atoi(arguments[1]) : GENERATIONS;
    if (left == 0) {
        puts("alive");
        return 0;
    }
    storm_begin();
    burn(8); /* so long that the watchdog is at work, though the machine is busy */
    spin_us((unsigned)left * 7919 % 1000);
    char next[16];
    snprintf(next, sizeof next, "%d", left - 1);
    go_on(next, left);
}
