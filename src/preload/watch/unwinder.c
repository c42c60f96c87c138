/* See unwinder.h. */
#include "preload/watch/unwinder.h"

#include <pthread.h>
#include <signal.h>

#include "preload/libc/bare_thread.h"
#include "preload/libc/sanitizer.h"
#include "preload/notes/process.h"
#include "preload/notes/quiet.h"
#include "preload/report/descriptors.h"
#include "preload/stack/modules.h"
#include "preload/stack/unwind.h"
#include "preload/watch/helper_place.h"
#include "preload/watch/kept/say.h"
#include "preload/watch/tell/hints_table.h"
#include "preload/watch/whose/parks_table.h"

#define LOADING_STACK (256 * 1024) /* ld.so takes some ten of them for each library */

static bool loaded, ready;
static char why[256]; /* it cannot be had; "": it can */

/* libunwind keeps the two ends of a pipe open. */
static void load(void)
{
    int ends[2];
    why[0] = '\0';
    sw_modules_start();
    sw_descriptors_pipe_begin(ends, sw_sanitizer_of_threads());
    if (sw_unwind_start(why, sizeof why) == 0)
        why[0] = '\0';
    sw_descriptors_pipe_end(ends);
    loaded = true;
}

void sw_unwinder_start(void)
{
    loaded = ready = false;
}

/* libunwind's locks call these, and with them the wrappers here, which look for libc's when first
 * called: by the loader. */
static void find_lock_functions(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

static void load_early(void)
{
    find_lock_functions();
    load();
}

bool sw_unwinder_load_early(void)
{
    return sw_bare_thread_call(load_early, LOADING_STACK);
}

void sw_unwinder_load_once(void)
{
    if (ready)
        return;
    ready = true;
    sw_quiet_begin();
    if (!loaded)
        load();
    sw_parks_table_start();
    sw_hints_table_start();
    sw_helper_place(sw_process_in_valgrind ? "none" : sw_process_settings.helper);
    sw_quiet_end();
    if (why[0] != '\0')
        sw_say(why, true);
}

bool sw_unwinder_is_loaded(void)
{
    return ready;
}
