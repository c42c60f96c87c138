/*
 * Qt's event loop, with GLib's dispatcher (Debian's default) and with Qt's own (QT_NO_GLIB): a
 * timer, a notifier of a descriptor, a queued call; and threads that may block.
 *
 * @needs: Qt6Core -fPIC
 * @run glib-timer glib timer
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event() wait=poll
 * calls=1
 * @run glib-notifier glib notifier
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event() wait=poll
 * calls=1
 * @run glib-queued glib queued
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event() wait=poll
 * calls=1
 * @run own-timer own timer
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event() wait=ppoll
 * calls=1
 * @run own-notifier own notifier
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event() wait=ppoll
 * calls=1
 * @run own-queued own queued
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event() wait=ppoll
 * calls=1
 * @run pool glib pool
 * @expect clean
 * @run own-pool own pool
 * @expect clean
 * @run after glib after
 * @expect clean
 * @run own-after own after
 * @expect clean
 * @run waits own waits
 * @expect stall cause=lock
 * call=futex|pthread_cond_wait|pthread_cond_timedwait|pthread_cond_clockwait ms=200..330
 * function=wait_for_pool()
 */
#include <QCoreApplication>
#include <QSemaphore>
#include <QSocketNotifier>
#include <QThreadPool>
#include <QTimer>
#include <string>

#include "support.h"

static std::string place;

static NOINLINE void on_event()
{
    pause_ms(300);
    keep_frame = keep_frame + 1;
}

static NOINLINE void clean_up()
{
    pause_ms(300);
    burn(150);
    keep_frame = keep_frame + 1;
}

static NOINLINE void wait_for_pool()
{
    QSemaphore finished;
    QThreadPool::globalInstance()->start([&] {
        pause_ms(220);
        finished.release();
    });
    finished.acquire();
    keep_frame = keep_frame + 1;
}

static void begin_event(int fd)
{
    if (place == "timer")
        on_event();
    else if (place == "notifier")
        REQUIRE(write(fd, "x", 1) == 1);
    else if (place == "queued")
        qApp->setObjectName("queued");
    else if (place == "pool")
        QThreadPool::globalInstance()->start([] { pause_ms(250); });
    else if (place == "waits")
        wait_for_pool();
}

int main(int count, char **words)
{
    int channel[2];
    REQUIRE(count == 3 && pipe(channel) == 0);
    place = words[2];
    if (strcmp(words[1], "own") == 0)
        qputenv("QT_NO_GLIB", "1");
    else
        qunsetenv("QT_NO_GLIB");
    QCoreApplication application(count, words);
    QObject::connect(
        &application, &QObject::objectNameChanged, &application, [] { on_event(); },
        Qt::QueuedConnection);
    QSocketNotifier notifier(channel[0], QSocketNotifier::Read);
    QObject::connect(&notifier, &QSocketNotifier::activated, [&] {
        char byte;
        REQUIRE(read(channel[0], &byte, 1) == 1);
        on_event();
    });
    QTimer timer;
    int ticks = 0;
    QObject::connect(&timer, &QTimer::timeout, [&] {
        if (++ticks == 5)
            begin_event(channel[1]);
        if (ticks == 20)
            application.quit();
    });
    timer.start(20);
    application.exec();
    if (place == "after")
        clean_up();
    puts("done");
    return 0;
}
