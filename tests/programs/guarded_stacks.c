/*
 * Stacks one behind the other in one mapping, with pages between them that cannot be read and do
 * not show in /proc/self/maps: so glibc 2.42 and newer guard threads' stacks (madvise(2),
 * MADV_GUARD_INSTALL). A thread that computes there is sampled, a loop's and one that a loop waits
 * for, also deep in its stack.
 *
 * @alone: it computes, and another program would take half of its CPU
 *
 * @run loop loop
 * @expect stall cause=cpu call=null ms=190..500 function=on_event main=false
 * @run deep deep
 * @expect stall cause=cpu call=null ms=190..500 function=on_event main=false
 * @run holder holder
 * @expect stall cause=lock call=pthread_mutex_lock ms=250..900 function=wait_for_it
 * holder=mutex:worker holds=compute_with_it
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "support.h"

#define INSTALL_GUARD 102 /* MADV_GUARD_INSTALL */
#define STACK         (512 * 1024)
#define PAGE          4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int ready[2];

static NOINLINE void deeper(int frames, void (*what)(void))
{
    volatile char room[8 * 1024];
    room[0] = 1;
    if (frames > 0)
        deeper(frames - 1, what);
    else
        what();
    keep_frame += room[0];
}

static void compute(void)
{
    burn(200);
}

static NOINLINE void on_event(void)
{
    compute();
    keep_frame++;
}

static NOINLINE void on_deep_event(void)
{
    deeper(40, on_event);
    keep_frame++;
}

static void *run_loop(void *on_event_of)
{
    loop_run(on_event_of == NULL ? on_event : on_deep_event);
    return NULL;
}

static NOINLINE void compute_with_it(void)
{
    burn(300);
    keep_frame++;
}

static void *hold(void *nothing)
{
    prctl(PR_SET_NAME, "worker");
    pthread_mutex_lock(&lock);
    REQUIRE(write(ready[1], "x", 1) == 1);
    compute_with_it();
    pthread_mutex_unlock(&lock);
    return nothing;
}

/* A thread on the middle one of three stacks. */
static pthread_t start(void *(*run)(void *), void *argument)
{
    pthread_attr_t attributes;
    pthread_t thread;
    char *stacks =
        mmap(NULL, 3 * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(stacks != MAP_FAILED);
    for (int i = 0; i < 3; i++)
        if (madvise(stacks + i * STACK, PAGE, INSTALL_GUARD) != 0)
            exit(77); /* a kernel before 6.13 */
    REQUIRE(pthread_attr_init(&attributes) == 0);
    REQUIRE(pthread_attr_setstack(&attributes, stacks + STACK + PAGE, STACK - PAGE) == 0);
    REQUIRE(pthread_create(&thread, &attributes, run, argument) == 0);
    return thread;
}

static NOINLINE void wait_for_it(void)
{
    char byte;
    pthread_t worker = start(hold, NULL);
    REQUIRE(read(ready[0], &byte, 1) == 1);
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    pthread_join(worker, NULL);
    keep_frame++;
}

int main(int count, char **words)
{
    REQUIRE(count == 2 && pipe(ready) == 0);
    if (strcmp(words[1], "holder") == 0)
        loop_run(wait_for_it);
    else
        pthread_join(start(run_loop, strcmp(words[1], "deep") == 0 ? words : NULL), NULL);
    puts("done");
    return 0;
}
