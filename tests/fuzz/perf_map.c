/* Lines of /tmp/perf-PID.map, which the program writes. */
#include "fuzz.h"
#include "preload/languages/perf_map_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct sw_perf_map_line line;
    char *text = fuzz_string(bytes, size);
    if (sw_perf_map_line(text, size, &line))
        HOLDS(line.length > 0 && line.name <= size && line.length <= size - line.name);
    free(text);
    return 0;
}
