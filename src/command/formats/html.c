/*
 * One page that needs nothing but a browser: page.html with the style, the scripts and the data put
 * in where it says {{style}}, {{script}}, {{data}}. See formats.h.
 *
 * Names come from programs, and the page is opened by people who trust it: the data is JSON without
 * '<', the scripts put it into text alone, and the page's own policy lets nothing run or load that
 * does not carry the nonce of this one writing.
 */
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "command/formats/formats.h"
#include "command/formats/html.h"

#define PIECE 60000 /* below what an output takes at once */

struct page {
    struct sw_output *output;
    const struct sw_merge *merge;
    char nonce[33];
};

static void make_nonce(char nonce[33])
{
    uint64_t random[2];
    struct sw_text text;
    if (getrandom(random, sizeof random, GRND_NONBLOCK) != sizeof random) {
        /* No entropy yet, at a machine's very start: hard enough to foresee for a log's writer. */
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        random[0] = (uint64_t)now.tv_sec ^ (uint64_t)now.tv_nsec << 32;
        random[1] = (uint64_t)getpid() ^ (uint64_t)(uintptr_t)&text;
    }
    sw_text_init(&text, nonce, 33);
    sw_text_hex(&text, random[0], 16);
    sw_text_hex(&text, random[1], 16);
}

static void write_long(struct sw_output *output, const char *bytes, size_t length)
{
    while (length > 0) {
        size_t piece = length < PIECE ? length : PIECE;
        sw_text_bytes(&output->text, bytes, piece);
        sw_output_flush(output);
        bytes += piece;
        length -= piece;
    }
}

/* For a tab and a list of bookmarks: short. */
static void write_title(struct sw_text *text, const struct sw_merge *merge)
{
    uint64_t all = merge->stalls + merge->pools;
    if (all == 0) {
        sw_text_string(text, "no stalls");
        return;
    }
    sw_text_unsigned(text, merge->counted);
    sw_text_string(text, " of ");
    sw_format_count(text, all, "stall", "stalls");
    sw_text_string(text, " counted");
}

static void write_part(const struct page *page, const char *name, size_t length)
{
    struct sw_output *output = page->output;
    if (strncmp(name, "nonce", length) == 0)
        sw_text_string(&output->text, page->nonce);
    else if (strncmp(name, "title", length) == 0)
        write_title(&output->text, page->merge);
    else if (strncmp(name, "style", length) == 0)
        write_long(output, sw_html_style, strlen(sw_html_style));
    else if (strncmp(name, "script", length) == 0)
        write_long(output, sw_html_script, strlen(sw_html_script));
    else
        sw_html_data(output, page->merge);
}

void sw_format_html(struct sw_output *output, const struct sw_merge *merge)
{
    struct page page = {output, merge, ""};
    const char *at = sw_html_page, *mark;
    make_nonce(page.nonce);
    while ((mark = strstr(at, "{{")) != NULL) {
        const char *end = strstr(mark, "}}");
        write_long(output, at, (size_t)(mark - at));
        write_part(&page, mark + 2, (size_t)(end - mark) - 2);
        at = end + 2;
    }
    write_long(output, at, strlen(at));
}
