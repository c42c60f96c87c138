/* See v8_layout.h. */
#include "preload/languages/v8_layout.h"

#include <stddef.h>
#include <string.h>

#include "preload/stack/exports.h"
#include "preload/stack/memory.h"

#define MODULES_KNOWN 64
#define TAGGED        8

#define NAMES_MOST 3

/* Of a constant all names that it has had, from one version to the next. No pointers, which would
 * be relocated at each program's start. */
static const struct {
    uint32_t at; /* in struct sw_v8_layout */
    bool wanted; /* nothing works without it */
    char names[NAMES_MOST][80];
} constants[] = {
#define AT(member) offsetof(struct sw_v8_layout, member)
    {AT(context_or_type), true, {"off_fp_context_or_frame_type"}},
    {AT(function), true, {"off_fp_function"}},
    {AT(bytecode_array), true, {"off_fp_bytecode_array"}},
    {AT(bytecode_offset), true, {"off_fp_bytecode_offset"}},
    {AT(map_type), true, {"class_Map__instance_type__uint16_t"}},
    {AT(function_shared), true, {"class_JSFunction__shared__SharedFunctionInfo"}},
    {AT(shared_name),
     true,
     {"class_SharedFunctionInfo__name_or_scope_info__Tagged_NameOrScopeInfoT_",
      "class_SharedFunctionInfo__name_or_scope_info__Tagged_Object_",
      "class_SharedFunctionInfo__name_or_scope_info__Object"}},
    {AT(shared_script),
     true,
     {"class_SharedFunctionInfo__raw_script__Tagged_Object_",
      "class_SharedFunctionInfo__script__Tagged_HeapObject_",
      "class_SharedFunctionInfo__script_or_debug_info__HeapObject"}},
    {AT(script_source), true, {"class_Script__source__Object"}},
    {AT(script_name), true, {"class_Script__name__Object"}},
    {AT(script_line_ends), true, {"class_Script__line_ends__Object"}},
    {AT(string_length), true, {"class_String__length__int32_t"}},
    {AT(string_chars), true, {"class_SeqOneByteString__chars__char"}},
    {AT(cons_first), true, {"class_ConsString__first__String"}},
    {AT(cons_second), true, {"class_ConsString__second__String"}},
    {AT(sliced_parent), true, {"class_SlicedString__parent__String"}},
    {AT(sliced_offset), true, {"class_SlicedString__offset__SMI"}},
    {AT(thin_actual), true, {"class_ThinString__actual__String"}},
    {AT(external_data), true, {"class_ExternalString__resource__Object"}},
    {AT(array_length), true, {"class_FixedArrayBase__length__SMI"}},
    {AT(array_data), true, {"class_FixedArray__data__uintptr_t"}},
    {AT(bytecode_length), false, {"class_BytecodeArray__length__SMI"}},
    {AT(bytecode_data), true, {"class_BytecodeArray__data__uintptr_t"}},
    {AT(scope_locals), true, {"scopeinfo_idx_ncontextlocals"}},
    {AT(scope_first), true, {"scopeinfo_idx_first_vars"}},
    {AT(function_first), true, {"FirstJSFunctionType", "type_JSFunction__JS_FUNCTION_TYPE"}},
    {AT(function_last), false, {"LastJSFunctionType"}},
    {AT(type_shared), true, {"type_SharedFunctionInfo__SHARED_FUNCTION_INFO_TYPE"}},
    {AT(type_script), true, {"type_Script__SCRIPT_TYPE"}},
    {AT(type_scope_info), true, {"type_ScopeInfo__SCOPE_INFO_TYPE"}},
    {AT(type_bytecode_array), true, {"type_BytecodeArray__BYTECODE_ARRAY_TYPE"}},
    {AT(type_byte_array), true, {"type_ByteArray__BYTE_ARRAY_TYPE"}},
    {AT(type_trusted_byte_array), false, {"type_TrustedByteArray__TRUSTED_BYTE_ARRAY_TYPE"}},
    {AT(type_fixed_array), true, {"type_FixedArray__FIXED_ARRAY_TYPE"}},
    {AT(type_trusted_fixed_array), false, {"type_TrustedFixedArray__TRUSTED_FIXED_ARRAY_TYPE"}},
    {AT(type_protected_fixed_array),
     false,
     {"type_ProtectedFixedArray__PROTECTED_FIXED_ARRAY_TYPE"}},
    {AT(type_interpreter_data), false, {"type_InterpreterData__INTERPRETER_DATA_TYPE"}},
    {AT(type_code), false, {"type_Code__CODE_TYPE"}},
    {AT(type_stream), false, {"type_InstructionStream__INSTRUCTION_STREAM_TYPE"}},
    {AT(code_header),
     false,
     {"class_InstructionStream__instruction_start__uintptr_t",
      "class_Code__instruction_start__uintptr_t"}},
    {AT(code_deopts), false, {"class_Code__deoptimization_data__FixedArray"}},
    {AT(code_flags), false, {"class_Code__flags__uint32_t"}},
    {AT(code_kind_mask), false, {"CodeKindFieldMask"}},
    {AT(code_baseline), false, {"CodeKindBaseline"}},
    {AT(code_size), false, {"class_Code__instruction_size__int"}},
    {AT(deopts_literals), false, {"DeoptimizationDataLiteralArrayIndex"}},
    {AT(deopts_shared),
     false,
     {"DeoptimizationDataWrappedSharedFunctionInfoIndex",
      "DeoptimizationDataSharedFunctionInfoIndex"}},
    {AT(deopts_positions), false, {"DeoptimizationDataInliningPositionsIndex"}},
    {AT(shared_in_wrapper),
     false,
     {"class_SharedFunctionInfoWrapper__shared_info__Tagged_SharedFunctionInfo_"}},
    {AT(not_string), true, {"FirstNonstringType"}},
    {AT(frame_irregexp), false, {"frametype_IrregexpFrame"}},
    {AT(frame_wasm), false, {"frametype_WasmFrame"}},
    {AT(frame_builtin_exit), false, {"frametype_BuiltinExitFrame"}},
#undef AT
};

static bool read_constant(const struct sw_module *module, const char *name, uint32_t *value)
{
    char full[128] = "v8dbg_";
    uint64_t address;
    size_t length = strlen(name);
    if (length >= sizeof full - 6)
        return false;
    memcpy(full + 6, name, length + 1);
    return sw_exports_find(module, full, &address, NULL) == 0 &&
           sw_memory_read(address, value, sizeof *value) == 0;
}

/* V8 says nothing of how its source positions are encoded, but which version it is. */
static uint32_t have_flagged_positions(const struct sw_module *module)
{
    uint32_t major = 0;
    uint64_t address = sw_exports_address(module, "_ZN2v88internal7Version6major_E");
    return address != 0 && sw_memory_read(address, &major, sizeof major) == 0 && major >= 14;
}

/* Pointers and small integers as they are in node: 64 bits, none compressed. */
static bool is_uncompressed(const struct sw_module *module)
{
    uint32_t tag, shift, shift_size;
    return read_constant(module, "SmiTag", &tag) && tag == 0 &&
           read_constant(module, "SmiValueShift", &shift) && shift == 1 &&
           read_constant(module, "SmiShiftSize", &shift_size) && shift_size == 31;
}

/*
 * What V8 exports no constant for. The source positions stand behind length, constants and handlers
 * in a BytecodeArray that has its length as all arrays do, and behind length and wrapper in the
 * later ones, which export that; its bytes follow the header, which is not padded there.
 */
static void fill_rest(struct sw_v8_layout *layout)
{
    layout->script_line_offset = layout->script_name + TAGGED;
    layout->external_data += TAGGED; /* behind the resource comes the address of its characters */
    bool later = layout->bytecode_length != SW_V8_NONE;
    layout->bytecode_positions = layout->array_length + (later ? 2 : 3) * TAGGED;
    if (!later)
        layout->bytecode_length = layout->array_length;
    if (layout->function_last == SW_V8_NONE)
        layout->function_last = layout->function_first + 16;
    if (layout->type_trusted_byte_array == SW_V8_NONE)
        layout->type_trusted_byte_array = layout->type_byte_array;
}

/*
 * The same of compiled code. Version 10 exports where code keeps its parts, but not those of the
 * table by which it is given up; later ones these, and the header of the code has less in it: what
 * they have in common is the order, the table of source positions behind that one, and the entries
 * behind its fourth word from the inlined positions on.
 */
static void fill_code(struct sw_v8_layout *layout)
{
    bool early = layout->type_stream == SW_V8_NONE;
    if (layout->code_deopts == SW_V8_NONE)
        layout->code_deopts = early ? 2 * TAGGED : TAGGED;
    if (layout->deopts_positions == SW_V8_NONE) {
        layout->deopts_literals = 2;
        layout->deopts_shared = 6;
        layout->deopts_positions = 7;
    }
    if (early) /* its safepoints have another header, and are not needed */
        layout->code_size = SW_V8_NONE;
    layout->deopts_first = layout->deopts_positions + 4;
}

/* No constant either, but the table itself, as long as V8's compiler has kept it. */
static void read_bytecode_sizes(const struct sw_module *module, struct sw_v8_layout *layout)
{
    uint64_t address, size;
    if (sw_exports_find(module, "_ZN2v88internal11interpreter9Bytecodes14kBytecodeSizesE", &address,
                        &size) != 0 ||
        size % 3 != 0 || size / 3 > SW_V8_BYTECODES)
        return;
    uint32_t count = (uint32_t)(size / 3);
    for (unsigned wide = 0; wide < 3; wide++)
        if (sw_memory_read(address + wide * count, layout->bytecode_size[wide], count) != 0)
            return;
    layout->bytecodes = count;
}

static bool read_layout(const struct sw_module *module, struct sw_v8_layout *layout)
{
    if (!is_uncompressed(module))
        return false;
    for (unsigned i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        uint32_t value = SW_V8_NONE;
        bool found = false;
        for (unsigned j = 0; j < NAMES_MOST && constants[i].names[j][0] != '\0' && !found; j++)
            found = read_constant(module, constants[i].names[j], &value);
        if (!found && constants[i].wanted)
            return false;
        memcpy((char *)layout + constants[i].at, &value, sizeof value);
    }
    fill_rest(layout);
    fill_code(layout);
    read_bytecode_sizes(module, layout);
    layout->flagged_positions = have_flagged_positions(module);
    return true;
}

const struct sw_v8_layout *sw_v8_layout_of(const struct sw_module *module)
{
    static const struct sw_module *seen[MODULES_KNOWN], *owner;
    static unsigned count;
    static struct sw_v8_layout layout;
    if (module == owner && owner != NULL)
        return &layout;
    for (unsigned i = 0; i < count; i++)
        if (seen[i] == module)
            return NULL;
    if (owner != NULL || count == MODULES_KNOWN) /* one V8 a process */
        return NULL;
    if (read_layout(module, &layout)) {
        owner = module;
        return &layout;
    }
    seen[count++] = module;
    return NULL;
}
