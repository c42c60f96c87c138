/* src/preload/notes/loop_histogram.h: every time has a cell, cells go up with the time, and the
 * middle of a cell is close to all that is counted in it. */
#include "preload/notes/loop_histogram.h"

#include "notes_fixture.h"

#define LINEAR_END ((uint64_t)SW_HISTOGRAM_LINEAR << SW_HISTOGRAM_SHIFT)

/* The largest time whose cell is not the last one, which takes all that is longer. */
#define LONGEST ((UINT64_C(1) << 59) - 1)

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* Half a cell: 512 ticks in the linear part, beyond it a thirty-second of the time. */
static void check_error(uint64_t ticks)
{
    uint64_t middle = sw_histogram_middle(sw_histogram_cell(ticks));
    uint64_t bound = ticks < LINEAR_END ? 512 : ticks / 32 + 1;
    ck_assert_msg(distance(middle, ticks) <= bound, "%llu is shown as %llu",
                  (unsigned long long)ticks, (unsigned long long)middle);
}

START_TEST(errors_are_bounded)
{
    for (uint64_t ticks = 0; ticks < 2 * LINEAR_END; ticks += 7)
        check_error(ticks);
    for (uint64_t ticks = LINEAR_END; ticks < LONGEST; ticks += ticks / 97)
        check_error(ticks);
    for (unsigned power = 10; power < 59; power++) {
        check_error((UINT64_C(1) << power) - 1);
        check_error(UINT64_C(1) << power);
        check_error((UINT64_C(1) << power) + 1);
    }
    check_error(LONGEST);
}
END_TEST

START_TEST(cells_go_up)
{
    unsigned before = 0;
    ck_assert_uint_eq(sw_histogram_cell(0), 0);
    for (uint64_t ticks = 0; ticks < LONGEST; ticks += 1 + ticks / 512) {
        unsigned cell = sw_histogram_cell(ticks);
        ck_assert_uint_ge(cell, before);
        ck_assert_uint_le(cell, before + 1); /* none is left out either */
        before = cell;
    }
}
END_TEST

START_TEST(the_parts_meet)
{
    ck_assert_uint_eq(sw_histogram_cell(LINEAR_END - 1), SW_HISTOGRAM_LINEAR - 1);
    ck_assert_uint_eq(sw_histogram_cell(LINEAR_END), SW_HISTOGRAM_LINEAR);
    ck_assert_uint_eq(UINT64_C(1) << SW_HISTOGRAM_FIRST_POWER, LINEAR_END);
}
END_TEST

START_TEST(every_cell_holds_its_middle)
{
    for (unsigned cell = 0; cell < SW_HISTOGRAM_CELLS; cell++) {
        ck_assert_uint_eq(sw_histogram_cell(sw_histogram_middle(cell)), cell);
        if (cell > 0)
            ck_assert_uint_gt(sw_histogram_middle(cell), sw_histogram_middle(cell - 1));
    }
}
END_TEST

/* A clock that ran backwards gives a huge difference: it must not be counted outside of the table.
 */
START_TEST(never_beyond_the_table)
{
    ck_assert_uint_eq(sw_histogram_cell(LONGEST), SW_HISTOGRAM_CELLS - 1);
    for (unsigned power = 59; power < 64; power++)
        ck_assert_uint_eq(sw_histogram_cell(UINT64_C(1) << power), SW_HISTOGRAM_CELLS - 1);
    ck_assert_uint_eq(sw_histogram_cell(UINT64_MAX), SW_HISTOGRAM_CELLS - 1);
    ck_assert_uint_eq(sw_histogram_cell((uint64_t)-5), SW_HISTOGRAM_CELLS - 1);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_add_test(all, errors_are_bounded);
    tcase_add_test(all, cells_go_up);
    tcase_add_test(all, the_parts_meet);
    tcase_add_test(all, every_cell_holds_its_middle);
    tcase_add_test(all, never_beyond_the_table);
    return run_suite(all, "histogram");
}
