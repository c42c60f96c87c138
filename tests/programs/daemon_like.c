/*
 * A program that closes every descriptor, standard error too, as daemons do, and stalls later,
 * twice: the JSON file gets both all the same, and no descriptor is left behind that the program
 * did not open.
 *
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event times=2
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

static int count_open(void)
{
    int open_count = 0;
    for (int fd = 2; fd < 1024; fd++)
        open_count += fcntl(fd, F_GETFD) >= 0;
    return open_count;
}

int main(void)
{
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    on_event();
    loop_turn(&loop, 4);
    for (int fd = 2; fd < 1024; fd++)
        close(fd);
    printf("open at first: %d\n", count_open());
    struct loop second = loop_begin();
    loop_turn(&second, 5);
    on_event();
    loop_turn(&second, 5);
    printf("open at last: %d\n", count_open());
    loop_end(&second);
    return 0;
}
