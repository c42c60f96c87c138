/* Message queues and semaphores of System V and POSIX, and a terminal's output. Any thread; see
 * wrap.h. */
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <termios.h>

#include "preload/interpose/wrap.h"

SW_WRAP(ssize_t, msgrcv, msgrcv, (int queue, void *to, size_t size, long type, int flags),
        (queue, to, size, type, flags), queue, 0, 0)
SW_WRAP(int, msgsnd, msgsnd, (int queue, const void *from, size_t size, int flags),
        (queue, from, size, flags), queue, 0, 0)
SW_WRAP(int, semtimedop, semtimedop,
        (int set, struct sembuf *operations, size_t count, const struct timespec *timeout),
        (set, operations, count, timeout), set, 0, 0)

SW_WRAP(ssize_t, mq_receive, mq_receive, (mqd_t queue, char *to, size_t size, unsigned int *rank),
        (queue, to, size, rank), queue, 0, 0)
SW_WRAP(ssize_t, mq_timedreceive, mq_timedreceive,
        (mqd_t queue, char *to, size_t size, unsigned int *rank, const struct timespec *limit),
        (queue, to, size, rank, limit), queue, 0, 0)
SW_WRAP(int, mq_send, mq_send, (mqd_t queue, const char *from, size_t size, unsigned int rank),
        (queue, from, size, rank), queue, 0, 0)
SW_WRAP(int, mq_timedsend, mq_timedsend,
        (mqd_t queue, const char *from, size_t size, unsigned int rank,
         const struct timespec *limit),
        (queue, from, size, rank, limit), queue, 0, 0)

SW_WRAP(int, tcdrain, tcdrain, (int fd), (fd), fd, 0, 0)
