/*
 * Qt: a callback that runs the loop again: a local QEventLoop, processEvents between the parts of
 * a long computation. The loop turns, so nothing stalls; what blocks in between does.
 *
 * @needs: Qt6Core -fPIC
 * @run glib-exec glib exec
 * @expect clean
 * @run own-exec own exec
 * @expect clean
 * @run glib-parts glib parts
 * @alone: it computes, and another program would take half of its CPU
 * @expect clean
 * @run own-parts own parts
 * @alone: it computes, and another program would take half of its CPU
 * @expect clean
 * @run glib-after glib after
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200..300 function=on_event() wait=poll
 * @run own-after own after
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200..300 function=on_event() wait=ppoll
 * @run glib-inside glib inside
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200..300 function=on_event() wait=poll
 * @run own-inside own inside
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200..300 function=on_event() wait=ppoll
 */
#include <QCoreApplication>
#include <QEventLoop>
#include <QTimer>
#include <string>

#include "support.h"

static std::string mode;

static NOINLINE void on_event()
{
    pause_ms(200);
    keep_frame = keep_frame + 1;
}

static NOINLINE void run_dialog()
{
    QEventLoop dialog;
    QTimer::singleShot(400, &dialog, &QEventLoop::quit);
    if (mode == "inside")
        QTimer::singleShot(100, &dialog, on_event);
    dialog.exec();
    if (mode == "after")
        on_event();
    keep_frame = keep_frame + 1;
}

static NOINLINE void compute_in_parts()
{
    for (int part = 0; part < 20; part++) {
        burn(15);
        QCoreApplication::processEvents();
    }
    keep_frame = keep_frame + 1;
}

int main(int count, char **words)
{
    REQUIRE(count == 3);
    mode = words[2];
    if (strcmp(words[1], "own") == 0)
        qputenv("QT_NO_GLIB", "1");
    else
        qunsetenv("QT_NO_GLIB");
    QCoreApplication application(count, words);
    QTimer timer;
    int ticks = 0;
    QObject::connect(&timer, &QTimer::timeout, [&] {
        if (++ticks == 5 && mode == "parts")
            compute_in_parts();
        else if (ticks == 5)
            run_dialog();
        if (ticks >= 35 || (mode == "parts" && ticks >= 15))
            application.quit();
    });
    timer.start(20);
    application.exec();
    puts("done");
    return 0;
}
