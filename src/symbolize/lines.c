/*
 * From an address to `function file:line`, with libdw.
 *
 * Called by symbolize/serve.c and main.c, on the helper's only thread. The chain of functions that
 * an address lies in is that of the DIEs around it: the innermost DW_TAG_inlined_subroutine, the
 * ones around it, and the DW_TAG_subprogram that was really compiled. The line table tells where
 * the innermost one stands; where an inlined one was called (DW_AT_call_file, DW_AT_call_line) is
 * where the next one out stands.
 *
 * The address is one inside the call, not the one it returns to: the library has taken 1 off.
 */
#include "symbolize/lines.h"

#include <dwarf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "symbolize/demangle.h"
#include "symbolize/modules.h"

/* Joins directory and name, and takes "/./" and "//" out; ".." stays, since links make it mean
 * something else. */
static void store_path(char *to, size_t size, const char *directory, const char *name)
{
    char joined[2 * SW_SYMBOLIZE_FILE + 4];
    size_t length = 0;
    bool relative = name[0] != '/' && directory != NULL && directory[0] == '/';
    const char *parts[2] = {relative ? directory : "", name};
    for (unsigned i = 0; i < 2; i++) {
        if (i == 1 && relative)
            joined[length++] = '/';
        for (const char *from = parts[i]; *from != '\0' && length < sizeof(joined) - 3; from++) {
            bool slash = length > 0 && joined[length - 1] == '/';
            if (slash && from[0] == '/')
                continue;
            if (slash && from[0] == '.' && (from[1] == '/' || from[1] == '\0')) {
                from += from[1] == '/';
                continue;
            }
            joined[length++] = *from;
        }
    }
    joined[length] = '\0';
    sw_demangle_copy(joined, to, size);
}

static const char *string_of(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Attribute *found = dwarf_attr_integrate(die, name, &attribute);
    return found != NULL ? dwarf_formstring(found) : NULL;
}

/* The DIE that the others refer to: where the function is declared. */
static Dwarf_Die declaration_of(Dwarf_Die *die)
{
    Dwarf_Die at = *die, next;
    Dwarf_Attribute attribute;
    for (unsigned steps = 0; steps < 8; steps++) { /* they refer twice; a broken file in a circle */
        if ((dwarf_attr(&at, DW_AT_abstract_origin, &attribute) == NULL &&
             dwarf_attr(&at, DW_AT_specification, &attribute) == NULL) ||
            dwarf_formref_die(&attribute, &next) == NULL)
            break;
        at = next;
    }
    return at;
}

/* "space::Class::" of where a function is declared. */
static void store_scopes(struct sw_text *text, Dwarf_Die *die)
{
    Dwarf_Die *scopes = NULL;
    Dwarf_Die declaration = declaration_of(die);
    int count = dwarf_getscopes_die(&declaration, &scopes);
    for (int i = count - 1; i > 0; i--) {
        int tag = dwarf_tag(&scopes[i]);
        const char *name = dwarf_diename(&scopes[i]);
        if (tag != DW_TAG_namespace && tag != DW_TAG_class_type && tag != DW_TAG_structure_type &&
            tag != DW_TAG_union_type && tag != DW_TAG_enumeration_type)
            continue;
        sw_text_string(text, name != NULL ? name : "(anonymous)");
        sw_text_string(text, "::");
    }
    free(scopes);
}

static bool has_scopes(Dwarf_Die *unit)
{
    int language = dwarf_srclang(unit);
    return language != DW_LANG_C89 && language != DW_LANG_C && language != DW_LANG_C99 &&
           language != DW_LANG_C11;
}

static bool is_mangled(const char *name)
{
    return name != NULL && name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
}

static void store_function(struct sw_symbolize_line *line, Dwarf_Die *unit, Dwarf_Die *die,
                           const char *symbol)
{
    char scoped[2 * SW_SYMBOLIZE_FUNCTION];
    struct sw_text text;
    const char *name = string_of(die, DW_AT_linkage_name);
    if (name == NULL)
        name = string_of(die, DW_AT_MIPS_linkage_name);
    /* With line tables only, a C++ function has but its short name; its symbol says more. */
    if (name == NULL && is_mangled(symbol))
        name = symbol;
    if (name == NULL && (name = dwarf_diename(die)) != NULL && has_scopes(unit)) {
        /* What is always inlined and local to its file has no linkage name: gcc leaves it out. */
        sw_text_init(&text, scoped, sizeof(scoped));
        store_scopes(&text, die);
        sw_text_string(&text, name);
        name = scoped;
    }
    sw_demangle(name != NULL ? name : symbol, line->function, sizeof(line->function));
}

static uint32_t number_of(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    if (dwarf_attr(die, name, &attribute) == NULL || dwarf_formudata(&attribute, &value) != 0 ||
        value > UINT32_MAX)
        return 0;
    return (uint32_t)value;
}

/* Where the inlined function `die` was called, as the place of the next line. */
static void store_call(struct sw_symbolize_line *line, Dwarf_Die *unit, Dwarf_Die *die,
                       const char *directory)
{
    Dwarf_Files *files;
    size_t count;
    uint32_t index = number_of(die, DW_AT_call_file);
    line->line = number_of(die, DW_AT_call_line);
    line->file[0] = '\0';
    if (dwarf_getsrcfiles(unit, &files, &count) != 0 || index >= count)
        return;
    const char *name = dwarf_filesrc(files, index, NULL, NULL);
    if (name != NULL)
        store_path(line->file, sizeof(line->file), directory, name);
}

static void store_place(struct sw_symbolize_line *line, Dwarf_Die *unit, Dwarf_Addr address,
                        const char *directory)
{
    int number = 0;
    Dwarf_Line *row = dwarf_getsrc_die(unit, address);
    if (row == NULL)
        return;
    const char *name = dwarf_linesrc(row, NULL, NULL);
    if (name != NULL)
        store_path(line->file, sizeof(line->file), directory, name);
    if (dwarf_lineno(row, &number) == 0 && number > 0)
        line->line = (uint32_t)number;
}

/* The next line to fill. Of more than fit, the last is filled again and again: the real function
 * comes last. */
static struct sw_symbolize_line *next_line(struct sw_symbolize_answer *answer)
{
    if (answer->count < SW_SYMBOLIZE_LINES)
        answer->count++;
    return &answer->lines[answer->count - 1];
}

/* With -gsplit-dwarf a unit has only its lines here, and its functions in a .dwo file. */
static bool find_split(Dwarf_Die *unit, Dwarf_Die *split)
{
    uint8_t type = 0;
    return dwarf_cu_info(unit->cu, NULL, &type, NULL, split, NULL, NULL, NULL) == 0 &&
           type == DW_UT_skeleton && dwarf_tag(split) == DW_TAG_compile_unit;
}

/* The chain of functions around `address` in `unit`; addresses as the unit has them. */
static void find_chain(struct sw_symbolize_answer *answer, Dwarf_Die *unit, Dwarf_Addr address,
                       const char *symbol)
{
    Dwarf_Die *inner = NULL, *scopes = NULL, split;
    const char *directory = string_of(unit, DW_AT_comp_dir);
    struct sw_symbolize_line place = {0};
    store_place(&place, unit, address, directory);
    if (find_split(unit, &split))
        unit = &split;
    /* dwarf_getscopes(3) goes on from an inlined function to where it is written; the chain of
     * where it was put is that of the innermost DIE itself. */
    int count =
        dwarf_getscopes(unit, address, &inner) > 0 ? dwarf_getscopes_die(&inner[0], &scopes) : 0;
    for (int i = 0; i < count; i++) {
        int tag = dwarf_tag(&scopes[i]);
        if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram &&
            tag != DW_TAG_entry_point)
            continue;
        bool real = tag != DW_TAG_inlined_subroutine;
        struct sw_symbolize_line *line = next_line(answer);
        *line = place;
        store_function(line, unit, &scopes[i], real ? symbol : NULL);
        if (real)
            break;
        store_call(&place, unit, &scopes[i], directory);
    }
    free(inner);
    free(scopes);
    if (answer->count == 0 && place.file[0] != '\0') {
        *next_line(answer) = place;
        sw_demangle(symbol, answer->lines[0].function, sizeof(answer->lines[0].function));
    }
}

/* The file's own symbol: of use for a file that has its symbols in a separate one. */
static const char *symbol_at(struct sw_file *file, Dwarf_Addr address)
{
    GElf_Sym symbol;
    GElf_Off offset;
    const char *name =
        dwfl_module_addrinfo(file->module, address, &offset, &symbol, NULL, NULL, NULL);
    if (name == NULL || (symbol.st_size != 0 && offset >= symbol.st_size))
        return NULL;
    return name;
}

static void fill_answer(struct sw_file *file, const struct sw_symbolize_question *question,
                        const char *symbol, struct sw_symbolize_answer *answer)
{
    Dwarf_Die store;
    Dwarf_Addr bias = 0;
    if (symbol == NULL)
        symbol = symbol_at(file, question->address);
    Dwarf_Die *unit = sw_file_unit(file, question->address, &store, &bias);
    if (unit != NULL)
        find_chain(answer, unit, question->address - bias, symbol);
    if (answer->count == 0 && symbol != NULL)
        sw_demangle(symbol, next_line(answer)->function, sizeof(answer->lines[0].function));
}

int sw_lines_find(const struct sw_symbolize_question *question, struct sw_symbolize_answer *answer)
{
    int error = 0;
    const char *symbol = question->symbol[0] != '\0' ? question->symbol : NULL;
    memset(answer, 0, sizeof(*answer));
    answer->sequence = question->sequence;
    answer->index = question->index;
    struct sw_file *file =
        question->path[0] == '/' ? sw_file_open(question->path, question->build_id, &error) : NULL;
    if (file != NULL)
        fill_answer(file, question, symbol, answer);
    else if (symbol != NULL)
        sw_demangle(symbol, next_line(answer)->function, sizeof(answer->lines[0].function));
    return error;
}
