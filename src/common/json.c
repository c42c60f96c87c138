/*
 * Writes JSON into a sw_text; see json.h. Called where sw_text is, on any thread.
 *
 * Names come from the watched program and may hold anything. RFC 8259 wants UTF-8, so a byte that
 * is none becomes U+FFFD; controls, DEL and the C1 controls are written as \u escapes, so that a
 * line shown on a terminal does nothing to it and stays one line (U+2028 and U+2029 end lines for
 * some readers).
 */
#include "common/json.h"

#include <string.h>

void sw_json_init(struct sw_json *json, struct sw_text *text)
{
    json->text = text;
    json->comma = false;
}

static void write_quoted(struct sw_text *text, const char *value, size_t length)
{
    sw_text_char(text, '"');
    for (size_t at = 0; at < length && !text->truncated;) {
        uint32_t code = 0xfffd;
        size_t size = sw_text_utf8(value + at, length - at, &code);
        if (size == 0) {
            sw_text_string(text, "\xef\xbf\xbd");
            at++;
            continue;
        }
        if (code == '"' || code == '\\') {
            sw_text_char(text, '\\');
            sw_text_char(text, (char)code);
        } else if (code == '\n') {
            sw_text_string(text, "\\n");
        } else if (code == '\t') {
            sw_text_string(text, "\\t");
        } else if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 ||
                   code == 0x2029) {
            sw_text_string(text, "\\u");
            sw_text_hex(text, code, 4);
        } else {
            sw_text_bytes(text, value + at, size);
        }
        at += size;
    }
    sw_text_char(text, '"');
}

static void begin_value(struct sw_json *json, const char *key)
{
    if (json->comma)
        sw_text_char(json->text, ',');
    json->comma = true;
    if (key != NULL) {
        write_quoted(json->text, key, strlen(key));
        sw_text_char(json->text, ':');
    }
}

static void open_with(struct sw_json *json, const char *key, char bracket)
{
    begin_value(json, key);
    sw_text_char(json->text, bracket);
    json->comma = false;
}

static void close_with(struct sw_json *json, char bracket)
{
    sw_text_char(json->text, bracket);
    json->comma = true;
}

void sw_json_object_begin(struct sw_json *json, const char *key)
{
    open_with(json, key, '{');
}

void sw_json_object_end(struct sw_json *json)
{
    close_with(json, '}');
}

void sw_json_array_begin(struct sw_json *json, const char *key)
{
    open_with(json, key, '[');
}

void sw_json_array_end(struct sw_json *json)
{
    close_with(json, ']');
}

void sw_json_string(struct sw_json *json, const char *key, const char *value)
{
    sw_json_string_bytes(json, key, value, value == NULL ? 0 : strlen(value));
}

void sw_json_string_bytes(struct sw_json *json, const char *key, const char *value, size_t length)
{
    if (value == NULL) {
        sw_json_null(json, key);
        return;
    }
    begin_value(json, key);
    write_quoted(json->text, value, length);
}

void sw_json_unsigned(struct sw_json *json, const char *key, uint64_t value)
{
    begin_value(json, key);
    sw_text_unsigned(json->text, value);
}

void sw_json_signed(struct sw_json *json, const char *key, int64_t value)
{
    begin_value(json, key);
    sw_text_signed(json->text, value);
}

void sw_json_bool(struct sw_json *json, const char *key, bool value)
{
    begin_value(json, key);
    sw_text_string(json->text, value ? "true" : "false");
}

void sw_json_null(struct sw_json *json, const char *key)
{
    begin_value(json, key);
    sw_text_string(json->text, "null");
}

void sw_json_ms(struct sw_json *json, const char *key, uint64_t ns)
{
    begin_value(json, key);
    sw_text_ms(json->text, ns, 3);
}

void sw_json_us(struct sw_json *json, const char *key, uint64_t ns)
{
    uint64_t tenths = ns / 100 + (ns % 100 >= 50);
    begin_value(json, key);
    sw_text_unsigned(json->text, tenths / 10);
    sw_text_char(json->text, '.');
    sw_text_char(json->text, (char)('0' + tenths % 10));
}

void sw_json_time(struct sw_json *json, const char *key, uint64_t realtime_ns)
{
    begin_value(json, key);
    sw_text_char(json->text, '"');
    sw_text_time(json->text, realtime_ns);
    sw_text_char(json->text, '"');
}
