/*
 * asio without boost, whose names are others: a handler of a timer, of a descriptor, and what the
 * program does between two turns of its own loop.
 *
 * @needs: asio.hpp
 * @run timer timer
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event() wait=epoll_wait
 * calls=1
 * @run read read
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event() wait=epoll_wait
 * calls=1
 * @run frames frames
 * @expect clean
 */
#include <asio.hpp>
#define ASIO asio
using error_code = asio::error_code;

#include "asio_callback.h"
