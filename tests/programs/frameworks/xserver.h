/*
 * An X server for the programs here that have windows.
 */
#ifndef TESTS_XSERVER_H
#define TESTS_XSERVER_H

#include <spawn.h>

#include "support.h"

/* An X server that ends with its last client, however that ends; it is none of what is tested. */
static inline pid_t xserver_begin(void)
{
    int ends[2];
    pid_t server;
    char number[16] = {0}, name[20];
    REQUIRE(pipe(ends) == 0);
    char *words[] = {"Xvfb",       "-displayfd", "9",   "-screen",    "0",
                     "640x480x24", "-nolisten",  "tcp", "-terminate", NULL};
    char *path[] = {"PATH=/usr/bin:/bin", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 9);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    REQUIRE(posix_spawnp(&server, "Xvfb", &actions, NULL, words, path) == 0);
    close(ends[1]);
    REQUIRE(read(ends[0], number, sizeof number - 1) > 0);
    number[strcspn(number, "\n")] = '\0';
    snprintf(name, sizeof name, ":%s", number);
    setenv("DISPLAY", name, 1);
    return server;
}

#endif
