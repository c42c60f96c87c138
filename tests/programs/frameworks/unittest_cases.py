"""unittest's IsolatedAsyncioTestCase: each test has a loop of its own, which has hardly waited, and set-up, tear-down and tests
that are synchronous block beside it. Those are no stalls; what a coroutine does is one.

@needs: command:python3

@run synchronous synchronous
@expect no-stalls
@run coroutine coroutine
@expect stall cause=blocking-call call=clock_nanosleep ms=200 phase=running
"""

import asyncio
import io
import logging
import sys
import time
import unittest


class Cases(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        time.sleep(0.15)

    def tearDown(self):
        time.sleep(0.15)

    async def asyncSetUp(self):
        await asyncio.sleep(0.01)

    async def test_one(self):
        await asyncio.sleep(0.01)

    async def test_another(self):
        await asyncio.sleep(0.01)

    def test_synchronous(self):
        time.sleep(0.2)


class Stalls(unittest.IsolatedAsyncioTestCase):
    async def test_one(self):
        for _ in range(5):
            await asyncio.sleep(0.01)
        time.sleep(0.2)
        await asyncio.sleep(0.01)


logging.disable()  # asyncio's debug mode, which these tests run in, warns of slow callbacks
loaded = unittest.TestLoader().loadTestsFromTestCase(Stalls if sys.argv[1] == "coroutine" else Cases)
print(unittest.TextTestRunner(stream=io.StringIO()).run(loaded).wasSuccessful())
