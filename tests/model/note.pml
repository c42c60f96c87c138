/*
 * A note of a call, read from outside while its thread goes in and out of calls, as a model for
 * spin: the thread writes the note and then makes the sequence number odd (notes/call.h); the
 * watchdog reads the number before and after its copy (watch/samples/snapshot.c: take_from_call). Stores are
 * seen in their order, and loads made in theirs (x86-64). Shown: no torn note is used.
 *
 * BROKEN_ variants leave out one step of the real thing: tests/run/test_model.py.
 */
#define CALLS 4
#define LOOKS 3

byte sequence, registers, arguments;

active proctype thread()
{
    byte call;
    do
    :: call < CALLS ->
        call++;
#ifdef BROKEN_OPENED_FIRST
        sequence++;
#endif
        registers = call;
        arguments = call;
#ifndef BROKEN_OPENED_FIRST
        sequence++;
#endif
        sequence++
    :: else -> break
    od
}

active proctype watchdog()
{
    byte before, first, second, after, looks;
    do
    :: looks < LOOKS ->
        looks++;
        before = sequence;
        if
        :: before % 2 == 1 ->
            first = registers;
            second = arguments;
            after = sequence;
#ifdef BROKEN_NO_SECOND_READ
            after = before;
#endif
            assert(after != before || first == second)
        :: else
        fi
    :: else -> break
    od
}
