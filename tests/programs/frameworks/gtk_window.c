/*
 * GTK on an X server of its own: a handler of a button, a timer, a drawing function that blocks; a
 * modal dialog, work in a thread, and what comes after gtk_main.
 *
 * @needs: gtk+-3.0 command:Xvfb
 * @run timer timer
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=poll calls=1
 * main=true
 * @run button button
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_clicked wait=poll
 * @run draw draw
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300..420 function=on_draw wait=poll
 * @run dialog-stall dialog-stall
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=poll
 * @run idle idle
 * @expect clean
 * @run dialog dialog
 * @expect clean
 * @run thread thread
 * @expect clean
 * @run display display
 * @expect stall cause=nested-wait call=poll ms=280..420 function=ask_display wait=poll
 * @run after after
 * @expect clean
 */
#include <gtk/gtk.h>

#include "xserver.h"

static const char *mode;
static pid_t server;
static GtkWidget *window, *button, *dialog;
static int ticks;
static bool draws_slowly;

static bool is_mode(const char *name)
{
    return strcmp(mode, name) == 0;
}

static NOINLINE void on_event(void)
{
    pause_ms(300);
    keep_frame++;
}

static NOINLINE void on_clicked(GtkButton *from UNUSED, gpointer nothing UNUSED)
{
    on_event();
    keep_frame++;
}

static NOINLINE gboolean on_draw(GtkWidget *widget UNUSED, cairo_t *on UNUSED,
                                 gpointer nothing UNUSED)
{
    if (draws_slowly)
        on_event();
    draws_slowly = false;
    keep_frame++;
    return FALSE;
}

static void work(GTask *task, gpointer source UNUSED, gpointer data UNUSED,
                 GCancellable *never UNUSED)
{
    on_event();
    g_task_return_int(task, 1);
}

static void *let_go_on(void *nothing UNUSED)
{
    pause_ms(300);
    kill(server, SIGCONT);
    return NULL;
}

/* An answer of an X server that is busy: here it stands still. */
static NOINLINE void ask_display(void)
{
    kill(server, SIGSTOP);
    pthread_t thread = thread_begin(let_go_on, NULL);
    gdk_display_sync(gdk_display_get_default());
    pthread_join(thread, NULL);
    keep_frame++;
}

/* Of its own, since a source is not dispatched while it is being dispatched. */
static gboolean on_dialog_tick(gpointer nothing UNUSED)
{
    ticks++;
    if (ticks == 15 && is_mode("dialog-stall"))
        on_event();
    if (ticks < 25)
        return G_SOURCE_CONTINUE;
    gtk_dialog_response(GTK_DIALOG(dialog), GTK_RESPONSE_OK);
    return G_SOURCE_REMOVE;
}

static NOINLINE void run_dialog(void)
{
    dialog = gtk_message_dialog_new(GTK_WINDOW(window), GTK_DIALOG_MODAL, GTK_MESSAGE_INFO,
                                    GTK_BUTTONS_OK, "a question");
    g_timeout_add(20, on_dialog_tick, NULL);
    REQUIRE(gtk_dialog_run(GTK_DIALOG(dialog)) == GTK_RESPONSE_OK);
    gtk_widget_destroy(dialog);
    keep_frame++;
}

static void act(void)
{
    if (is_mode("timer")) {
        on_event();
    } else if (is_mode("button")) {
        gtk_button_clicked(GTK_BUTTON(button));
    } else if (is_mode("draw")) {
        draws_slowly = true;
        gtk_widget_queue_draw(window);
    } else if (is_mode("thread")) {
        GTask *task = g_task_new(NULL, NULL, NULL, NULL);
        g_task_run_in_thread(task, work);
        g_object_unref(task);
    } else if (strncmp(mode, "dialog", 6) == 0) {
        run_dialog();
    } else if (is_mode("display")) {
        ask_display();
    }
}

static gboolean on_tick(gpointer nothing UNUSED)
{
    ticks++;
    if (ticks == 10)
        act();
    if (ticks == 35)
        gtk_main_quit();
    return G_SOURCE_CONTINUE;
}

int main(int count, char **words)
{
    REQUIRE(count == 2);
    mode = words[1];
    server = xserver_begin();
    setenv("NO_AT_BRIDGE", "1", 1); /* no accessibility bus */
    setenv("GSETTINGS_BACKEND", "memory", 1);
    gtk_init(NULL, NULL);
    window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
    button = gtk_button_new_with_label("a button");
    gtk_container_add(GTK_CONTAINER(window), button);
    g_signal_connect(button, "clicked", G_CALLBACK(on_clicked), NULL);
    g_signal_connect(window, "draw", G_CALLBACK(on_draw), NULL);
    gtk_widget_show_all(window);
    g_timeout_add(20, on_tick, NULL);
    gtk_main();
    if (is_mode("after"))
        on_event();
    puts("done");
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    return 0;
}
