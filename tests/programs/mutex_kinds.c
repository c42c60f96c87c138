/*
 * What locking a mutex answers, for each kind and state of it, inside an iteration: the same as
 * without the library, which takes a free one in another way.
 *
 * @expect clean
 */
#include "support.h"

static pthread_mutex_t mutex;

static void make(int kind, int robust, int protocol)
{
    pthread_mutexattr_t attributes;
    REQUIRE(pthread_mutexattr_init(&attributes) == 0);
    REQUIRE(pthread_mutexattr_settype(&attributes, kind) == 0);
    REQUIRE(pthread_mutexattr_setrobust(&attributes, robust) == 0);
    REQUIRE(pthread_mutexattr_setprotocol(&attributes, protocol) == 0);
    REQUIRE(pthread_mutex_init(&mutex, &attributes) == 0);
    pthread_mutexattr_destroy(&attributes);
}

static void *lock_and_end(void *nothing)
{
    pthread_mutex_lock(&mutex);
    return nothing;
}

/* Free, and held by this very thread, where that is no deadlock. */
static void twice(const char *name, int kind, int robust, int protocol)
{
    make(kind, robust, protocol);
    printf("%s: %d", name, pthread_mutex_lock(&mutex));
    if (kind == PTHREAD_MUTEX_ERRORCHECK || kind == PTHREAD_MUTEX_RECURSIVE)
        printf(", again %d", pthread_mutex_lock(&mutex));
    printf(", unlocked %d", pthread_mutex_unlock(&mutex));
    printf(", once more %d, destroyed %d\n", pthread_mutex_unlock(&mutex),
           pthread_mutex_destroy(&mutex));
}

/* Its owner has ended; then it cannot be recovered. */
static void orphaned(void)
{
    make(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);
    pthread_join(thread_begin(lock_and_end, NULL), NULL);
    printf("orphaned: %d", pthread_mutex_lock(&mutex));
    pthread_mutex_unlock(&mutex);
    printf(", not recovered: %d\n", pthread_mutex_lock(&mutex));
}

int main(void)
{
    struct loop loop = loop_begin();
    loop_turn(&loop, 5);
    twice("recursive", PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
    twice("error checking", PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
    twice("recursive, robust", PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);
    twice("error checking, inherits", PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED,
          PTHREAD_PRIO_INHERIT);
    orphaned();
    loop_turn(&loop, 5);
    loop_end(&loop);
    return 0;
}
