/*
 * A loop on Xlib that polls its connection beside a timer. XSync in a callback waits for an answer
 * on that connection: it holds the loop. While the program has no timer it sleeps in XNextEvent,
 * which polls the connection alone: that is the loop, idle, not a call in it.
 *
 * @needs: x11 command:Xvfb
 * @run sync sync
 * @expect stall cause=nested-wait call=poll ms=200..320 function=on_event wait=poll main=true
 * @run idle idle
 * @expect clean
 */
#include <X11/Xlib.h>

#include "xserver.h"

#define TURNS 6

static pid_t server;
static Display *display;
static Window window;
static volatile bool over;

static void *let_go_on(void *nothing UNUSED)
{
    pause_ms(200);
    kill(server, SIGCONT);
    return NULL;
}

/* An answer of an X server that is busy: here it stands still. */
static NOINLINE void on_event(void)
{
    kill(server, SIGSTOP);
    pthread_t thread = thread_begin(let_go_on, NULL);
    XSync(display, False);
    pthread_join(thread, NULL);
    keep_frame++;
}

/* Another client, which sends an event now and then. */
static void *send_events(void *nothing UNUSED)
{
    Display *own = XOpenDisplay(NULL);
    XEvent event = {.xclient = {.type = ClientMessage, .window = window, .format = 32}};
    while (!over) {
        pause_ms(150);
        XSendEvent(own, window, False, 0, &event);
        XSync(own, False);
    }
    XCloseDisplay(own);
    return NULL;
}

int main(int count, char **words)
{
    REQUIRE(count == 2);
    XEvent event;
    bool idle = strcmp(words[1], "idle") == 0;
    server = xserver_begin();
    REQUIRE(XInitThreads() != 0);
    display = XOpenDisplay(NULL);
    REQUIRE(display != NULL);
    window = XCreateSimpleWindow(display, DefaultRootWindow(display), 0, 0, 9, 9, 0, 0, 0);
    XSync(display, False);
    struct loop loop = loop_begin();
    struct pollfd set[2] = {{.fd = loop.timer, .events = POLLIN},
                            {.fd = ConnectionNumber(display), .events = POLLIN}};
    pthread_t sender = idle ? thread_begin(send_events, NULL) : 0;
    for (int turn = 0, timed = TURNS; turn < 2 * TURNS; turn++) {
        if (!idle || timed-- > 0) {
            REQUIRE(poll(set, 2, -1) >= 1);
            if (set[0].revents != 0)
                loop_took(&loop);
            if (turn == TURNS && !idle)
                on_event();
        } else {
            XNextEvent(display, &event);
        }
        while (XPending(display) > 0)
            XNextEvent(display, &event);
    }
    over = true;
    if (idle)
        pthread_join(sender, NULL);
    loop_end(&loop);
    XCloseDisplay(display);
    puts("done");
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    return 0;
}
