/*
 * What the helper is to write if the program dies without a farewell, and where to.
 *
 * Called by the watchdog on its thread, with each ongoing record and whenever the summary has
 * changed. The bytes go into the shared memory, so that nothing need be running to save them:
 * SIGKILL leaves no time for more. The paths go by packet (symbolize_protocol.h says why), and are
 * kept until the socket takes them.
 */
#include <errno.h>
#include <string.h>

#include "common/kernel.h"
#include "preload/report/helper.h"
#include "preload/report/helper_state.h"

#define SEND_WAIT_MS 50

static void send_outputs(void)
{
    if (!sw_helper.outputs_unsent)
        return;
    long length = sw_symbolize_encode_outputs(sw_helper.packet, sizeof(sw_helper.packet),
                                              sw_helper.text_path, sw_helper.json_path);
    if (length > 0 && sw_helper_send((size_t)length, -1, SEND_WAIT_MS) == 0)
        sw_helper.outputs_unsent = false;
}

void sw_helper_due(const char *text, size_t text_length, const char *json, size_t json_length)
{
    if (sw_helper.phase != SW_HELPER_RUNNING)
        return;
    sw_symbolize_due_store(sw_helper.shared, text, text_length, json, json_length);
    send_outputs();
}

/* The helper works in "/": a relative path gets the directory that the program is in now before it.
 */
static void keep_path(char to[SW_SYMBOLIZE_PATH + 1], const char *path)
{
    size_t before = 0, length = path != NULL ? strlen(path) : 0;
    to[0] = '\0';
    if (length == 0)
        return;
    if (path[0] != '/') {
        long size = sw_kernel3(SYS_getcwd, (long)to, SW_SYMBOLIZE_PATH, 0); /* with its NUL */
        if (size <= 1 || to[0] != '/') {                                    /* "(unreachable)" */
            to[0] = '\0';
            return;
        }
        before = (size_t)size;
        to[before - 1] = '/';
    }
    if (before + length > SW_SYMBOLIZE_PATH)
        before = length = 0;
    if (length > 0)
        memcpy(to + before, path, length);
    to[before + length] = '\0';
}

void sw_helper_outputs(const char *text_path, const char *json_path, int text_fd)
{
    keep_path(sw_helper.text_path, text_path);
    keep_path(sw_helper.json_path, json_path);
    sw_helper.outputs_unsent = true;
    if (sw_helper.phase != SW_HELPER_RUNNING)
        return;
    send_outputs();
    if (text_fd < 0 || sw_helper.phase != SW_HELPER_RUNNING)
        return;
    long length = sw_symbolize_encode_head(sw_helper.packet, sizeof(sw_helper.packet),
                                           SW_SYMBOLIZE_TEXT_TAKE);
    if (length > 0)
        sw_helper_send((size_t)length, text_fd, SEND_WAIT_MS);
}

void sw_helper_drop_text(void)
{
    if (sw_helper.phase != SW_HELPER_RUNNING)
        return;
    long length = sw_symbolize_encode_head(sw_helper.packet, sizeof(sw_helper.packet),
                                           SW_SYMBOLIZE_TEXT_DROP);
    if (length > 0)
        sw_helper_send((size_t)length, -1, SEND_WAIT_MS);
}
