/*
 * A server with a Python in it, as uWSGI and nginx unit have one: libpython is loaded under another
 * name, for nobody else to see (RTLD_LOCAL), and the loop is the program's own. Each event takes
 * the lock with a new thread state, calls Python, and lets go.
 *
 * @args %d
 * @expect stall cause=blocking-call call=clock_nanosleep|select ms=200 function=slow
 * @text #\d+ +slow +<string>:2
 * @text #\d+ +handle +<string>:4
 * @text #\d+ +on_event
 */
#include <dlfcn.h>
#include <glob.h>

#include "support.h"

static void *python;

static void *function(const char *name)
{
    void *address = dlsym(python, name);
    if (address == NULL) {
        puts(name);
        exit(1);
    }
    return address;
}

static void run(const char *source)
{
    int (*simple)(const char *) = (int (*)(const char *))function("PyRun_SimpleString");
    if (simple(source) != 0)
        exit(1);
}

/* The newest of Debian's, copied to where no loader would look for a libpython. */
static void load(const char *folder)
{
    glob_t found;
    char copy[512], command[1200];
    if (glob("/usr/lib/x86_64-linux-gnu/libpython3.*.so.1.0", 0, NULL, &found) != 0)
        exit(77);
    snprintf(copy, sizeof copy, "%s/interpreter.so", folder);
    snprintf(command, sizeof command, "cp %s %s", found.gl_pathv[found.gl_pathc - 1], copy);
    python = system(command) == 0 ? dlopen(copy, RTLD_NOW | RTLD_LOCAL) : NULL;
    globfree(&found);
    if (python == NULL)
        exit(77);
}

static NOINLINE void on_event(const char *what)
{
    int (*ensure)(void) = (int (*)(void))function("PyGILState_Ensure");
    void (*release)(int) = (void (*)(int))function("PyGILState_Release");
    int state = ensure();
    run(what);
    release(state);
    keep_frame++;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 77;
    load(argv[1]);
    ((void (*)(int))function("Py_InitializeEx"))(0);
    run("import time\ndef slow(): time.sleep(0.2)\ndef quick(): pass\n");
    run("\n\ndef handle():\n    slow()\n");
    ((void *(*)(void))function("PyEval_SaveThread"))();
    struct loop loop = loop_begin();
    for (int i = 0; i < 10; i++) {
        loop_wait(&loop);
        on_event(i == 5 ? "handle()" : "quick()");
    }
    loop_end(&loop);
    puts("ended");
    return 0;
}
