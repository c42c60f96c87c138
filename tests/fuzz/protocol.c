/* Packets and shared memory between the library and its helper, either of which may have been taken
 * over by the program or have gone mad. */
#include "common/symbolize_protocol.h"
#include "fuzz.h"

static void check_question(const void *packet, size_t size)
{
    static struct sw_symbolize_question question, again;
    static char encoded[SW_SYMBOLIZE_PACKET];
    if (sw_symbolize_decode_question(packet, size, &question) != 0)
        return;
    long length = sw_symbolize_encode_question(encoded, sizeof encoded, question.sequence,
                                               question.index, question.address, question.path,
                                               question.symbol, question.build_id);
    HOLDS(length > 0 && sw_symbolize_decode_question(encoded, (size_t)length, &again) == 0);
    HOLDS(strcmp(question.path, again.path) == 0 && question.address == again.address);
}

static void check_answer(const void *packet, size_t size)
{
    static struct sw_symbolize_answer answer;
    if (sw_symbolize_decode_answer(packet, size, &answer) != 0)
        return;
    HOLDS(answer.count <= SW_SYMBOLIZE_LINES);
    for (uint32_t i = 0; i < answer.count; i++)
        HOLDS(strnlen(answer.lines[i].function, sizeof answer.lines[i].function) <
              sizeof answer.lines[i].function);
}

static void check_due(const uint8_t *bytes, size_t size)
{
    static struct sw_symbolize_shared shared;
    size_t text = 0, json = 0;
    memset(&shared, 0, 64);
    memcpy(&shared, bytes, size < 64 ? size : 64);
    const struct sw_symbolize_slot *slot = sw_symbolize_due_load(&shared, &text, &json);
    HOLDS(slot == NULL || (text <= sizeof slot->text && json <= sizeof slot->json));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct sw_symbolize_outputs outputs;
    char *packet = fuzz_string(bytes, size);
    sw_symbolize_decode_kind(packet, size);
    check_question(packet, size);
    check_answer(packet, size);
    sw_symbolize_decode_outputs(packet, size, &outputs);
    check_due(bytes, size);
    free(packet);
    return 0;
}
