/*
 * The main thread ends by pthread_exit, before there is a loop; another thread goes on with one.
 * Its stalls have stacks and details, though the process's own /proc folder tells of no memory any
 * more, and the process ends when that thread does.
 *
 * @alone: it computes, and another program would take half of its CPU
 *
 * @run serves serves
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event main=false detail="200 ms"
 * @expect stall cause=blocking-call call=read ms=200 function=by_read main=false
 * @expect stall cause=cpu call=null ms=190..500 function=burn main=false
 *
 * It confines itself meanwhile, and is let alone: then nobody else counts for its end either.
 * @run confined confined
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event main=false
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/prctl.h>

#include "support.h"

static bool confines;

static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

static NOINLINE void by_read(void)
{
    int ends[2];
    char byte;
    REQUIRE(pipe(ends) == 0);
    pthread_t writer = thread_begin(write_late, (void *)(intptr_t)ends[1]);
    REQUIRE(read(ends[0], &byte, 1) == 1);
    pthread_join(writer, NULL);
    keep_frame++;
}

static NOINLINE void by_cpu(void)
{
    burn(200);
    keep_frame++;
}

/* By a filter that allows everything. */
static void confine(void)
{
    struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {1, &all};
    REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0);
}

static void *serve(void *nothing)
{
    pause_ms(100); /* until the main thread is gone */
    struct loop loop = loop_begin();
    loop_turn(&loop, 5);
    on_event();
    loop_turn(&loop, 5);
    if (confines)
        confine();
    by_read();
    loop_turn(&loop, 5);
    by_cpu();
    loop_turn(&loop, 5);
    loop_end(&loop);
    puts("done");
    return nothing;
}

int main(int count, char **words)
{
    confines = count > 1 && strcmp(words[1], "confined") == 0;
    thread_begin(serve, NULL);
    pthread_exit(NULL);
}
