/*
 * The watchdog's sleep, as a model for spin: it reads the word that it will sleep on, says that it
 * sleeps, looks whether a loop has moved, and sleeps for as long as the word is the same (futex(2));
 * a loop's thread says that it is busy, and wakes a watchdog that says that it sleeps
 * (watch/rest.c; notes/loop.c: sw_wait_leave_unusual). `asleep` stands for the loop's own `awaited`
 * too, which is set before it and looked at first. Shown: no wake-up is lost, so no iteration stays unseen for as long as it
 * lasts.
 *
 * BROKEN_ variants leave out one step of the real thing: tests/run/test_model.py.
 */
#define TURNS 3

byte iteration, own; /* as all see it; as the thread has stored it, which others may not see yet */
byte seen;           /* by the watchdog's last pass */
bool asleep, pending; /* pending: the word has changed since it was read */

active proctype store_buffer()
{
end:
    do
    :: iteration != own -> iteration = own
    od
}

active proctype loop()
{
    byte turns;
    bool woken;
    do
    :: turns < TURNS ->
        turns++;
        own++;
        if
        :: asleep ->
            d_step { iteration = own; woken = asleep; asleep = false }
            if :: woken -> pending = true :: else fi
        :: !asleep
        fi;
        /* The callback: it is to be seen before it ends, or the next wait begins. */
        seen == own
    :: else -> break
    od
}

active proctype watchdog()
{
end:
    do
    :: seen = iteration; /* the pass: nothing is under way */
       pending = false; /* the word is read */
       asleep = true;
#ifndef BROKEN_NO_FENCE
       iteration = own; /* membarrier(2) */
#endif
       if
#ifndef BROKEN_NO_SECOND_LOOK
       :: iteration != seen -> asleep = false
       :: iteration == seen ->
#else
       :: true ->
#endif
#ifdef BROKEN_WORD_READ_LATE
           pending = false;
#endif
endsleep:  pending;
           pending = false;
           asleep = false
       fi
    od
}
