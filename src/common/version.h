/* The version, in one place: the Makefile reads it from here too. */
#ifndef SW_COMMON_VERSION_H
#define SW_COMMON_VERSION_H

#define SW_VERSION "0.1.0"

#endif
