/* See annotations.h. Called by publish.c. */
#include "preload/watch/tell/annotations.h"

#include <string.h>

#include "common/kernel.h"
#include "preload/notes/process.h"
#include "preload/report/report.h"
#include "preload/report/sink.h"
#include "preload/watch/tell/groups.h"

#define MOST 50 /* of a process; GitHub shows ten of each kind for a step */

static char checkout[4096]; /* where the workflow's files are; "": not yet looked up */
static unsigned said;

void sw_annotations_start(void)
{
    checkout[0] = '\0';
    said = 0;
}

/* The runner tells every step where that is. Not by getenv: the program may be changing its
 * environment. Without it, where the program is now. */
static void find_checkout(struct sw_text *room)
{
    static const char name[] = "GITHUB_WORKSPACE=";
    long length = sw_kernel_slurp("/proc/self/environ", room->data, room->size);
    struct sw_text text;
    sw_text_init(&text, checkout, sizeof checkout);
    for (long at = 0; at < length; at += (long)strlen(room->data + at) + 1)
        if (strncmp(room->data + at, name, sizeof name - 1) == 0)
            sw_text_string(&text, room->data + at + sizeof name - 1);
    sw_text_reset(room);
    if (checkout[0] == '/')
        return;
    length = sw_kernel3(SYS_getcwd, (long)checkout, sizeof checkout, 0);
    if (length <= 0 || checkout[0] != '/')
        strcpy(checkout, "/");
}

void sw_annotations_stall(struct sw_text *text, const struct sw_stall *stall)
{
    bool noted = stall->suppressed != NULL || stall->state == SW_STALL_EXITING;
    if (sw_process_settings.annotate != SW_ANNOTATE_GITHUB || noted || said == MOST ||
        sw_groups_annotated(stall->signature, stall->counted))
        return;
    said++;
    if (checkout[0] == '\0')
        find_checkout(text);
    sw_report_stall_github(text, stall, checkout);
    sw_sink_complain(text->data, text->length);
}
