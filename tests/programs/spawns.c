/*
 * vfork and posix_spawn inside a callback: the child shares our memory, and closes every descriptor
 * of its own, the loop's number among them. The parent's loop goes on, and is still watched.
 *
 * @expect stall cause=blocking-call call=usleep ms=250 function=on_event
 */
#include <spawn.h>

#include "support.h"

extern char **environ;

static NOINLINE void on_event(void)
{
    usleep(250000);
    keep_frame++;
}

static NOINLINE void spawn_closing(int epoll)
{
    pid_t child = vfork();
    if (child == 0) {
        for (int fd = 3; fd < 64; fd++)
            close(fd);
        _exit(epoll >= 0 ? 5 : 6);
    }
    int status;
    REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
    printf("vfork's child exited with %d\n", WEXITSTATUS(status));

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    char *arguments[] = {"true", NULL};
    REQUIRE(posix_spawnp(&child, "true", &actions, NULL, arguments, environ) == 0);
    REQUIRE(waitpid(child, &status, 0) == child);
    printf("posix_spawn's child exited with %d\n", WEXITSTATUS(status));
    posix_spawn_file_actions_destroy(&actions);
}

int main(void)
{
    struct loop loop = loop_begin();
    loop_turn(&loop, 5);
    spawn_closing(loop.epoll);
    loop_turn(&loop, 5);
    on_event();
    loop_turn(&loop, 5);
    loop_end(&loop);
    puts("done");
    return 0;
}
