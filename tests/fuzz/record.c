/* A line of a log that `stallwatch report` is given: anything may stand there. */
#include "command/record.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct sw_record record;
    char *line = fuzz_string(bytes, size);
    if (sw_record_read(line, size, &record) == SW_RECORD_OK) {
        for (size_t i = 0; i < record.stack_count && i < 64; i++) {
            size_t frames = 0;
            sw_record_stack(&record, i, &frames);
        }
        for (size_t i = 0; i < record.loop_count && i < 64; i++) {
            struct sw_record_loop loop;
            sw_record_loop(&record, i, &loop);
        }
        sw_record_release(&record);
    }
    free(line);
    return 0;
}
