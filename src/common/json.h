/*
 * Writes JSON into a sw_text: always well-formed UTF-8, whatever bytes a name has.
 *
 * Called where sw_text is. A text that came out truncated is no JSON: the caller looks at
 * `text->truncated`, rewinds and writes less.
 */
#ifndef SW_COMMON_JSON_H
#define SW_COMMON_JSON_H

#include "common/text.h"

struct sw_json {
    struct sw_text *text;
    bool comma; /* the next member or element is not the first */
};

/* Appends to `text`, which the caller keeps, and looks at for `truncated` when all is written. */
void sw_json_init(struct sw_json *json, struct sw_text *text);
/* In all of these `key` is NULL inside an array and at the top. */
void sw_json_object_begin(struct sw_json *json, const char *key);
void sw_json_object_end(struct sw_json *json);
void sw_json_array_begin(struct sw_json *json, const char *key);
void sw_json_array_end(struct sw_json *json);
/* NULL writes null. Bytes that are not UTF-8 become U+FFFD. */
void sw_json_string(struct sw_json *json, const char *key, const char *value);
void sw_json_string_bytes(struct sw_json *json, const char *key, const char *value, size_t length);
void sw_json_unsigned(struct sw_json *json, const char *key, uint64_t value);
void sw_json_signed(struct sw_json *json, const char *key, int64_t value);
void sw_json_bool(struct sw_json *json, const char *key, bool value);
void sw_json_null(struct sw_json *json, const char *key);
/* Nanoseconds as a number of milliseconds with microseconds' resolution: 501.234 */
void sw_json_ms(struct sw_json *json, const char *key, uint64_t ns);
/* Nanoseconds as a number of microseconds with one decimal. */
void sw_json_us(struct sw_json *json, const char *key, uint64_t ns);
void sw_json_time(struct sw_json *json, const char *key, uint64_t realtime_ns);

#endif
