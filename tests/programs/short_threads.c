/*
 * Many threads that run a loop for a moment and end, thirty at a time: records are taken and given
 * back.
 *
 * @expect clean
 */
#include "support.h"

static void *run(void *nothing)
{
    struct loop loop = loop_begin();
    loop_turn(&loop, 3);
    loop_end(&loop);
    return nothing;
}

int main(void)
{
    for (int round = 0; round < 8; round++) {
        pthread_t threads[30];
        for (int i = 0; i < 30; i++)
            threads[i] = thread_begin(run, NULL);
        for (int i = 0; i < 30; i++)
            pthread_join(threads[i], NULL);
    }
    puts("done");
    return 0;
}
