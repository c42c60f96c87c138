/*
 * See callee.h. A call goes to a function of the module itself, to its PLT's `jmp *slot`, or
 * through a slot of the GOT; a slot is asked for the name that it is bound by, since the loader may
 * not have looked it up yet.
 */
#include "preload/stack/callee.h"

#include <string.h>

#include "preload/stack/imports.h"
#include "preload/stack/memory.h"
#include "preload/stack/symbols.h"

#define REMEMBERED 1024

static bool decode(uint64_t address, struct sw_instruction *instruction)
{
    uint8_t bytes[SW_INSTRUCTION_MOST];
    return sw_memory_read(address, bytes, sizeof bytes) == 0 &&
           sw_instruction_decode(bytes, sizeof bytes, address, instruction);
}

/* The function's name as linked; NULL: not known. Valid until the next call. */
static const char *name_of(const struct sw_instruction *call)
{
    static char name[128];
    uint64_t address = call->target;
    struct sw_instruction at;
    bool through = call->kind == SW_INSTRUCTION_CALL_AT;
    if (!through && decode(address, &at)) {
        if (at.kind == SW_INSTRUCTION_PLAIN && at.length == 4) /* endbr64 */
            decode(address + 4, &at);
        through = at.kind == SW_INSTRUCTION_JUMP_AT;
        address = through ? at.target : address;
    }
    if (through) {
        struct sw_module *module = sw_modules_find(address);
        if (module != NULL && sw_imports_name(module, address, name, sizeof name) == 0)
            return name;
        if (sw_memory_read(address, &address, sizeof address) != 0)
            return NULL;
    }
    return sw_symbols_name_at(address);
}

static bool is_one_of(const char *name, const char *const *names, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool never_returns(const char *name)
{
    static const char *const names[] = {"exit",
                                        "_exit",
                                        "_Exit",
                                        "quick_exit",
                                        "abort",
                                        "__stack_chk_fail",
                                        "__assert_fail",
                                        "__assert_perror_fail",
                                        "__chk_fail",
                                        "__fortify_fail",
                                        "pthread_exit",
                                        "err",
                                        "errx",
                                        "verr",
                                        "verrx",
                                        "__cxa_throw",
                                        "__cxa_rethrow",
                                        "__cxa_bad_cast",
                                        "__cxa_throw_bad_array_new_length",
                                        "_Unwind_Resume",
                                        "_ZSt9terminatev",
                                        "g_assertion_message",
                                        "g_assertion_message_expr"};
    return is_one_of(name, names, sizeof names / sizeof names[0]) ||
           (strncmp(name, "_ZSt", 4) == 0 && strstr(name, "__throw_") != NULL);
}

static bool goes_with_retry(const char *name)
{
    static const char *const names[] = {"__errno_location",
                                        "clock_gettime",
                                        "gettimeofday",
                                        "time",
                                        "pthread_testcancel",
                                        "uv__hrtime",
                                        "uv__update_time",
                                        "g_get_monotonic_time",
                                        "PyEval_SaveThread",
                                        "PyEval_RestoreThread",
                                        "PyErr_CheckSignals",
                                        "_PyTime_GetMonotonicClock",
                                        "_ZNSt6chrono3_V212steady_clock3nowEv",
                                        "_ZNSt6chrono3_V212system_clock3nowEv",
                                        "__pthread_enable_asynccancel",
                                        "__pthread_disable_asynccancel"};
    return is_one_of(name, names, sizeof names / sizeof names[0]);
}

enum sw_callee sw_callee_of(const struct sw_instruction *call)
{
    static struct {
        uint64_t target;
        enum sw_callee callee;
    } remembered[REMEMBERED];
    static uint64_t capture;
    if (call->kind == SW_INSTRUCTION_CALL_ANY)
        return SW_CALLEE_ANY;
    if (capture != sw_memory_capture())
        memset(remembered, 0, sizeof remembered);
    capture = sw_memory_capture();
    unsigned index = (unsigned)(call->target / 8 % REMEMBERED);
    if (remembered[index].target != call->target) {
        const char *name = name_of(call);
        remembered[index].target = call->target;
        remembered[index].callee = name == NULL            ? SW_CALLEE_ANY
                                   : never_returns(name)   ? SW_CALLEE_ENDS
                                   : goes_with_retry(name) ? SW_CALLEE_RETRIES
                                                           : SW_CALLEE_ANY;
    }
    return remembered[index].callee;
}
