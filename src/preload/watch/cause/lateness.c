/* See lateness.h. */
#include "preload/watch/cause/lateness.h"

#include "preload/notes/clock.h"
#include "preload/notes/process.h"
#include "preload/report/descriptors.h"
#include "preload/watch/kernel/account.h"

#define REMEMBERED   32
#define TOLERATED_NS UINT64_C(2000000)
/* ... and of a small threshold this part: what is late by that may be all that a stall was. */
#define TOLERATED_PART 8
#define SMALL_PART     4 /* of a span, which is told apart from the rest from there on */
/* proc(5)'s stat counts what a hypervisor gave to others in ticks: less shows in no figure. */
#define TICK_NS UINT64_C(10000000)

static struct {
    uint64_t from, to;
    enum sw_lateness reason;
} times[REMEMBERED];
static unsigned next;
static uint64_t total;
static uint64_t work_began; /* 0: it is not at work */
/* The watchdog's own time ready and not running, and on a CPU, and when they were read. */
static uint64_t own_delay_ns, own_cpu_ns, own_read;
static int own_delay_fd = -1;

bool sw_lateness_matters(uint64_t planned, uint64_t woke)
{
    uint64_t part_ns = sw_process_settings.threshold_ns / TOLERATED_PART;
    uint64_t tolerated_ns = part_ns < TOLERATED_NS ? part_ns : TOLERATED_NS;
    return woke > planned && sw_clock_ticks_to_ns(woke - planned) >= tolerated_ns;
}

static void add(uint64_t from, uint64_t to, enum sw_lateness reason)
{
    times[next % REMEMBERED].from = from;
    times[next % REMEMBERED].to = to;
    times[next % REMEMBERED].reason = reason;
    next++;
    total += to - from;
}

void sw_lateness_note(uint64_t planned, uint64_t woke, uint64_t delay_ns, uint64_t cpu_ns)
{
    if (!sw_lateness_matters(planned, woke))
        return;
    uint64_t span_ns = sw_clock_ticks_to_ns(woke - planned);
    uint64_t own_ns = delay_ns + cpu_ns;
    uint64_t still_ns = span_ns >= TOLERATED_NS && own_ns < span_ns ? span_ns - own_ns : 0;
    /* Who has stood still, waits for a CPU when all go on. */
    if (still_ns * SMALL_PART >= span_ns && delay_ns * SMALL_PART >= span_ns) {
        uint64_t went_on = planned + sw_clock_ns_to_ticks(still_ns);
        add(planned, went_on, SW_LATENESS_STOPPED);
        add(went_on, woke, SW_LATENESS_BUSY);
    } else if (delay_ns * 2 >= span_ns) {
        add(planned, woke, SW_LATENESS_BUSY);
    } else if (still_ns * 2 >= span_ns) {
        add(planned, woke, SW_LATENESS_STOPPED);
    } else if (span_ns < TOLERATED_NS && own_ns * 2 < span_ns) {
        add(planned, woke, SW_LATENESS_BUSY);
    }
}

/* In the program's own table a descriptor that stays would be closed with all others, by daemons,
 * or be seen. */
void sw_lateness_start(void)
{
    own_delay_fd = sw_descriptors_private() ? sw_account_open_own_delay() : -1;
    own_delay_ns = own_cpu_ns = 0; /* a forked child has another thread than its parent had */
    own_read = sw_clock_ticks();
}

static void read_own(void)
{
    int32_t tid = atomic_load(&sw_process->watchdog_tid);
    own_delay_ns = sw_account_own_delay_ns(own_delay_fd, tid);
    own_cpu_ns = sw_account_cpu_ns(tid);
    own_read = sw_clock_ticks();
}

void sw_lateness_refresh_own(uint64_t most_ns)
{
    if (sw_clock_ticks_to_ns(sw_clock_ticks() - own_read) > most_ns)
        read_own();
}

void sw_lateness_check(uint64_t planned, uint64_t woke)
{
    if (!sw_lateness_matters(planned, woke))
        return;
    uint64_t delay_ns = own_delay_ns, cpu_ns = own_cpu_ns;
    read_own();
    sw_lateness_note(planned, woke, own_delay_ns - delay_ns, own_cpu_ns - cpu_ns);
}

void sw_lateness_check_work(uint64_t planned, uint64_t now)
{
    if (!sw_lateness_matters(planned, now))
        return;
    uint64_t delay_ns = own_delay_ns;
    read_own();
    if ((own_delay_ns - delay_ns) * 2 >= sw_clock_ticks_to_ns(now - planned))
        add(planned, now, SW_LATENESS_BUSY);
}

void sw_lateness_check_first(uint64_t planned, uint64_t now)
{
    bool small = sw_process_settings.threshold_ns < TICK_NS;
    if (small && sw_lateness_matters(planned, now) && sw_clock_ticks_to_ns(now - planned) < TICK_NS)
        add(planned, now, SW_LATENESS_BUSY);
    else
        sw_lateness_check_work(planned, now);
}

void sw_lateness_begin_work(uint64_t began)
{
    work_began = began;
}

bool sw_lateness_note_work(uint64_t now)
{
    uint64_t most = sw_clock_ns_to_ticks(sw_process_settings.threshold_ns / 4);
    if (work_began == 0 || now <= work_began || now - work_began <= most)
        return false;
    add(work_began, now, SW_LATENESS_BUSY);
    work_began = now;
    return true;
}

void sw_lateness_end_work(uint64_t now)
{
    sw_lateness_note_work(now);
    work_began = 0;
}

uint64_t sw_lateness_total(void)
{
    return total;
}

uint64_t sw_lateness_within(enum sw_lateness reason, uint64_t from, uint64_t to)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < REMEMBERED; i++) {
        uint64_t low = times[i].from > from ? times[i].from : from;
        uint64_t high = times[i].to < to ? times[i].to : to;
        if (times[i].reason == reason && high > low)
            sum += high - low;
    }
    return sum;
}
