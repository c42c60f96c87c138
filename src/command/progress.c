/* See progress.h. Called by load.c and report.c. */
#include "command/progress.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "common/text.h"

#define BAR_COLUMNS  40
#define LINE_COLUMNS 79
#define EVERY_NS     UINT64_C(100000000)

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void sw_progress_start(struct sw_progress *progress, uint64_t total_bytes)
{
    const char *terminal = getenv("TERM");
    progress->wanted = total_bytes > 0 && isatty(STDERR_FILENO) &&
                       (terminal == NULL || strcmp(terminal, "dumb") != 0);
    progress->total_bytes = total_bytes;
    progress->shown_ns = now_ns();
    progress->width = 0;
}

/* A line that wraps could not be drawn over. */
static unsigned columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return LINE_COLUMNS;
    return size.ws_col - 1u < LINE_COLUMNS ? size.ws_col - 1u : LINE_COLUMNS;
}

/* Draws `text` over what is there, and spaces over what is left of that. */
static void draw(struct sw_progress *progress, struct sw_text *text)
{
    unsigned width = (unsigned)text->length, most = columns();
    if (width > most)
        sw_text_rewind(text, width = most);
    for (unsigned i = width; i < progress->width; i++)
        sw_text_char(text, ' ');
    sw_text_char(text, '\r');
    progress->width = width;
    if (write(STDERR_FILENO, text->data, text->length) < 0)
        progress->wanted = false;
}

void sw_progress_show(struct sw_progress *progress, uint64_t done_bytes, uint64_t lines)
{
    uint64_t now = progress->wanted ? now_ns() : 0;
    char buffer[256];
    struct sw_text text;
    if (!progress->wanted || now - progress->shown_ns < EVERY_NS)
        return;
    progress->shown_ns = now;
    if (done_bytes > progress->total_bytes)
        done_bytes = progress->total_bytes; /* a log that grows */
    sw_text_init(&text, buffer, sizeof buffer);
    sw_text_char(&text, '[');
    for (unsigned i = 0; i < BAR_COLUMNS; i++)
        sw_text_char(&text, i < done_bytes * BAR_COLUMNS / progress->total_bytes ? '#' : ' ');
    sw_text_string(&text, "] ");
    sw_text_unsigned(&text, done_bytes * 100 / progress->total_bytes);
    sw_text_string(&text, "%, ");
    sw_text_unsigned(&text, lines);
    sw_text_string(&text, " lines");
    draw(progress, &text);
}

void sw_progress_end(struct sw_progress *progress)
{
    char buffer[256];
    struct sw_text text;
    sw_text_init(&text, buffer, sizeof buffer);
    if (progress->width > 0)
        draw(progress, &text);
}
