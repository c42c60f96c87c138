/*
 * A name server that does not answer: in a mount namespace of its own the program has a resolv.conf
 * that names a socket on loopback, which nobody reads. Needs root.
 *
 * @env STALLWATCH_ONGOING_MS=10000
 * @expect stall cause=blocking-call call=getaddrinfo detail="db.internal:5432" ms=900..2600
 * function=on_event calls=1
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mount.h>

#include "support.h"

static int lay_over(const char *path, const char *content)
{
    char own[] = "resolver.XXXXXX";
    int file = mkstemp(own);
    REQUIRE(file >= 0 && write(file, content, strlen(content)) == (ssize_t)strlen(content));
    close(file);
    int result = mount(own, path, NULL, MS_BIND, NULL);
    unlink(own);
    return result;
}

static NOINLINE void on_event(void)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
    REQUIRE(getaddrinfo("db.internal", "5432", &hints, &found) != 0);
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53)};
    int silent = socket(AF_INET, SOCK_DGRAM, 0);
    inet_pton(AF_INET, "127.77.0.1", &address.sin_addr);
    if (bind(silent, (struct sockaddr *)&address, sizeof address) != 0 || unshare(CLONE_NEWNS) != 0)
        return SKIP;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        lay_over("/etc/resolv.conf", "nameserver 127.77.0.1\noptions timeout:1 attempts:1\n") !=
            0 ||
        lay_over("/etc/nsswitch.conf", "hosts: files dns\n") != 0)
        return SKIP;
    loop_run(on_event);
    puts("done");
    return 0;
}
