/*
 * A program that puts a file of its own in standard error's place: what it wrote there is all that
 * is in it.
 *
 * @expect stall cause=blocking-call call=usleep ms=150 function=on_event
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    usleep(150000);
    keep_frame++;
}

int main(void)
{
    FILE *own = tmpfile();
    REQUIRE(own && dup2(fileno(own), 2) == 2);
    REQUIRE(write(2, "mine\n", 5) == 5);
    loop_run(on_event);
    REQUIRE(write(2, "mine\n", 5) == 5);
    char content[4096];
    ssize_t length = pread(2, content, sizeof content, 0);
    printf("%zd bytes: %.*s", length, (int)length, content);
    return 0;
}
