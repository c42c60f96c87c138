/* A file of suppressions. */
#include "common/suppressions.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct sw_arena arena;
    struct sw_suppressions rules;
    struct sw_text problems;
    char text[1024];
    char *file = fuzz_string(bytes, size);
    static bool started;
    if (!started)
        sw_arena_init(&arena, 1u << 20);
    started = true;
    sw_arena_reset(&arena);
    sw_suppressions_start(&rules, &arena);
    sw_text_init(&problems, text, sizeof text);
    sw_suppressions_parse(&rules, "f", file, size, &problems);
    for (const struct sw_suppression *rule = rules.first; rule != NULL; rule = rule->next)
        HOLDS(rule->glob[0] != '\0' && strlen(rule->glob) <= size);
    free(file);
    return 0;
}
