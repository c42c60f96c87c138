/*
 * C++ exceptions through many frames, rethrown, and out of a handler's destructor, while samples
 * are taken all the time: unwinding the real stack and unwinding a copy of it are nothing to each
 * other.
 */
#include <stdexcept>
#include <string>

extern "C" {
#include "storm.h"
}

#define ROUNDS 1000

static unsigned long destroyed;

struct Counted {
    ~Counted()
    {
        destroyed++;
    }
};

static NOINLINE void deep(int levels)
{
    Counted counted;
    if (levels == 0)
        throw std::runtime_error(std::string(40, 'x'));
    deep(levels - 1);
    keep_frame = keep_frame + 1;
}

static NOINLINE unsigned long rethrown(int levels)
{
    try {
        try {
            deep(levels);
        } catch (const std::runtime_error &) {
            throw;
        }
    } catch (const std::exception &error) {
        return std::string(error.what()).size();
    }
    return 0;
}

int main()
{
    struct loop loop = storm_begin();
    unsigned long caught = 0;
    for (int round = 0; round < ROUNDS; round++) {
        loop_turn(&loop, 1);
        for (int i = 0; i < 40; i++)
            caught += rethrown(20) == 40;
    }
    loop_end(&loop);
    printf("%lu caught, %lu destroyed\n", caught, destroyed);
    return 0;
}
