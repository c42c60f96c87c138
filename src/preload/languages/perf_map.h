/*
 * Names of code that was compiled at run time, from the map that its compiler writes for perf(1):
 * /tmp/perf-PID.map (node --perf-basic-prof, python -X perf, DOTNET_PerfMapEnabled, jcmd's
 * Compiler.perfmap). Watchdog thread only.
 */
#ifndef SW_LANGUAGES_PERF_MAP_H
#define SW_LANGUAGES_PERF_MAP_H

#include <stdint.h>

/* The name of the code at `address`, which is in no module; NULL: none. Lives as long as the
 * process. */
const char *sw_perf_map_name(uint64_t address);

/* For tests: the map is `path` from now on. */
void sw_perf_map_use(const char *path);

#endif
