/*
 * See metrics_loops.h. Called by metrics.c and, for loops that are over, by loops.c.
 *
 * A loop's own histogram has cells of 32 bits that a quick loop fills in half a day, and ends with
 * the loop. What is shown is the sum of what each cell has grown by since the last look, so it only
 * ever grows, as a counter must. A cell may be read a moment before its loop adds to it, and seem
 * to have shrunk: then the next look makes it good.
 */
#include "preload/watch/tell/metrics_loops.h"

#include <string.h>

#include "preload/notes/clock.h"
#include "preload/notes/loop_histogram.h"
#include "preload/notes/process.h"
#include "preload/watch/kept/memory_pool.h"
#include "preload/watch/kernel/account.h"
#include "preload/watch/tell/loops.h"

#define MOST_NUMBERS 64 /* beyond these, loops are counted and not shown one by one */

struct number {
    struct sw_metrics_loop shown;
    char thread[17];
    uint64_t busy, waited; /* ticks, of all that have had the number */
    /* Of the loop that has it now, as they were at the last look. */
    uint32_t loop_id; /* 0: nobody has it */
    uint64_t busy_seen, waited_seen;
    uint32_t cells_seen[SW_HISTOGRAM_CELLS];
    uint64_t stalled_iteration; /* 0: none */
};

static struct number *numbers[MOST_NUMBERS];
static unsigned number_count;
static bool kept;
static unsigned char bucket_of_cell[SW_HISTOGRAM_CELLS];

void sw_metrics_loops_start(bool wanted)
{
    memset(numbers, 0, sizeof numbers);
    number_count = 0;
    kept = wanted;
}

/* Once the clock's scale is known. A cell that a bound divides belongs where its middle is. */
static void sort_cells(void)
{
    for (unsigned cell = 0; cell < SW_HISTOGRAM_CELLS; cell++) {
        uint64_t ns = sw_clock_ticks_to_ns(sw_histogram_middle(cell));
        unsigned bucket = 0;
        while (bucket < SW_METRICS_BUCKETS && ns > sw_metrics_bounds_ns[bucket])
            bucket++;
        bucket_of_cell[cell] = (unsigned char)bucket;
    }
}

static struct number *new_number(const char *thread, const char *wait)
{
    if (number_count == MOST_NUMBERS)
        return NULL;
    if (number_count == 0)
        sort_cells();
    struct number *number = sw_pool_alloc(sizeof *number);
    if (number == NULL)
        return NULL;
    numbers[number_count++] = number;
    strcpy(number->thread, thread);
    number->shown.number = number_count;
    number->shown.thread = number->thread;
    number->shown.wait = wait;
    return number;
}

static struct number *find(uint32_t loop_id)
{
    for (unsigned i = 0; i < number_count; i++)
        if (numbers[i]->loop_id == loop_id)
            return numbers[i];
    return NULL;
}

static struct number *number_of(const struct sw_thread *thread, const struct sw_loop *loop)
{
    const char *wait = sw_call_info(loop->wait_id)->name;
    char name[17];
    struct number *number = find(loop->id);
    if (number != NULL)
        return number;
    sw_account_name(thread->tid, name);
    for (unsigned i = 0; i < number_count && number == NULL; i++)
        if (numbers[i]->loop_id == 0 && strcmp(numbers[i]->thread, name) == 0 &&
            strcmp(numbers[i]->shown.wait, wait) == 0)
            number = numbers[i];
    if (number == NULL)
        number = new_number(name, wait);
    if (number != NULL)
        number->loop_id = loop->id;
    return number;
}

/* What `now` is more than what was `seen`; 0 where it is less. */
static uint64_t growth(uint64_t *seen, uint64_t now)
{
    if (now <= *seen)
        return 0;
    uint64_t grown = now - *seen;
    *seen = now;
    return grown;
}

static struct number *take(const struct sw_thread *thread, const struct sw_loop *loop)
{
    static struct sw_loop_figures figures;
    struct number *number = number_of(thread, loop);
    if (number == NULL)
        return NULL;
    sw_loops_figures(thread, loop, &figures);
    for (unsigned cell = 0; cell < SW_HISTOGRAM_CELLS; cell++) {
        int32_t grown = (int32_t)(figures.cells[cell] - number->cells_seen[cell]);
        if (grown <= 0)
            continue;
        number->cells_seen[cell] = figures.cells[cell];
        number->shown.buckets[bucket_of_cell[cell]] += (uint64_t)grown;
    }
    number->busy += growth(&number->busy_seen, figures.busy);
    number->waited += growth(&number->waited_seen, figures.waited);
    return number;
}

void sw_metrics_loop_over(const struct sw_thread *thread, const struct sw_loop *loop)
{
    struct number *number = kept ? take(thread, loop) : NULL;
    if (number == NULL)
        return;
    number->loop_id = 0;
    number->busy_seen = number->waited_seen = number->stalled_iteration = 0;
    number->shown.stalled_ns = 0;
    memset(number->cells_seen, 0, sizeof number->cells_seen);
}

void sw_metrics_loop_stalls(uint32_t loop_id, uint64_t iteration)
{
    struct number *number = loop_id != 0 ? find(loop_id) : NULL;
    if (number != NULL)
        number->stalled_iteration = iteration;
}

static const struct sw_loop *loop_at(unsigned thread_index, unsigned index,
                                     const struct sw_thread **thread)
{
    *thread = sw_thread_at(thread_index);
    if (*thread == NULL || (*thread)->tid == 0)
        return NULL;
    const struct sw_loop *loop = &(*thread)->loops[index];
    return loop->id != 0 && atomic_load(&loop->state) != SW_LOOP_FREE ? loop : NULL;
}

/* Iterations are counted at their beginning: whether one is in progress is the lowest bit. */
uint64_t sw_metrics_loops_moved(void)
{
    const struct sw_thread *thread;
    uint64_t sum = 0;
    for (unsigned i = 0; i < sw_thread_count(); i++) {
        for (unsigned j = 0; j < SW_LOOPS_PER_THREAD; j++) {
            const struct sw_loop *loop = loop_at(i, j, &thread);
            if (loop != NULL)
                sum += loop->id * UINT64_C(0x9e3779b97f4a7c15) + atomic_load(&loop->iteration) * 2 +
                       (atomic_load(&loop->busy_since) != 0);
        }
    }
    return sum;
}

static void note_stall(struct number *number, const struct sw_loop *loop)
{
    uint64_t since = atomic_load(&loop->busy_since), now = sw_clock_ticks();
    bool goes_on = number->stalled_iteration != 0 && since != 0 && now > since &&
                   atomic_load(&loop->iteration) == number->stalled_iteration;
    number->shown.stalled_ns = goes_on ? sw_clock_ticks_to_ns(now - since) : 0;
    if (!goes_on)
        number->stalled_iteration = 0;
}

unsigned sw_metrics_loops_list(const struct sw_metrics_loop **loops, unsigned *live)
{
    static struct sw_metrics_loop listed[MOST_NUMBERS];
    const struct sw_thread *thread;
    for (unsigned i = 0; i < sw_thread_count(); i++) {
        for (unsigned j = 0; j < SW_LOOPS_PER_THREAD; j++) {
            const struct sw_loop *loop = loop_at(i, j, &thread);
            struct number *number = loop != NULL ? take(thread, loop) : NULL;
            *live += loop != NULL;
            if (number != NULL)
                note_stall(number, loop);
        }
    }
    for (unsigned i = 0; i < number_count; i++) {
        listed[i] = numbers[i]->shown;
        listed[i].busy_ns = sw_clock_ticks_to_ns(numbers[i]->busy);
        listed[i].wait_ns = sw_clock_ticks_to_ns(numbers[i]->waited);
    }
    *loops = listed;
    return number_count;
}
