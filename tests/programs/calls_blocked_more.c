/*
 * More calls that wait for somebody else: an asynchronous read, a stream's lock, characters without
 * a lock and wide ones, a terminal's output, words that run a shell, a tree whose walk sleeps.
 *
 * @expect stall cause=blocking-call call=aio_suspend ms=200 function=by_aio_suspend
 *     detail="pipe fd *"
 * @expect stall cause=blocking-call call=lio_listio ms=200 function=by_lio_listio
 *     detail="pipe fd *"
 * @expect stall cause=lock call=flockfile ms=200 function=by_flockfile detail="pipe fd *"
 * @expect stall cause=blocking-call call=getc_unlocked ms=200 function=by_getc_unlocked
 *     detail="pipe fd *"
 * @expect stall cause=blocking-call call=fgetwc ms=200 function=by_fgetwc detail="pipe fd *"
 * @expect stall cause=blocking-call call=wordexp ms=200..1500 function=by_wordexp
 *     detail="*sleep 0.2*"
 * @expect stall cause=blocking-call call=nftw ms=200 function=by_nftw detail="walked"
 */
#include <aio.h>
#include <ftw.h>
#include <sys/stat.h>
#include <wchar.h>
#include <wordexp.h>

#include "support.h"

static int ends[2];
static FILE *stream;

static NOINLINE void by_aio_suspend(void)
{
    char byte;
    struct aiocb request = {.aio_fildes = ends[0], .aio_buf = &byte, .aio_nbytes = 1};
    const struct aiocb *list[] = {&request};
    pthread_t late = thread_begin(write_late, (void *)(intptr_t)ends[1]);
    REQUIRE(aio_read(&request) == 0 && aio_suspend(list, 1, NULL) == 0);
    REQUIRE(aio_return(&request) == 1);
    pthread_join(late, NULL);
}

static NOINLINE void by_lio_listio(void)
{
    char byte;
    struct aiocb request = {
        .aio_fildes = ends[0], .aio_buf = &byte, .aio_nbytes = 1, .aio_lio_opcode = LIO_READ};
    struct aiocb *list[] = {&request};
    pthread_t late = thread_begin(write_late, (void *)(intptr_t)ends[1]);
    REQUIRE(lio_listio(LIO_WAIT, list, 1, NULL) == 0 && aio_return(&request) == 1);
    pthread_join(late, NULL);
}

static void *hold_stream(void *told)
{
    flockfile(stream);
    REQUIRE(write((int)(intptr_t)told, "x", 1) == 1);
    pause_ms(200);
    funlockfile(stream);
    return NULL;
}

static NOINLINE void by_flockfile(void)
{
    char byte;
    pthread_t holder = thread_begin(hold_stream, (void *)(intptr_t)ends[1]);
    REQUIRE(read(ends[0], &byte, 1) == 1);
    flockfile(stream);
    funlockfile(stream);
    pthread_join(holder, NULL);
}

static NOINLINE void by_getc_unlocked(void)
{
    FILE *own = fdopen(dup(ends[0]), "r");
    pthread_t late = thread_begin(write_late, (void *)(intptr_t)ends[1]);
    REQUIRE(getc_unlocked(own) == 'x');
    pthread_join(late, NULL);
    fclose(own);
}

static NOINLINE void by_fgetwc(void)
{
    FILE *own = fdopen(dup(ends[0]), "r");
    pthread_t late = thread_begin(write_late, (void *)(intptr_t)ends[1]);
    REQUIRE(fgetwc(own) == L'x');
    pthread_join(late, NULL);
    fclose(own);
}

static NOINLINE void by_wordexp(void)
{
    wordexp_t words;
    REQUIRE(wordexp("a$(sleep 0.2)b", &words, 0) == 0 && strcmp(words.we_wordv[0], "ab") == 0);
    wordfree(&words);
}

static int visit(const char *path, const struct stat *state, int what, struct FTW *where)
{
    pause_ms(200);
    return path == NULL || state == NULL || where == NULL || what < 0;
}

static NOINLINE void by_nftw(void)
{
    REQUIRE(nftw("walked", visit, 4, 0) == 0);
    keep_frame++;
}

int main(void)
{
    static void (*const ways[])(void) = {by_aio_suspend,   by_lio_listio, by_flockfile,
                                         by_getc_unlocked, by_fgetwc,     by_wordexp,
                                         by_nftw};
    REQUIRE(pipe(ends) == 0 && mkdir("walked", 0700) == 0);
    stream = fdopen(dup(ends[1]), "w");
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        ways[i]();
        loop_turn(&loop, 2);
    }
    loop_end(&loop);
    rmdir("walked");
    puts("done");
    return 0;
}
