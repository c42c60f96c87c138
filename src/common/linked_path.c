/*
 * See linked_path.h. Both manglings write an identifier as its length and its bytes. What stands
 * between them is skipped: letters, substitutions (S_, St), template arguments (I…E), in Rust's v0
 * disambiguators (s…_) and references back (B…_).
 */
#include "common/linked_path.h"

#include <string.h>

#define MOST_IDENTIFIERS 64

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t read_number(const char **at)
{
    size_t number = 0;
    while (is_digit(**at) && number < 100000)
        number = number * 10 + (size_t)(*(*at)++ - '0');
    return number;
}

/* An identifier at `*at`, a digit; moves on behind it. False where it is cut off. */
static bool read_identifier(const char **at, const char **identifier, size_t *length)
{
    *length = read_number(at);
    if (strnlen(*at, *length) < *length)
        return false;
    *identifier = *at;
    *at += *length;
    return true;
}

static void append(struct sw_text *text, const char *identifier, size_t length)
{
    if (text->length > 0)
        sw_text_string(text, "::");
    sw_text_bytes(text, identifier, length);
}

static void skip_to_underscore(const char **at)
{
    while (**at != '\0' && **at != '_')
        (*at)++;
    if (**at == '_')
        (*at)++;
}

/* From the I of template arguments to behind their E. */
static void skip_arguments(const char **at)
{
    unsigned depth = 0;
    while (**at != '\0') {
        char c = *(*at)++;
        const char *identifier;
        size_t length;
        if (is_digit(c)) {
            (*at)--;
            if (!read_identifier(at, &identifier, &length))
                *at += strlen(*at);
        } else if (c == 'S' && **at != '\0' && strchr("tabsiod", **at) == NULL) {
            skip_to_underscore(at);
        } else if (c == 'S' || c == 'T') {
            (*at)++;
        } else if (c == 'L') { /* a value: its type, digits, E */
            while (**at != '\0' && **at != 'E')
                (*at)++;
            *at += **at == 'E';
        } else if (strchr("INXJF", c) != NULL) {
            depth++;
        } else if (c == 'E' && --depth == 0) {
            return;
        }
    }
}

/* Rust's older mangling ends in `17h` and sixteen hex digits. */
static bool is_hash(const char *identifier, size_t length)
{
    return length == 17 && identifier[0] == 'h' && strspn(identifier + 1, "0123456789abcdef") >= 16;
}

static void path_of_itanium(struct sw_text *text, const char *at)
{
    unsigned count = 0;
    bool nested = *at == 'N';
    at += nested;
    while (*at != '\0' && *at != 'E' && count < MOST_IDENTIFIERS) {
        const char *identifier;
        size_t length;
        if (is_digit(*at)) {
            if (!read_identifier(&at, &identifier, &length))
                return;
            if (!is_hash(identifier, length))
                append(text, identifier, length);
            count++;
            if (!nested && *at != 'I')
                return;
        } else if (*at == 'I') {
            skip_arguments(&at);
            if (!nested)
                return;
        } else if (at[0] == 'S' && at[1] == 't') {
            append(text, "std", 3);
            at += 2;
        } else if (*at == 'S') {
            skip_to_underscore(&at);
        } else {
            at++;
        }
    }
}

static void path_of_rust(struct sw_text *text, const char *at)
{
    for (unsigned count = 0; *at != '\0' && count < MOST_IDENTIFIERS;) {
        const char *identifier;
        size_t length;
        if (*at == 's' || *at == 'B') {
            skip_to_underscore(&at);
        } else if (is_digit(*at)) {
            length = read_number(&at);
            at += *at == '_';
            if (strnlen(at, length) < length)
                return;
            identifier = at;
            at += length;
            if (length > 0)
                append(text, identifier, length);
            count++;
        } else {
            at++;
        }
    }
}

void sw_linked_path(struct sw_text *text, const char *linked)
{
    size_t before = text->length;
    /* Paths are joined by what the text holds already, so it has to begin empty. */
    struct sw_text path;
    sw_text_init(&path, text->data + before, text->size - before);
    if (strncmp(linked, "_R", 2) == 0)
        path_of_rust(&path, linked + 2);
    else if (strncmp(linked, "_ZZ", 3) == 0)
        path_of_itanium(&path, linked + 3);
    else if (strncmp(linked, "_Z", 2) == 0)
        path_of_itanium(&path, linked + 2);
    if (path.length == 0)
        sw_text_string(&path, linked);
    text->length += path.length;
    text->truncated |= path.truncated;
}
