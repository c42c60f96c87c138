/*
 * Qt with windows (drawn to memory, no display is needed): a modal dialog that is open for a
 * while is no stall, a slot that blocks while it is open, or paints slowly, is one.
 *
 * @needs: Qt6Widgets -fPIC
 * @run open open
 * @expect clean
 * @run slot slot
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250..400 function=on_event()
 * @run paint paint
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250..400
 * function=Canvas::paintEvent(QPaintEvent*)
 */
#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QPainter>
#include <QTimer>
#include <string>

#include "support.h"

static std::string mode;

static NOINLINE void on_event()
{
    pause_ms(250);
    keep_frame = keep_frame + 1;
}

class Canvas : public QWidget
{
  protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter(this).drawLine(0, 0, 50, 50);
        if (mode == "paint" && ++painted_ == 2)
            pause_ms(250);
    }

  private:
    int painted_ = 0;
};

int main(int count, char **words)
{
    REQUIRE(count == 2);
    mode = words[1];
    qputenv("QT_QPA_PLATFORM", "offscreen");
    qputenv("XDG_RUNTIME_DIR", QDir::currentPath().toUtf8());
    QApplication application(count, words);
    Canvas canvas;
    canvas.resize(200, 100);
    canvas.show();
    QTimer::singleShot(150, [&] {
        QDialog dialog(&canvas);
        QTimer::singleShot(100, [&] {
            if (mode == "slot")
                on_event();
            canvas.update();
        });
        QTimer::singleShot(600, &dialog, &QDialog::accept);
        REQUIRE(dialog.exec() == QDialog::Accepted);
    });
    QTimer ticks;
    ticks.start(20);
    QTimer::singleShot(900, &application, &QApplication::quit);
    application.exec();
    puts("done");
    return 0;
}
