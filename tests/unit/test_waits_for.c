/* src/preload/watch/holder/waits_for.c and deadlock.c: owners of real locks, circles of real
 * threads, and memory that is gone or lies. */
#include "preload/watch/holder/waits_for.h"

#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/kernel.h"
#include "notes_fixture.h"
#include "preload/libc/threads.h"
#include "preload/stack/memory.h"
#include "preload/watch/holder/deadlock.h"
#include "preload/watch/holder/other_end.h"

static sem_t reached, go_on;
static pthread_mutex_t locks[3];
static pthread_t threads[3];
static int tids[3];

static void setup(void)
{
    begin_process();
    sw_memory_forget();
    sem_init(&reached, 0, 0);
    sem_init(&go_on, 0, 0);
    for (int i = 0; i < 3; i++)
        pthread_mutex_init(&locks[i], NULL);
}

static struct sw_syscall_view futex_view(const void *word, int operation, uint64_t value)
{
    return (struct sw_syscall_view){.known = true,
                                    .number = SYS_futex,
                                    .argument = {(uintptr_t)word, (uint64_t)operation, value}};
}

static struct sw_waits_for ask(const char *call, const void *first, const void *second,
                               struct sw_syscall_view view)
{
    uint64_t argument[3] = {(uintptr_t)first, (uintptr_t)second, 0};
    struct sw_waits_for answer;
    sw_memory_forget();
    sw_waits_for(call, argument, &view, &answer);
    return answer;
}

static struct sw_waits_for wait_for_lock(const char *call, const void *lock)
{
    return ask(call, lock, NULL, futex_view(lock, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 2));
}

/* Every kind of mutex keeps its owner where we look for it. */
START_TEST(owner_of_each_kind)
{
    static const int kinds[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ERRORCHECK,
                                PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ADAPTIVE_NP};
    for (unsigned i = 0; i < 8; i++) {
        pthread_mutex_t mutex;
        pthread_mutexattr_t attributes;
        bool shared;
        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_settype(&attributes, kinds[i % 4]);
        pthread_mutexattr_setpshared(&attributes, i >= 4);
        pthread_mutexattr_setrobust(&attributes, i >= 4);
        pthread_mutex_init(&mutex, &attributes);
        pthread_mutex_lock(&mutex);
        sw_memory_forget();
        ck_assert_int_eq(sw_waits_for_mutex_owner((uintptr_t)&mutex, &shared), sw_kernel_gettid());
        ck_assert_int_eq(shared, i >= 4);
        pthread_mutex_unlock(&mutex);
        sw_memory_forget();
        ck_assert_int_eq(sw_waits_for_mutex_owner((uintptr_t)&mutex, &shared), 0);
    }
}
END_TEST

START_TEST(with_priority_inheritance)
{
    pthread_mutex_t mutex;
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&mutex, &attributes);
    pthread_mutex_lock(&mutex);
    struct sw_waits_for answer = ask("pthread_mutex_lock", &mutex, NULL,
                                     futex_view(&mutex, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0));
    ck_assert_int_eq(answer.kind, SW_WAITS_FOR_MUTEX);
    ck_assert_int_eq(answer.tid, sw_kernel_gettid());
}
END_TEST

START_TEST(writer_of_a_rwlock)
{
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    bool shared;
    pthread_rwlock_rdlock(&lock);
    ck_assert_int_eq(sw_waits_for_rwlock_writer((uintptr_t)&lock, &shared), 0);
    pthread_rwlock_unlock(&lock);
    pthread_rwlock_wrlock(&lock);
    sw_memory_forget();
    ck_assert_int_eq(sw_waits_for_rwlock_writer((uintptr_t)&lock, &shared), sw_kernel_gettid());
    struct sw_syscall_view view =
        futex_view((char *)&lock + 8, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 3);
    ck_assert_int_eq(ask("pthread_rwlock_rdlock", &lock, NULL, view).kind, SW_WAITS_FOR_RWLOCK);
    ck_assert_int_eq(ask("pthread_rwlock_rdlock", &lock, NULL, view).tid, sw_kernel_gettid());
    ck_assert_int_eq(ask(NULL, NULL, NULL, view).tid, sw_kernel_gettid());
}
END_TEST

START_TEST(what_each_call_waits_for)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, other = PTHREAD_MUTEX_INITIALIZER;
    uint32_t word = (uint32_t)getppid();
    pthread_mutex_lock(&mutex);
    pthread_mutex_lock(&other);
    ck_assert_int_eq(wait_for_lock("pthread_mutex_timedlock", &mutex).tid, sw_kernel_gettid());
    ck_assert_int_eq(wait_for_lock("mtx_lock", &mutex).tid, sw_kernel_gettid());
    ck_assert_int_eq(wait_for_lock(NULL, &mutex).tid, sw_kernel_gettid());
    ck_assert_int_eq(wait_for_lock("sem_wait", &mutex).kind, SW_WAITS_FOR_NOTHING);
    ck_assert_int_eq(wait_for_lock("pthread_barrier_wait", &mutex).kind, SW_WAITS_FOR_NOTHING);
    /* A futex of libc's own inside the call is not the lock. */
    struct sw_syscall_view view = futex_view(&other, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 2);
    ck_assert_int_eq(ask("pthread_mutex_lock", &mutex, NULL, view).kind, SW_WAITS_FOR_NOTHING);
    ck_assert_int_eq(ask("pthread_cond_wait", &mutex, &other, view).tid, sw_kernel_gettid());
    ck_assert_int_eq(ask("pthread_cond_wait", &other, &mutex, view).kind, SW_WAITS_FOR_NOTHING);
    view = futex_view(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, word);
    ck_assert_int_eq(ask("pthread_join", NULL, NULL, view).kind, SW_WAITS_FOR_THREAD);
    ck_assert_int_eq(ask("pthread_join", NULL, NULL, view).tid, (int)word);
    view.argument[2]++;
    ck_assert_int_eq(ask("pthread_join", NULL, NULL, view).kind, SW_WAITS_FOR_NOTHING);
}
END_TEST

/* Newer ones wait for a state of the thread's, whose value is no number of one. */
START_TEST(joined_by_state)
{
    uint32_t thread[2048] = {0};
    sw_threads_find_number();
    uint32_t offset = sw_threads_number_offset();
    ck_assert_uint_gt(offset, 0);
    thread[offset / 4] = 4711;
    thread[offset / 4 + 6] = 2;
    struct sw_syscall_view view = futex_view(&thread[offset / 4 + 6], FUTEX_WAIT_BITSET, 2);
    ck_assert_int_eq(ask("pthread_join", thread, NULL, view).kind, SW_WAITS_FOR_THREAD);
    ck_assert_int_eq(ask("pthread_join", thread, NULL, view).tid, 4711);
    thread[offset / 4] = 0; /* it has just ended */
    ck_assert_int_eq(ask("pthread_join", thread, NULL, view).kind, SW_WAITS_FOR_NOTHING);
}
END_TEST

START_TEST(processes_and_descriptors)
{
    struct sw_syscall_view view = {.known = true, .number = SYS_wait4, .argument = {77}};
    struct pollfd one[2] = {{9, POLLIN, 0}, {10, POLLIN, 0}};
    ck_assert_int_eq(ask("waitpid", NULL, NULL, view).kind, SW_WAITS_FOR_PROCESS);
    ck_assert_int_eq(ask("waitpid", NULL, NULL, view).tid, 77);
    view.argument[0] = UINT32_MAX; /* the kernel shows an int's -1 so, or with all bits */
    ck_assert_int_eq(ask("waitpid", NULL, NULL, view).kind, SW_WAITS_FOR_CHILDREN);
    view.number = SYS_waitid;
    view.argument[0] = P_PID;
    view.argument[1] = 78;
    ck_assert_int_eq(ask("waitid", NULL, NULL, view).tid, 78);
    view.number = SYS_recvfrom;
    view.argument[0] = 5;
    ck_assert_int_eq(ask("recv", NULL, NULL, view).fd, 5);
    view.number = SYS_poll;
    view.argument[0] = (uintptr_t)one;
    view.argument[1] = 1;
    ck_assert_int_eq(ask("poll", NULL, NULL, view).kind, SW_WAITS_FOR_DESCRIPTOR);
    ck_assert_int_eq(ask("poll", NULL, NULL, view).fd, 9);
    view.argument[1] = 2;
    ck_assert_int_eq(ask("poll", NULL, NULL, view).kind, SW_WAITS_FOR_NOTHING);
    view.argument[1] = 1;
    view.argument[0] = 8;
    ck_assert_int_eq(ask("poll", NULL, NULL, view).kind, SW_WAITS_FOR_NOTHING);
    view.running = true;
    ck_assert_int_eq(ask("poll", NULL, NULL, view).kind, SW_WAITS_FOR_NOTHING);
}
END_TEST

/* Of a loop within the loop: the child that was made in the same iteration, unless its set has what
 * no child is waited for with. */
START_TEST(child_that_a_loop_inside_waits_for)
{
    const uint64_t second = UINT64_C(1000000000);
    struct sw_syscall_view view = {.known = true, .number = SYS_epoll_pwait};
    struct epoll_event event = {.events = EPOLLIN};
    int ends[2], tid = (int)getpid(), epoll = epoll_create1(EPOLL_CLOEXEC);
    int internet = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    ck_assert_int_eq(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event), 0);
    view.argument[0] = (uint64_t)epoll;
    ck_assert_int_eq(ask("epoll_pwait", NULL, NULL, view).kind, SW_WAITS_FOR_EVENTS);
    ck_assert_int_eq(ask("epoll_pwait", NULL, NULL, view).fd, epoll);
    ck_assert_int_eq(sw_other_end_young_child(tid, epoll, second), 0);
    pid_t older = fork(), child = older == 0 ? 0 : fork();
    if (older == 0 || child == 0)
        pause();
    ck_assert_int_eq(sw_other_end_young_child(tid, epoll, second), child);
    ck_assert_int_eq(sw_other_end_young_child(tid, ends[0], second), 0);
    usleep(60000);
    ck_assert_int_eq(sw_other_end_young_child(tid, epoll, second / 50), 0);
    ck_assert_int_eq(epoll_ctl(epoll, EPOLL_CTL_ADD, internet, &event), 0);
    ck_assert_int_eq(sw_other_end_young_child(tid, epoll, second), 0);
    kill(older, SIGKILL);
    kill(child, SIGKILL);
    waitpid(older, NULL, 0);
    waitpid(child, NULL, 0);
}
END_TEST

/* Where /proc does not say what the thread does, the wrapper's note does. */
START_TEST(without_proc)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
    struct sw_syscall_view nothing = {.known = false};
    ck_assert_int_eq(ask("pthread_mutex_lock", &mutex, NULL, nothing).tid, sw_kernel_gettid());
    ck_assert_int_eq(ask("pthread_join", &mutex, NULL, nothing).tid, 0);
    ck_assert_int_eq(ask(NULL, NULL, NULL, nothing).tid, 0);
}
END_TEST

START_TEST(memory_that_lies_or_is_gone)
{
    bool shared;
    unsigned char bytes[sizeof(pthread_mutex_t)];
    memset(bytes, 0xff, sizeof bytes);
    ck_assert_int_eq(sw_waits_for_mutex_owner((uintptr_t)bytes, &shared), 0);
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    const int lies[] = {0, -1, INT32_MIN, INT32_MAX, 1 << 23};
    for (unsigned i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        mutex.__data.__lock = 2;
        mutex.__data.__owner = lies[i];
        ck_assert_int_eq(wait_for_lock("pthread_mutex_lock", &mutex).tid, 0);
    }
    mutex.__data.__owner = getpid();
    mutex.__data.__kind = 0x7fff0000;
    ck_assert_int_eq(wait_for_lock("pthread_mutex_lock", &mutex).tid, 0);
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(page, MAP_FAILED);
    munmap(page + 4096, 4096);
    ck_assert_int_eq(wait_for_lock("pthread_mutex_lock", page + 4096 - 8).tid, 0);
    ck_assert_int_eq(wait_for_lock("pthread_rwlock_wrlock", page + 4096 - 8).tid, 0);
    ck_assert_int_eq(wait_for_lock(NULL, page + 4096).tid, 0);
    ck_assert_int_eq(wait_for_lock(NULL, (void *)UINTPTR_MAX).tid, 0);
    ck_assert_int_eq(wait_for_lock("pthread_mutex_lock", NULL).tid, 0);
}
END_TEST

/* Thread i takes lock i, and then lock i + 1 of `circle` threads. */
static atomic_int circle;

static void *take_two(void *argument)
{
    int i = (int)(intptr_t)argument;
    char name[16] = "taker 0";
    name[6] = (char)('0' + i);
    prctl(PR_SET_NAME, name);
    tids[i] = sw_kernel_gettid();
    pthread_mutex_lock(&locks[i]);
    sem_post(&reached);
    sem_wait(&go_on);
    pthread_mutex_lock(&locks[(i + 1) % circle]);
    return NULL;
}

static void begin_circle(int count)
{
    circle = count;
    for (int i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, take_two, (void *)(intptr_t)i);
    for (int i = 0; i < count; i++)
        sem_wait(&reached);
    for (int i = 0; i < count; i++)
        sem_post(&go_on);
}

/* Waits until the thread is blocked, and says what for. */
static struct sw_waits_for wait_of(int tid)
{
    struct sw_syscall_view view;
    struct sw_waits_for answer;
    memset(&answer, 0, sizeof answer);
    for (int tries = 0; tries < 1000 && answer.kind != SW_WAITS_FOR_MUTEX; tries++) {
        usleep(10000);
        sw_memory_forget();
        sw_account_syscall(tid, &view);
        sw_waits_for(NULL, NULL, &view, &answer);
    }
    ck_assert_int_eq(answer.kind, SW_WAITS_FOR_MUTEX);
    return answer;
}

static bool tell(int tid, char *buffer, size_t size)
{
    struct sw_text text;
    struct sw_waits_for waits = wait_of(tid);
    sw_text_init(&text, buffer, size);
    sw_memory_forget();
    return sw_deadlock_tell(tid, &waits, &text);
}

START_TEST(circles)
{
    char told[512], expected[512];
    int count = _i;
    begin_circle(count);
    for (int i = 0; i < count; i++)
        wait_of(tids[i]);
    ck_assert(tell(tids[0], told, sizeof told));
    if (count == 1)
        snprintf(expected, sizeof expected,
                 "deadlock: thread %d \"taker 0\" waits for a lock that it holds itself", tids[0]);
    else if (count == 2)
        snprintf(expected, sizeof expected,
                 "deadlock: thread %d \"taker 0\" waits for a mutex held by thread %d \"taker 1\", "
                 "which waits for a mutex held by thread %d",
                 tids[0], tids[1], tids[0]);
    else
        snprintf(expected, sizeof expected,
                 "deadlock: thread %d \"taker 0\" waits for a mutex held by thread %d \"taker 1\", "
                 "which waits for a mutex held by thread %d \"taker 2\", which waits for a mutex "
                 "held by thread %d",
                 tids[0], tids[1], tids[2], tids[0]);
    ck_assert_str_eq(told, expected);
    char little[40]; /* cut, and nothing written beyond */
    tell(tids[0], little, sizeof little);
    ck_assert_uint_lt(strlen(little), sizeof little);
}
END_TEST

/* A way that ends, or that leads into a circle of others. */
START_TEST(no_circle)
{
    char told[512];
    begin_circle(2);
    wait_of(tids[1]);
    int outside = 2;
    circle = 1;
    pthread_create(&threads[outside], NULL, take_two, (void *)(intptr_t)outside); /* wants lock 0 */
    sem_wait(&reached);
    sem_post(&go_on);
    ck_assert(!tell(tids[outside], told, sizeof told));
    ck_assert_str_eq(told, "");
}
END_TEST

START_TEST(held_by_who_goes_on)
{
    char told[512];
    circle = 2;
    pthread_mutex_lock(&locks[1]);
    pthread_create(&threads[0], NULL, take_two, (void *)0);
    sem_wait(&reached);
    sem_post(&go_on);
    ck_assert(!tell(tids[0], told, sizeof told));
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 30);
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, owner_of_each_kind);
    tcase_add_test(all, with_priority_inheritance);
    tcase_add_test(all, writer_of_a_rwlock);
    tcase_add_test(all, what_each_call_waits_for);
    tcase_add_test(all, joined_by_state);
    tcase_add_test(all, processes_and_descriptors);
    tcase_add_test(all, child_that_a_loop_inside_waits_for);
    tcase_add_test(all, without_proc);
    tcase_add_test(all, memory_that_lies_or_is_gone);
    tcase_add_loop_test(all, circles, 1, 4);
    tcase_add_test(all, no_circle);
    tcase_add_test(all, held_by_who_goes_on);
    return run_suite(all, "waits_for");
}
