/*
 * See python_requests.h. What a request is, ASGI's specification says: a dict, the "scope", with a
 * "type", the protocol's own dict under "asgi", and for HTTP a "method" and a "path". A server runs
 * a task for each request, whose outermost coroutine has the scope in a local variable (hypercorn's
 * _handle), or in an attribute of its object (uvicorn's RequestResponseCycle.run_asgi). A
 * middleware may run what is behind it in a task of its own (Starlette's BaseHTTPMiddleware): there
 * the first application further in has it, as its argument.
 */
#include "preload/languages/python_requests.h"

#include <string.h>

#include "preload/languages/python_code.h"
#include "preload/languages/python_objects.h"
#include "preload/stack/memory.h"

#define TYPE_MOST   16
#define METHOD_MOST 24
#define TAG_BITS    UINT64_C(7)

static bool text_of(const struct sw_python *python, uint64_t dict, const char *key, char *text,
                    size_t size)
{
    uint64_t value = sw_python_item(python, dict, key);
    return value != 0 && sw_python_read_text(python, value, text, size) != 0;
}

static bool name_scope(const struct sw_python *python, uint64_t dict, char *name, size_t size)
{
    char type[TYPE_MOST], method[METHOD_MOST] = "WebSocket";
    if (!text_of(python, dict, "type", type, sizeof type) ||
        !sw_python_is(python, sw_python_item(python, dict, "asgi"), "dict") ||
        (strcmp(type, "websocket") != 0 &&
         (strcmp(type, "http") != 0 || !text_of(python, dict, "method", method, sizeof method))))
        return false;
    size_t length = strlen(method);
    if (length + 2 >= size)
        return false;
    memcpy(name, method, length);
    name[length] = ' ';
    return text_of(python, dict, "path", name + length + 1, size - length - 1);
}

static bool name_any(const struct sw_python *python, const uint64_t *values, unsigned count,
                     char *name, size_t size)
{
    for (unsigned i = 0; i < count; i++)
        if (sw_python_is(python, values[i], "dict") && name_scope(python, values[i], name, size))
            return true;
    return false;
}

static unsigned variables_of(const struct sw_python *python, uint64_t coroutine, uint64_t *values)
{
    uint64_t frame = sw_python_frame_of(python, coroutine), code;
    if (frame == 0 || sw_memory_read(frame + python->layout.code, &code, sizeof code) != 0)
        return 0;
    return sw_python_locals(python, frame, code & ~TAG_BITS, values);
}

bool sw_python_request_name(const struct sw_python *python,
                            const uint64_t coroutine[SW_LANGUAGE_OUTER], char *name, size_t size)
{
    uint64_t values[SW_PYTHON_VALUES], own[SW_PYTHON_VALUES];
    unsigned count = variables_of(python, coroutine[0], values);
    if (name_any(python, values, count, name, size))
        return true;
    /* The first is the object, if it is one's. */
    unsigned attributes = count > 0 ? sw_python_attributes(python, values[0], own) : 0;
    bool named = name_any(python, own, attributes, name, size);
    for (unsigned i = 1; i < SW_LANGUAGE_OUTER && coroutine[i] != 0 && !named; i++)
        named = name_any(python, values, variables_of(python, coroutine[i], values), name, size);
    return named;
}
