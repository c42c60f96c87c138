"""aiohttp's HTTP server: a handler that blocks, one that hands its work to a thread, a load without any; and its client.

@needs: python:aiohttp
@run handler handler
@expect stall cause=blocking-call call=clock_nanosleep detail='[23]* ms' ms=300 calls=1 wait=epoll_wait main=true
@run middleware middleware
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_wait
@run pool pool
@expect clean
@run load load
@expect clean
"""
import asyncio
import sys
import time

import aiohttp
from aiohttp import web


def on_event():
    time.sleep(0.3)


async def answer(request):
    if request.path == "/handler":
        on_event()
    elif request.path == "/pool":
        await asyncio.get_running_loop().run_in_executor(None, on_event)
    return web.Response(text="hello")


@web.middleware
async def around(request, handler):
    if request.path == "/middleware":
        on_event()
    return await handler(request)


async def main(mode):
    application = web.Application(middlewares=[around])
    application.router.add_get("/{path}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as session:
        for path in ["quick"] * (200 if mode == "load" else 10) + [mode] + ["quick"] * 10:
            async with session.get(f"http://127.0.0.1:{port}/{path}") as response:
                assert await response.text() == "hello"
            await asyncio.sleep(0.002)
    await runner.cleanup()
    print("done")


asyncio.run(main(sys.argv[1]))
