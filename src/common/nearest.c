/*
 * How far a mistyped name is from a known one; see nearest.h. Called for settings in the watched
 * program, on the watchdog thread, and by the command for its options. Pure.
 */
#include "common/nearest.h"

#define NAME_MOST 40 /* bytes of a name that are compared */

static unsigned least_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

unsigned sw_nearest_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    a_length = a_length < NAME_MOST ? a_length : NAME_MOST;
    b_length = b_length < NAME_MOST ? b_length : NAME_MOST;
    unsigned table[3][NAME_MOST + 1]; /* the row before the last, the last, and this one */
    for (unsigned j = 0; j <= b_length; j++)
        table[0][j] = j;
    for (unsigned i = 1; i <= a_length; i++) {
        unsigned *row = table[i % 3], *last = table[(i + 2) % 3], *before = table[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= b_length; j++) {
            char x = upper(a[i - 1]), y = upper(b[j - 1]);
            row[j] = least_of(last[j] + 1, row[j - 1] + 1);
            row[j] = least_of(row[j], last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == upper(b[j - 2]) && y == upper(a[i - 2]))
                row[j] = least_of(row[j], before[j - 2] + 1);
        }
    }
    return table[a_length % 3][b_length];
}
