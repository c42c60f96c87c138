/*
 * Qt: an event loop in each of three QThreads; the one that stalls is named by its object's name,
 * which Qt gives to the thread. The main thread's loop waits for them.
 *
 * @needs: Qt6Core -fPIC
 * @run stall own stall
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=on_event() thread=part-1
 * main=false wait=ppoll
 * @run silent own silent
 * @expect clean
 * @run glib-stall glib stall
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=on_event() thread=part-1
 * main=false wait=poll
 * @run glib-silent glib silent
 * @expect clean
 */
#include <QCoreApplication>
#include <QThread>
#include <QTimer>
#include <memory>
#include <vector>

#include "support.h"

static NOINLINE void on_event()
{
    pause_ms(250);
    keep_frame = keep_frame + 1;
}

int main(int count, char **words)
{
    REQUIRE(count == 3);
    bool stalls = strcmp(words[2], "stall") == 0;
    if (strcmp(words[1], "own") == 0)
        qputenv("QT_NO_GLIB", "1");
    else
        qunsetenv("QT_NO_GLIB");
    QCoreApplication application(count, words);
    std::vector<std::unique_ptr<QThread>> threads;
    int running = 3;
    for (int number = 0; number < 3; number++) {
        auto thread = std::make_unique<QThread>();
        thread->setObjectName(QString("part-%1").arg(number));
        auto *timer = new QTimer;
        timer->moveToThread(thread.get());
        auto ticks = std::make_shared<int>(0);
        QObject::connect(thread.get(), &QThread::started, timer, [=] { timer->start(20); });
        QObject::connect(thread.get(), &QThread::finished, timer, &QObject::deleteLater);
        QObject::connect(timer, &QTimer::timeout, timer, [=] {
            if (++*ticks == 8 && number == 1 && stalls)
                on_event();
            if (*ticks == 20)
                QThread::currentThread()->quit();
        });
        QObject::connect(thread.get(), &QThread::finished, &application, [&] {
            if (--running == 0)
                application.quit();
        });
        threads.push_back(std::move(thread));
    }
    for (auto &thread : threads)
        thread->start();
    application.exec();
    for (auto &thread : threads)
        thread->wait();
    puts("done");
    return 0;
}
