/*
 * Text in a buffer of fixed size, without malloc and without printf.
 *
 * Everything stallwatch prints is put together here: on the watchdog thread of a watched program
 * (where malloc's lock may be held by the stalled thread, and printf may call malloc) and in the
 * command and the helper. What does not fit is cut, and `truncated` says so; after that nothing
 * more is appended until the text is reset or rewound.
 */
#ifndef SW_COMMON_TEXT_H
#define SW_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_text {
    char *data; /* always ended by a NUL */
    size_t size;
    size_t length;
    bool truncated;
};

/* Starts an empty text in `data` of `size` bytes (at least 1). */
void sw_text_init(struct sw_text *text, char *data, size_t size);
/* Empties it; the buffer stays. */
void sw_text_reset(struct sw_text *text);
/* Cuts it back to `length` bytes (more than it has: all stay), and takes back `truncated`. */
void sw_text_rewind(struct sw_text *text, size_t length);

/* What has no room is cut or left out, as is all that is appended after it. */
void sw_text_char(struct sw_text *text, char c);
/* Appends a C string as it is; NULL appends nothing. */
void sw_text_string(struct sw_text *text, const char *string);
void sw_text_bytes(struct sw_text *text, const char *bytes, size_t length);
void sw_text_unsigned(struct sw_text *text, uint64_t value);
void sw_text_signed(struct sw_text *text, int64_t value);
/* Lower-case hex, at least `digits` digits (0 to 16), without 0x. */
void sw_text_hex(struct sw_text *text, uint64_t value, unsigned digits);
/* Nanoseconds as milliseconds with `decimals` (0 to 6) decimals, rounded half up: 501234567, 1 is
 * 501.2 */
void sw_text_ms(struct sw_text *text, uint64_t ns, unsigned decimals);
/* Nanoseconds for a person: "500 ms", "0.4 ms", "12.5 ms": one decimal, left out where it is 0;
 * below 0.1 ms in whole "80 us"; from 60 s on "75.0 s". The unit is part of it. */
void sw_text_duration(struct sw_text *text, uint64_t ns);
/* A name that a program gave: what a terminal would act on (control bytes, DEL, C1 controls, bytes
 * that are not UTF-8, marks of direction) comes out as \xNN, a backslash as it is; at most `most`
 * bytes of it, then "…". NULL: nothing. */
void sw_text_escaped(struct sw_text *text, const char *bytes, size_t length, size_t most);
/* The length of the UTF-8 character at `bytes`, with its code point in `code`; 0 where there is
 * none (an overlong form, a surrogate, a cut one, `length` 0), and `code` is left alone. */
size_t sw_text_utf8(const char *bytes, size_t length, uint32_t *code);
/* Spaces up to `column` (bytes counted from `from`, a length noted earlier); at least one. */
void sw_text_pad(struct sw_text *text, size_t from, size_t column);
/* RFC 3339 in UTC with milliseconds, 2026-11-23T04:10:11.123Z; for nanoseconds since 1970. */
void sw_text_time(struct sw_text *text, uint64_t realtime_ns);

#endif
