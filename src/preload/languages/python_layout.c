/*
 * See python_layout.h. The table's figures are from the headers that each version installs; within
 * a minor version these structures do not change. Which version a module is, it says itself from
 * 3.11 on (Py_Version); before, by the newest function that it exports.
 */
#include "preload/languages/python_layout.h"

#include <string.h>

#include "preload/stack/exports.h"
#include "preload/stack/memory.h"

#define COOKIE      "xdebugpy"
#define MOST_OFFSET 4096
#define MOST_WORDS  96

static const struct sw_python_layout table[] = {
    {.minor = 6,
     .frames = SW_PYTHON_OBJECTS,
     .lines = SW_PYTHON_LNOTAB,
     .thread_top = 24,
     .thread_id = 152,
     .previous = 24,
     .code = 32,
     .position = 120,
     .locals = 376,
     .stack_top = 72,
     .generator = 16,
     .filename = 96,
     .name = 104,
     .first_line = 36,
     .table = 112,
     .code_bytes = 40},
    {.minor = 7,
     .frames = SW_PYTHON_OBJECTS,
     .lines = SW_PYTHON_LNOTAB,
     .thread_top = 24,
     .thread_id = 176,
     .previous = 24,
     .code = 32,
     .position = 104,
     .locals = 360,
     .stack_top = 72,
     .generator = 16,
     .filename = 96,
     .name = 104,
     .first_line = 36,
     .table = 112,
     .code_bytes = 40},
    {.minor = 8,
     .frames = SW_PYTHON_OBJECTS,
     .lines = SW_PYTHON_LNOTAB,
     .thread_top = 24,
     .thread_id = 176,
     .previous = 24,
     .code = 32,
     .position = 104,
     .locals = 360,
     .stack_top = 72,
     .generator = 16,
     .filename = 104,
     .name = 112,
     .first_line = 40,
     .table = 120,
     .code_bytes = 48},
    {.minor = 9,
     .frames = SW_PYTHON_OBJECTS,
     .lines = SW_PYTHON_LNOTAB,
     .thread_top = 24,
     .thread_id = 176,
     .previous = 24,
     .code = 32,
     .position = 104,
     .locals = 360,
     .stack_top = 72,
     .generator = 16,
     .filename = 104,
     .name = 112,
     .first_line = 40,
     .table = 120,
     .code_bytes = 48},
    {.minor = 10,
     .frames = SW_PYTHON_OBJECTS,
     .lines = SW_PYTHON_RANGES,
     .thread_top = 24,
     .thread_id = 176,
     .previous = 24,
     .code = 32,
     .position = 96,
     .locals = 352,
     .stack_top = 80,
     .generator = 16,
     .filename = 104,
     .name = 112,
     .first_line = 40,
     .table = 120,
     .code_bytes = 48},
    {.minor = 11,
     .frames = SW_PYTHON_CFRAMES,
     .lines = SW_PYTHON_LOCATIONS,
     .thread_top = 56,
     .thread_id = 152,
     .through_cframe = true,
     .cframe_top = 8,
     .cframe_previous = 16,
     .previous = 48,
     .code = 32,
     .position = 56,
     .owner = 69,
     .locals = 72,
     .stack_top = 64,
     .generator = 80,
     .filename = 112,
     .name = 120,
     .qualname = 128,
     .first_line = 72,
     .table = 136,
     .instructions = 184},
    {.minor = 12,
     .frames = SW_PYTHON_SHIMS,
     .lines = SW_PYTHON_LOCATIONS,
     .thread_top = 56,
     .thread_id = 136,
     .through_cframe = true,
     .cframe_top = 0,
     .cframe_previous = 8,
     .previous = 8,
     .code = 0,
     .position = 56,
     .owner = 70,
     .locals = 72,
     .stack_top = 64,
     .generator = 72,
     .filename = 112,
     .name = 120,
     .qualname = 128,
     .first_line = 68,
     .table = 136,
     .instructions = 192,
     .interp_gil = 384,
     .gil_holder = 8,
     .gil_locked = 16},
};

/* Functions that came with a version, newest first; 3.6 is what lacks them all. */
static const struct {
    unsigned minor;
    const char *function;
} newest[] = {{10, "PyIter_Send"},
              {9, "PyInterpreterState_Get"},
              {8, "PyCode_NewWithPosOnlyArgs"},
              {7, "_PyRuntime"},
              {6, "_PyEval_EvalFrameDefault"}};

static unsigned minor_of(const struct sw_module *module)
{
    uint64_t version = 0, address = sw_exports_address(module, "Py_Version");
    if (address != 0 && sw_memory_read(address, &version, sizeof version) == 0)
        return version >> 24 == 3 ? (unsigned)(version >> 16) & 0xff : 0;
    for (unsigned i = 0; i < sizeof newest / sizeof newest[0]; i++)
        if (sw_exports_address(module, newest[i].function) != 0)
            return newest[i].minor;
    return 0;
}

/* What the versions of the table have alike. */
static void fill_common(struct sw_python_layout *layout)
{
    layout->thread_next = 8;
    layout->thread_interp = 16;
    layout->type = 8;
    layout->text_length = 16;
    layout->text_state = 32;
    layout->text_ascii = layout->minor < 12 ? 48 : 40;
    layout->text_other = layout->minor < 12 ? 72 : 56;
    layout->bytes_size = 16;
    layout->bytes_data = 32;
}

/* Where the parts of struct _Py_DebugOffsets begin, in words; each begins with the size of the
 * structure that it speaks of (Include/internal/pycore_runtime.h of 3.13,
 * pycore_debug_offsets.h of 3.14, which later ones are read by as long as that makes sense). */
static const struct parts {
    uint8_t gil, thread, frame, code, object, bytes, text, words;
} parts_3_13 = {14, 19, 28, 34, 44, 64, 67, 71}, parts_3_14 = {15, 22, 31, 39, 50, 74, 77, 81};

/* The word `at` of the part that begins at `part`: an offset within its structure. */
static bool take(const uint64_t *words, unsigned part, unsigned at, uint16_t *offset)
{
    uint64_t size = words[part], value = words[part + at];
    *offset = (uint16_t)value;
    return size > 0 && size <= MOST_OFFSET && value < size;
}

static bool fill_described(const uint64_t *words, const struct parts *parts,
                           struct sw_python_layout *layout)
{
    uint64_t locked = words[parts->gil + 3] - words[parts->gil + 1];
    uint64_t holder = words[parts->gil + 4] - words[parts->gil + 1];
    layout->interp_gil = (uint32_t)words[parts->gil];
    layout->gil_locked = (uint16_t)locked;
    layout->gil_holder = (uint16_t)holder;
    layout->text_ascii = (uint16_t)words[parts->text + 3];
    layout->text_other = layout->text_ascii + 16; /* utf8_length, utf8 */
    layout->stack_top = 64;                       /* not told: as in 3.12, like the next */
    layout->generator = 72;
    return locked < MOST_OFFSET && holder < MOST_OFFSET && layout->text_ascii < MOST_OFFSET &&
           take(words, parts->thread, 2, &layout->thread_next) &&
           take(words, parts->thread, 3, &layout->thread_interp) &&
           take(words, parts->thread, 4, &layout->thread_top) &&
           take(words, parts->thread, 5, &layout->thread_id) &&
           take(words, parts->frame, 1, &layout->previous) &&
           take(words, parts->frame, 2, &layout->code) &&
           take(words, parts->frame, 3, &layout->position) &&
           take(words, parts->frame, 4, &layout->locals) &&
           take(words, parts->frame, 5, &layout->owner) &&
           take(words, parts->code, 1, &layout->filename) &&
           take(words, parts->code, 2, &layout->name) &&
           take(words, parts->code, 3, &layout->qualname) &&
           take(words, parts->code, 4, &layout->table) &&
           take(words, parts->code, 5, &layout->first_line) &&
           take(words, parts->code, 9, &layout->instructions) &&
           take(words, parts->object, 1, &layout->type) &&
           take(words, parts->bytes, 1, &layout->bytes_size) &&
           take(words, parts->bytes, 2, &layout->bytes_data) &&
           take(words, parts->text, 1, &layout->text_state) &&
           take(words, parts->text, 2, &layout->text_length);
}

static bool read_described(const struct sw_module *module, struct sw_python_layout *layout)
{
    uint64_t words[MOST_WORDS];
    const struct parts *parts = layout->minor == 13 ? &parts_3_13 : &parts_3_14;
    uint64_t runtime = sw_exports_address(module, "_PyRuntime");
    layout->frames = SW_PYTHON_SHIMS;
    layout->lines = SW_PYTHON_LOCATIONS;
    return layout->minor >= 13 && runtime != 0 &&
           sw_memory_read(runtime, words, parts->words * sizeof *words) == 0 &&
           memcmp(words, COOKIE, sizeof *words) == 0 && fill_described(words, parts, layout);
}

bool sw_python_recognise(const struct sw_module *module, struct sw_python *python)
{
    memset(python, 0, sizeof *python);
    python->module = module;
    if (sw_exports_find(module, "_PyEval_EvalFrameDefault", &python->eval, &python->eval_size) != 0)
        return false;
    python->code_type = sw_exports_address(module, "PyCode_Type");
    python->text_type = sw_exports_address(module, "PyUnicode_Type");
    python->bytes_type = sw_exports_address(module, "PyBytes_Type");
    unsigned minor = minor_of(module);
    if (minor <= 11)
        python->current_thread = sw_exports_address(module, "_PyThreadState_UncheckedGet");
    if (python->code_type == 0 || python->text_type == 0 || python->bytes_type == 0)
        return false;
    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].minor != minor)
            continue;
        python->layout = table[i];
        fill_common(&python->layout);
        return true;
    }
    python->layout.minor = minor;
    return read_described(module, &python->layout);
}
