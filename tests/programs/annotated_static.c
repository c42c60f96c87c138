/*
 * The same in a static program, which runs as if nothing had been said.
 *
 * @needs: -static
 * @expect no-loop
 */
#include "annotated.h"

int main(void)
{
    return run();
}
