/* See samples.h. */
#include "preload/watch/samples/samples.h"

#include <string.h>
#include <sys/mman.h>

#include "common/kernel.h"
#include "preload/languages/languages.h"
#include "preload/notes/clock.h"
#include "preload/notes/process.h"
#include "preload/watch/samples/snapshot.h"

/* With fewer than this, the first one is kept for the threshold itself. */
#define ENOUGH_FOR_EARLY 5
/* A sample that a thread has to stand still for takes part of a millisecond: not from an iteration
 * that it would make a stall. */
#define EARLY_WHERE_STILL_NS UINT64_C(10000000)
/* ... and of what is a stall it takes a small share. */
#define STILL_SHARE 20

void sw_samples_begin(struct sw_watch *watch)
{
    uint64_t threshold_ns = sw_process_settings.threshold_ns;
    bool early = sw_process_settings.samples >= ENOUGH_FOR_EARLY &&
                 (!sw_languages_present() || threshold_ns >= EARLY_WHERE_STILL_NS);
    watch->next_sample_ns = early ? threshold_ns / 2 : threshold_ns;
    watch->sample_step_ns = threshold_ns / 8;
    watch->sample_count = 0;
}

static bool have_room(struct sw_watch *watch)
{
    if (watch->samples != NULL)
        return true;
    size_t size = (sw_process_settings.samples + 1) * sizeof(struct sw_sample);
    long address = sw_kernel6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address < 0 && address > -4096)
        return false;
    watch->samples = (struct sw_sample *)address;
    return true;
}

/* Keeps every second look; a stack that was seen at several looks keeps its share. */
static void thin_out(struct sw_watch *watch)
{
    unsigned look = 0, kept = 0;
    for (unsigned i = 0; i < watch->sample_count; i++) {
        struct sw_sample *sample = &watch->samples[i];
        unsigned weight = (look + sample->weight + 1) / 2 - (look + 1) / 2;
        look += sample->weight;
        if (weight == 0)
            continue;
        sample->weight = weight;
        if (kept != i)
            watch->samples[kept] = *sample;
        kept++;
    }
    watch->sample_count = kept;
    watch->sample_step_ns *= 2;
}

static unsigned looks_taken(const struct sw_watch *watch)
{
    unsigned looks = 0;
    for (unsigned i = 0; i < watch->sample_count; i++)
        looks += watch->samples[i].weight;
    return looks;
}

void sw_samples_step(struct sw_thread *thread, struct sw_watch *watch, uint64_t age_ns,
                     const struct sw_syscall_view *view)
{
    unsigned most = sw_process_settings.samples;
    if (age_ns < watch->next_sample_ns || !have_room(watch))
        return;
    unsigned looks = looks_taken(watch);
    if (looks >= most) {
        if (most == 1) {
            watch->next_sample_ns = UINT64_MAX;
            return;
        }
        thin_out(watch);
    }
    watch->next_sample_ns = age_ns + watch->sample_step_ns;
    uint32_t sequence = atomic_load(&thread->sequence);
    struct sw_sample *last =
        watch->sample_count > 0 ? &watch->samples[watch->sample_count - 1] : NULL;
    /* Still in the same call: its stack cannot have changed. */
    if ((sequence & 1) && last != NULL && last->sequence == sequence) {
        last->weight++;
        return;
    }
    struct sw_sample *sample = &watch->samples[watch->sample_count];
    int error = sw_snapshot_take(thread, watch, view, sample);
    if (error != 0 || sample->stack.count == 0) {
        watch->next_sample_ns = age_ns + watch->sample_step_ns / 4;
        return;
    }
    sample->at_ns = age_ns;
    if (sample->ticks > watch->began && sw_clock_ticks_to_ns(sample->ticks - watch->began) < age_ns)
        sample->at_ns = sw_clock_ticks_to_ns(sample->ticks - watch->began);
    sample->weight = 1;
    if (watch->sample_step_ns < sample->still_ns * STILL_SHARE)
        watch->next_sample_ns = age_ns + sample->still_ns * STILL_SHARE;
    watch->sample_count++;
}
