/*
 * A file that the helper looks a function and its line up in: ELF and DWARF of a program's, which
 * may be broken on purpose. (What brings libdw down, the helper survives by starting anew:
 * symbolize/rescue.c. Here it would be a finding, to be told apart by hand.)
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "symbolize/lines.h"

/* What libdw forgets of a broken file is not ours, and the helper lives but as long as its program.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libdw";
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct sw_symbolize_question question;
    static struct sw_symbolize_answer answer;
    static int file = -1;
    if (file < 0)
        HOLDS((file = memfd_create("fuzz", 0)) >= 0);
    HOLDS(ftruncate(file, 0) == 0 && pwrite(file, bytes, size, 0) == (ssize_t)size);
    snprintf(question.path, sizeof question.path, "/proc/%d/fd/%d", getpid(), file);
    for (unsigned i = 0; i < 8; i++) {
        question.sequence = i;
        question.address = i < 4 ? 0x1000 + i * 24 : i * 16;
        sw_lines_find(&question, &answer);
        HOLDS(answer.sequence == i && answer.count <= SW_SYMBOLIZE_LINES);
        for (uint32_t line = 0; line < answer.count; line++) {
            const struct sw_symbolize_line *found = &answer.lines[line];
            HOLDS(memchr(found->function, '\0', sizeof found->function) != NULL);
            HOLDS(memchr(found->file, '\0', sizeof found->file) != NULL);
        }
    }
    return 0;
}
