/*
 * The handshake for a sample of a running thread, as a model for spin: a loop's thread that goes in
 * and out of wrapped calls, the watchdog that samples it, and a thread of the program's that takes
 * the signal for itself. Names are those of notes/call.h (entry), notes/thread.c (answer),
 * watch/sampler/sampler.c, watch/sampler/sampler_slots.c (handler) and interpose/signals.c (change).
 *
 * Shown, by assertions and by every process coming to its end:
 *   - no signal is on its way to a thread that is inside a wrapped call (it would end it with EINTR);
 *   - none meets a handler that is not ours (its default action would end the program);
 *   - what the watchdog reads of an answer was written whole, and for that question;
 *   - no request is lost: a call never waits for a signal that will not come.
 *
 * Each BROKEN_ variant leaves out one step of the real thing, and has to be found out:
 * tests/run/test_model.py.
 */
#define CALLS   3 /* of the loop's thread */
#define SAMPLES 3 /* questions of the watchdog */
#define TAKES   2 /* times that the program takes the signal */

mtype = { IDLE, ASKED, SENDING };
mtype = { FREE, SENT, WRITING, TAKEN };

mtype request = IDLE;
mtype slot = FREE;
byte serial, first_part, second_part;

bool sequence;         /* odd, as all see it */
bool own, own_pending; /* the thread's own store of it, which others may not see yet */

bool inside;          /* not in the real thing: the thread is blocked in its call */
bool pending;         /* the kernel's: queued for the thread */
byte pending_serial;
bool handler;         /* the kernel's: ours is installed */
bool ours;
byte on_the_way, changing;

/* The thread's store leaves its buffer at any time, and when membarrier(2) or a locked instruction
 * makes it. */
inline flush()
{
    d_step { if :: own_pending -> sequence = own; own_pending = false :: else fi }
}

active proctype store_buffer()
{
end:
    do
    :: own_pending -> flush()
    od
}

/* sw_slots_on_signal */
inline handle()
{
    d_step { assert(handler); pending = false; asked_by = pending_serial }
    d_step { hit = (slot == SENT && serial == asked_by); if :: hit -> slot = WRITING :: else fi }
    if
    :: hit ->
        first_part = asked_by;
        second_part = asked_by;
#ifdef BROKEN_SLOT_FIRST
        slot = TAKEN;
        on_the_way--;
        request = IDLE
#else
        request = IDLE;
        on_the_way--;
        slot = TAKEN
#endif
    :: else
    fi
}

/* A signal arrives between any two instructions. */
inline maybe_handle()
{
    if :: pending -> handle() :: true fi
}

/* sw_call_open, the call, sw_call_close */
active proctype thread()
{
    byte calls, asked_by;
    bool hit, asked;
    do
    :: calls < CALLS ->
        maybe_handle();
        d_step { own = true; own_pending = true }
        maybe_handle();
        if
        :: request == IDLE
        :: else ->
            d_step { flush(); asked = (request == ASKED); if :: asked -> request = IDLE :: else fi }
#ifndef BROKEN_NO_WAIT
            do
            :: !asked && pending -> handle()
            :: asked || request != SENDING -> break
            od
#endif
        fi;
        atomic { inside = true; assert(!pending) };
        flush(); /* by the time that it blocks */
        inside = false;
        d_step { own = false; own_pending = true };
        calls++
    :: else -> break
    od;
    flush();
    /* It computes from here on: what is sent to it arrives. */
end:
    do
    :: pending -> handle()
    od
}

/* sw_signals_install, take_signal */
inline install()
{
    handler = true;
    ours = true;
    if :: changing > 0 -> ours = false :: else fi
}

inline take_back()
{
    d_step { if :: request == ASKED -> request = IDLE :: else fi }
}

inline ask()
{
    request = ASKED;
#ifndef BROKEN_NO_FENCE
    flush();
#endif
    if
    :: sequence -> take_back()
    :: else ->
#ifndef BROKEN_UNCOUNTED
        on_the_way++; /* sw_signals_depart */
#endif
        safe = ours;
        safe = safe && handler;
        safe = safe && changing == 0;
#ifdef BROKEN_UNCOUNTED
        on_the_way++;
#endif
        if
        :: !safe ->
            take_back();
            on_the_way--
        :: else ->
#ifdef BROKEN_PLAIN_STORE
            request = SENDING; sent = true;
#else
            d_step { sent = (request == ASKED); if :: sent -> request = SENDING :: else fi }
#endif
            if
            :: sent ->
                serial++;
                slot = SENT;
                d_step { assert(!inside); pending = true; pending_serial = serial }
            :: else -> on_the_way--
            fi
        fi
    fi
}

/* sw_sampler_take, again and again */
active proctype watchdog()
{
    byte samples;
    bool safe, sent;
    install();
    do
    :: samples < SAMPLES ->
        samples++;
        if :: !ours -> install() :: else fi;
        if
        :: slot == FREE -> ask()
        :: slot == TAKEN ->
            assert(first_part == serial && second_part == serial);
            slot = FREE
        :: else /* still on its way: not another one */
        fi
    :: else -> break
    od
}

/* change_begin, sigaction(2), change_end */
active proctype program()
{
    byte takes;
    do
    :: takes < TAKES ->
        takes++;
        changing++;
        ours = false;
#ifndef BROKEN_NO_ARRIVAL
        on_the_way == 0; /* wait_for_arrivals */
#endif
        handler = false;
        changing--
    :: else -> break
    od
}
