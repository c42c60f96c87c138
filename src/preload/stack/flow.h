/*
 * Can a function come (back) to one of its calls? Its jumps are followed in the code itself: what a
 * stack cannot tell, whether the frame that called a loop will do so again.
 *
 * Direct jumps and branches are followed, also into a part of the function that the compiler has
 * put elsewhere (.cold); a call is followed by what comes after it, unless it is one of those that
 * never return. Where control goes by a table (a switch) it may go anywhere: the answer is then
 * that nobody knows. Watchdog thread; memory is read through memory.h.
 */
#ifndef SW_STACK_FLOW_H
#define SW_STACK_FLOW_H

#include <stdbool.h>
#include <stdint.h>

enum sw_flow { SW_FLOW_NO, SW_FLOW_YES, SW_FLOW_UNKNOWN };

/* A function's code, [low, high). */
struct sw_flow_function {
    uint64_t low, high;
};

/* The function that holds `address`, by its module's unwind tables. False: not to be had. */
bool sw_flow_function_at(uint64_t address, struct sw_flow_function *function);
/* Can the call that returns to `call` be reached from `from`, an instruction of the same function?
 */
enum sw_flow sw_flow_reaches(uint64_t from, uint64_t call);
/* ... or another call of the same function, as `call` names it. */
enum sw_flow sw_flow_reaches_like(uint64_t from, uint64_t call);
/*
 * Does the function come back to the call that returns to `call` when that has returned, and do
 * something else in between: is it in a cycle with another call? Calls that go with a mere retry do
 * not count (errno, the clock, an interpreter's lock).
 */
enum sw_flow sw_flow_turns(uint64_t call);
/* The same, by a way that leads by no call of the same function as the one that returns to
 * `without`. `works`: what it calls there does something else itself. */
enum sw_flow sw_flow_turns_without(uint64_t call, uint64_t without, bool works);
/* Does the function come to that call before any call of the same function as the one that returns
 * to `first`? */
enum sw_flow sw_flow_comes_before(uint64_t call, uint64_t first);
/* The calls from which the function may go on to that call before any of the same function as the
 * one that returns to `first`, as return addresses: at most `most` of them, those nearest to it in
 * the code. Returns how many. */
unsigned sw_flow_calls_before(uint64_t call, uint64_t first, uint64_t *calls, unsigned most);
/* Does the function say itself that its call which returns to `call` is of the one that begins at
 * `callee`: in the call, or where it loads that address to call it by a register, as compilers have
 * it in circles? One that calls by somebody's pointer does not. */
bool sw_flow_names_callee(uint64_t call, uint64_t callee);
/* Does the function go on to other calls after that one, retries left aside? */
bool sw_flow_works_after(uint64_t call);

#endif
