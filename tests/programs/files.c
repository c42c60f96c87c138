/*
 * Reads of a pipe and a FIFO that are written late, writes to a full pipe that is drained late, an
 * open of a FIFO that nobody has opened yet.
 *
 * @expect stall cause=blocking-call call=read ms=200 function=by_read calls=2
 * @expect stall cause=blocking-call call=readv ms=200 function=by_readv calls=1
 * @expect stall cause=blocking-call call=write ms=200 function=by_write
 * @expect stall cause=blocking-call call=writev ms=200 function=by_writev
 * @expect stall cause=blocking-call call=open|openat ms=200 function=by_open detail="*fifo*"
 * @expect stall cause=blocking-call call=fgets ms=200 function=by_fgets
 */
#include <sys/stat.h>
#include <sys/uio.h>

#include "support.h"

static int ends[2];
static char path[64];

static NOINLINE void by_read(void)
{
    char byte;
    pthread_t late = thread_begin(write_late, (void *)(intptr_t)ends[1]);
    REQUIRE(read(ends[0], &byte, 1) == 1);
    pthread_join(late, NULL);
}

static NOINLINE void by_readv(void)
{
    char byte;
    struct iovec part = {&byte, 1};
    pthread_t late = thread_begin(write_late, (void *)(intptr_t)ends[1]);
    REQUIRE(readv(ends[0], &part, 1) == 1);
    pthread_join(late, NULL);
}

static void *drain_late(void *nothing)
{
    static char bytes[65536];
    pause_ms(200);
    REQUIRE(read(ends[0], bytes, sizeof bytes) == sizeof bytes);
    return nothing;
}

static void fill(void)
{
    static char bytes[65536];
    fcntl(ends[1], F_SETPIPE_SZ, sizeof bytes);
    REQUIRE(write(ends[1], bytes, sizeof bytes) == sizeof bytes);
}

static NOINLINE void by_write(void)
{
    char byte;
    pthread_t late = thread_begin(drain_late, NULL);
    REQUIRE(write(ends[1], "x", 1) == 1);
    pthread_join(late, NULL);
    REQUIRE(read(ends[0], &byte, 1) == 1);
}

static NOINLINE void by_writev(void)
{
    char byte = 'x';
    struct iovec part = {&byte, 1};
    pthread_t late = thread_begin(drain_late, NULL);
    REQUIRE(writev(ends[1], &part, 1) == 1);
    pthread_join(late, NULL);
    REQUIRE(read(ends[0], &byte, 1) == 1);
}

static void *open_late(void *nothing)
{
    pause_ms(200);
    close(open(path, O_WRONLY));
    return nothing;
}

static NOINLINE void by_open(void)
{
    pthread_t late = thread_begin(open_late, NULL);
    int fifo = open(path, O_RDONLY);
    REQUIRE(fifo >= 0);
    pthread_join(late, NULL);
    close(fifo);
}

static void *write_line_late(void *nothing)
{
    pause_ms(200);
    REQUIRE(write(ends[1], "line\n", 5) == 5);
    return nothing;
}

static NOINLINE void by_fgets(void)
{
    char line[16];
    FILE *file = fdopen(dup(ends[0]), "r");
    pthread_t late = thread_begin(write_line_late, NULL);
    REQUIRE(fgets(line, sizeof line, file) && strcmp(line, "line\n") == 0);
    pthread_join(late, NULL);
    fclose(file);
}

int main(void)
{
    snprintf(path, sizeof path, "fifo.%d", (int)getpid());
    REQUIRE(pipe(ends) == 0 && mkfifo(path, 0600) == 0);
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    by_read();
    loop_turn(&loop, 2);
    by_readv();
    loop_turn(&loop, 2);
    fill();
    by_write();
    loop_turn(&loop, 2);
    fill();
    by_writev();
    loop_turn(&loop, 2);
    by_open();
    loop_turn(&loop, 2);
    by_fgets();
    loop_turn(&loop, 2);
    loop_end(&loop);
    unlink(path);
    puts("done");
    return 0;
}
