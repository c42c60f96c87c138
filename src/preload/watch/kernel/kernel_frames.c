/* See kernel_frames.h. A line of the stack is "[<0>] hrtimer_nanosleep+0x74/0xf0 [module]". */
#include "preload/watch/kernel/kernel_frames.h"

#include <stdbool.h>
#include <string.h>

#include "common/kernel.h"
#include "common/text.h"

#define MOST_FRAMES 12

static bool is_entry(const char *name, size_t length)
{
    static const char *const entries[] = {"do_syscall_",    "entry_SYSCALL_", "x64_sys_call",
                                          "ia32_sys_call",  "el0_svc",        "el0t_64_sync",
                                          "invoke_syscall", "do_el0_svc",     "ret_from_fork"};
    for (unsigned i = 0; i < sizeof entries / sizeof entries[0]; i++)
        if (length >= strlen(entries[i]) && strncmp(name, entries[i], strlen(entries[i])) == 0)
            return true;
    return false;
}

static bool is_name(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_' || c == '.';
        if (!fits)
            return false;
    }
    return length > 0 && (name[0] < '0' || name[0] > '9');
}

static void add(struct sw_text *text, const char *name, size_t length)
{
    size_t before = text->length;
    if (!is_name(name, length) || is_entry(name, length))
        return;
    sw_text_bytes(text, name, length);
    sw_text_char(text, '\n');
    if (text->truncated)
        sw_text_rewind(text, before);
}

void sw_kernel_frames_of_stack(const char *stack, char *names, size_t size)
{
    struct sw_text text;
    sw_text_init(&text, names, size);
    for (unsigned count = 0; *stack != '\0' && count < MOST_FRAMES; count++) {
        size_t length = strcspn(stack, "\n");
        const char *name = memchr(stack, ']', length);
        if (name != NULL) {
            name += 1 + (name[1] == ' ');
            add(&text, name, strcspn(name, "+ \n"));
        }
        stack += length + (stack[length] == '\n');
    }
}

static long read_file(int tid, const char *file, char *to, size_t size)
{
    char path[64];
    struct sw_text text;
    sw_text_init(&text, path, sizeof path);
    sw_text_string(&text, "/proc/self/task/");
    sw_text_unsigned(&text, (uint64_t)tid);
    sw_text_char(&text, '/');
    sw_text_string(&text, file);
    return sw_kernel_slurp(path, to, size);
}

void sw_kernel_frames(int tid, char *names, size_t size)
{
    char content[2048];
    struct sw_text text;
    sw_text_init(&text, names, size);
    if (read_file(tid, "stack", content, sizeof content) > 0)
        sw_kernel_frames_of_stack(content, names, size);
    else if (read_file(tid, "wchan", content, sizeof content) > 0)
        add(&text, content, strlen(content)); /* "0" where it runs, or may not be shown */
}
