"""uvloop (libuv's loop under asyncio's interface): the same ways to block it, and the same that may take long.

@needs: python:uvloop
@run timer uvloop timer
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_pwait|epoll_wait main=true
@run soon uvloop soon
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_pwait|epoll_wait
@run nested uvloop nested
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_pwait|epoll_wait
@run reader uvloop reader
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_pwait|epoll_wait
@run child uvloop child
@expect stall cause=blocking-call call=waitpid|wait4 ms=250..400 wait=epoll_pwait|epoll_wait
@run awaits uvloop awaits
@expect stall cause=lock call=* ms=250..350 wait=epoll_pwait|epoll_wait
@run again-stall uvloop again-stall
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_pwait|epoll_wait
@run threads-stall uvloop threads-stall
@expect stall cause=blocking-call call=clock_nanosleep ms=300 calls=1 wait=epoll_pwait|epoll_wait main=false
@run again uvloop again
@expect clean
@run pool uvloop pool
@expect clean
@run beside uvloop beside
@expect clean
@run threads uvloop threads
@expect clean
"""
import sys

sys.dont_write_bytecode = True
import asyncio_loop
import uvloop

asyncio_loop.main(uvloop.new_event_loop, sys.argv[2])
