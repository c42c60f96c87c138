/*
 * See annotation.h. Called by command/formats/github.c, and by watch/tell/annotations.c on the
 * watchdog thread.
 *
 * In a message '%', CR and LF are written as %25, %0D, %0A; in a property ':' and ',' too
 * (GitHub's documentation of workflow commands).
 */
#include "common/annotation.h"

#include <stddef.h>
#include <string.h>

#define FILE_SHOWN 400

static void write_escaped(struct sw_text *text, const char *bytes, bool property)
{
    for (; *bytes != '\0'; bytes++) {
        switch (*bytes) {
        case '%':
            sw_text_string(text, "%25");
            break;
        case '\r':
            sw_text_string(text, "%0D");
            break;
        case '\n':
            sw_text_string(text, "%0A");
            break;
        case ':':
            sw_text_string(text, property ? "%3A" : ":");
            break;
        case ',':
            sw_text_string(text, property ? "%2C" : ",");
            break;
        default:
            sw_text_char(text, *bytes);
        }
    }
}

/* The part of `file` behind the checkout; NULL where it does not lie in it. */
static const char *in_checkout(const char *file, const char *checkout)
{
    size_t length = checkout != NULL ? strlen(checkout) : 0;
    while (length > 0 && checkout[length - 1] == '/')
        length--;
    if (length == 0 || strncmp(file, checkout, length) != 0 || file[length] != '/')
        return NULL;
    return file + length + 1;
}

void sw_annotation_write(struct sw_text *text, const struct sw_annotation *annotation,
                         const char *checkout)
{
    sw_text_string(text, annotation->error ? "::error " : "::notice ");
    if (annotation->file != NULL) {
        char buffer[FILE_SHOWN * 4 + 8];
        struct sw_text shown;
        const char *file = in_checkout(annotation->file, checkout);
        if (file == NULL)
            file = annotation->file;
        sw_text_init(&shown, buffer, sizeof buffer);
        sw_text_escaped(&shown, file, strlen(file), FILE_SHOWN);
        sw_text_string(text, "file=");
        write_escaped(text, buffer, true);
        if (annotation->line != 0) {
            sw_text_string(text, ",line=");
            sw_text_unsigned(text, annotation->line);
        }
        sw_text_char(text, ',');
    }
    sw_text_string(text, "title=");
    write_escaped(text, annotation->title, true);
    sw_text_string(text, "::");
    write_escaped(text, annotation->message, false);
    sw_text_char(text, '\n');
}

/* Of a library: of the language, of the system, or what a package manager has put into the
 * checkout. Relative paths are of libraries that were built elsewhere (glibc's "../sysdeps"). */
static bool is_a_librarys(const char *file)
{
    static const char *const begins[] = {"/usr/lib/", "/usr/include/", "/lib/", "/usr/share/",
                                         "/usr/src/", "/rustc/",       "node:", "internal/",
                                         "<",         "../",           "./"};
    static const char *const within[] = {"/site-packages/", "/dist-packages/", "/node_modules/",
                                         "/.cargo/registry/", "/lib/python3"};
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (strncmp(file, begins[i], strlen(begins[i])) == 0)
            return true;
    for (size_t i = 0; i < sizeof within / sizeof within[0]; i++)
        if (strstr(file, within[i]) != NULL)
            return true;
    return false;
}

unsigned sw_annotation_rank(const char *file, const char *checkout)
{
    if (file == NULL)
        return 0;
    if (is_a_librarys(file))
        return 1;
    return in_checkout(file, checkout) != NULL ? 3 : 2;
}
