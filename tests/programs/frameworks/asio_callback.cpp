/*
 * boost::asio, one thread: each kind of handler stalls once. Handlers run by poll() in a loop of
 * the program's own, and what that loop does between two turns.
 *
 * @needs: boost/asio.hpp
 * @run timer timer
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event() wait=epoll_wait
 * calls=1
 * @run read read
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event() wait=epoll_wait
 * calls=1
 * @run post post
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event() wait=epoll_wait
 * calls=1
 * @run strand strand
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event() wait=epoll_wait
 * calls=1
 * @run computes computes
 * @alone: it computes, and another program would take half of its CPU
 * @expect stall cause=cpu call=null ms=250..700 function=on_event() wait=epoll_wait
 * @run frames frames
 * @expect clean
 * @run frames-stall frames-stall
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200..290 function=render(int)
 * wait=epoll_wait
 */
#include <boost/asio.hpp>
#define ASIO boost::asio
using error_code = boost::system::error_code;

#include "asio_callback.h"
