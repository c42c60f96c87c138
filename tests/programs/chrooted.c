/*
 * A daemon that shuts itself into a folder before its loop turns, where there is no /proc: it is
 * called by the name that it was started by. Needs root.
 *
 * @args %d
 * @env STALLWATCH_JSON=none
 * @env STALLWATCH_VERBOSE=1
 * @expect no-stalls
 * @text watching \S+chrooted, threshold
 * @text stalled for \S+ ms \(threshold 100 ms\) in chrooted at
 */
#include "support.h"

int main(int count, char **words)
{
    REQUIRE(count == 2);
    if (chroot(words[1]) != 0 || chdir("/") != 0)
        return SKIP;
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    usleep(200000);
    loop_turn(&loop, 1);
    loop_end(&loop);
    puts("done");
    return 0;
}
