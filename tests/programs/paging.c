/*
 * A callback that touches a mapped file which is not in memory: each page is a major fault, and
 * what the disk takes is nobody's call. Skipped where the file's pages do not leave memory, or
 * where the disk brings them back too fast to make a stall.
 *
 * @alone: it measures a disk
 * @env STALLWATCH_THRESHOLD_MS=20
 * @expect stall cause=paging counted=false ms=20..30000 times=1 function=touch_pages call=null
 * @text cause: paging: ([0-9]+ major faults?, )?waited for memory to be read in for
 */
#include <sys/mman.h>

#include "support.h"

#define PAGE   4096
#define SIZE   (256u << 20)
#define STRIDE (256u << 10)
#define WANTED 40 /* ms */

static const char *pages;
static volatile unsigned sum;

static void make_file(int fd)
{
    static char block[1 << 20];
    for (unsigned i = 0; i < sizeof block; i++)
        block[i] = (char)(i * 7 + 1);
    for (unsigned done = 0; done < SIZE; done += sizeof block)
        REQUIRE(write(fd, block, sizeof block) == sizeof block);
    REQUIRE(fsync(fd) == 0);
}

/* Maps the file, none of which is in memory then. */
static void map_file(int fd)
{
    if (pages != NULL)
        munmap((void *)pages, SIZE);
    REQUIRE(posix_fadvise(fd, 0, SIZE, POSIX_FADV_DONTNEED) == 0);
    pages = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
    REQUIRE(pages != MAP_FAILED);
}

/* Touches pages for `ms` at most; returns how long it took. */
static NOINLINE unsigned touch_pages(unsigned ms)
{
    uint64_t began = now_ns(CLOCK_MONOTONIC), now = began;
    for (unsigned at = 0; at < SIZE && now - began < ms * UINT64_C(1000000); at += STRIDE) {
        sum += (unsigned char)pages[at];
        now = now_ns(CLOCK_MONOTONIC);
    }
    keep_frame++;
    return (unsigned)((now - began) / 1000000);
}

int main(void)
{
    char name[] =
        "paging.XXXXXX"; /* where the test runs, which is more likely a disk than /tmp is */
    int fd = mkstemp(name);
    REQUIRE(fd >= 0 && unlink(name) == 0);
    make_file(fd);
    map_file(fd);
    uint64_t busy = now_ns(CLOCK_THREAD_CPUTIME_ID);
    unsigned took = touch_pages(400);
    busy = (now_ns(CLOCK_THREAD_CPUTIME_ID) - busy) / 1000000;
    if (took < WANTED || busy * 4 > took)
        return SKIP;
    map_file(fd);
    struct loop loop = loop_begin();
    loop_turn(&loop, 5);
    touch_pages(400);
    loop_turn(&loop, 5);
    loop_end(&loop);
    puts("done");
    return 0;
}
