/*
 * One stall whose length and place its arguments give: `signatures MS read|write`.
 * tests/run/test_signature.py compares the signatures of several runs.
 *
 * @expect stall cause=blocking-call call=usleep ms=150 function=read_record
 */
#include "support.h"

static useconds_t length_us = 150000;

static NOINLINE void read_record(void)
{
    usleep(length_us);
    keep_frame++;
}

static NOINLINE void write_record(void)
{
    usleep(length_us);
    keep_frame++;
}

static NOINLINE void compute_record(void)
{
    burn(length_us / 1000);
    keep_frame++;
}

int main(int count, char **arguments)
{
    const char *place = count > 2 ? arguments[2] : "read";
    if (count > 1)
        length_us = (useconds_t)atoi(arguments[1]) * 1000u;
    loop_run(*place == 'r' ? read_record : *place == 'w' ? write_record : compute_record);
    puts("done");
    return 0;
}
