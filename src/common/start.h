/*
 * What runs and is written when a program starts lies together: most programs that the library is
 * preloaded into do nothing else with it, and each page that is touched costs them a microsecond or
 * two. See START in the Makefile for the code.
 */
#ifndef SW_COMMON_START_H
#define SW_COMMON_START_H

/* A variable that the constructors write: on the page of the GOT, which the loader has written to
 * already. */
#define SW_AT_START __attribute__((section(".data.hot")))

#endif
