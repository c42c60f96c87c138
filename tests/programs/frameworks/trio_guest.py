"""trio as a guest of asyncio's loop. What trio waits for is waited for by threads of its cache, one job at a time, and asked for
by the host's thread in between: a thread that waits for its next job has no loop that stalls, whoever holds that up.

@needs: python:trio
@run clean clean
@expect clean
@run after after
@expect clean
@run stall stall
@expect stall cause=blocking-call call=clock_nanosleep ms=300 function=turns main=true
"""
import asyncio
import sys
import time

import trio

mode = sys.argv[1]


async def turns():
    for turn in range(12):
        await trio.sleep(0.03)
        if mode == "stall" and turn == 8:
            time.sleep(0.3)


async def host():
    done = asyncio.get_running_loop().create_future()
    trio.lowlevel.start_guest_run(turns, done_callback=done.set_result,
                                  run_sync_soon_threadsafe=asyncio.get_running_loop().call_soon_threadsafe)
    (await done).unwrap()
    if mode == "after":
        await asyncio.sleep(0.4)


asyncio.run(host())
print("done")
