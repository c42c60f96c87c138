/*
 * See merge_tracks.h, and merge.h for what is where. Called by merge.c and merge_stacks.c.
 *
 * There may be more loops than anybody looks at: from SW_MERGE_TRACKS on they share one track. A
 * loop may have more stalls than a page can show: the longest are kept, in a heap.
 */
#include "command/merge_tracks.h"

#include <stdlib.h>
#include <string.h>

#include "command/complain.h"
#include "common/hash.h"

struct track_key {
    const char *host, *program, *thread, *wait;
    int64_t pid, tid;
};

static bool same_track(const void *value, const void *key)
{
    const struct sw_track *track = value;
    const struct track_key *wanted = key;
    return track->host == wanted->host && track->program == wanted->program &&
           track->thread == wanted->thread && track->wait == wanted->wait &&
           track->pid == wanted->pid && track->tid == wanted->tid;
}

static struct sw_track *track_of(struct sw_merge *merge, const struct track_key *key)
{
    if (merge->tracks == NULL)
        merge->tracks = sw_need_memory(calloc(SW_MERGE_TRACKS, sizeof *merge->tracks));
    uint64_t hash = sw_hash_finish(sw_hash_bytes(SW_HASH_START, key, sizeof *key));
    struct sw_track *track = sw_table_find(&merge->by_track, hash, same_track, key);
    if (track != NULL)
        return track;
    if (merge->track_count == SW_MERGE_TRACKS)
        return merge->tracks[SW_MERGE_TRACKS - 1];
    track = sw_need_memory(calloc(1, sizeof *track));
    merge->tracks[merge->track_count++] = track;
    if (merge->track_count == SW_MERGE_TRACKS) /* the last place is for all that follow */
        return track;
    track->host = key->host;
    track->program = key->program;
    track->thread = key->thread;
    track->wait = key->wait;
    track->pid = key->pid;
    track->tid = key->tid;
    sw_table_add(&merge->by_track, hash, track);
    return track;
}

struct sw_track *sw_track_take(struct sw_merge *merge, const struct sw_record *record,
                               const char *program)
{
    if (!merge->want_parts && !merge->want_points)
        return NULL;
    struct track_key key = {sw_string(record->host), program,     sw_string(record->thread),
                            sw_string(record->wait), record->pid, record->tid};
    struct sw_track *track = track_of(merge, &key);
    track->stalls++;
    track->total_ns += record->duration_ns;
    return track;
}

void sw_track_add_part(struct sw_track *track, const struct sw_signature *signature,
                       const struct sw_merged_stack *stack, uint64_t weight_ns)
{
    for (size_t i = 0; i < track->part_count; i++) {
        if (track->parts[i].signature == signature && track->parts[i].stack == stack) {
            track->parts[i].weight_ns += weight_ns;
            return;
        }
    }
    if (track->part_count == track->part_room) {
        track->part_room = track->part_room == 0 ? 8 : track->part_room * 2;
        track->parts =
            sw_need_memory(realloc(track->parts, track->part_room * sizeof *track->parts));
    }
    track->parts[track->part_count++] = (struct sw_track_part){signature, stack, weight_ns};
}

/* Puts `point` at the root's free place and moves it down to where no child is shorter. */
static void sift_down(struct sw_track *track, struct sw_track_point point)
{
    size_t at = 0;
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= track->point_count)
            break;
        if (child + 1 < track->point_count &&
            track->points[child + 1].duration_ns < track->points[child].duration_ns)
            child++;
        if (track->points[child].duration_ns >= point.duration_ns)
            break;
        track->points[at] = track->points[child];
        at = child;
    }
    track->points[at] = point;
}

void sw_track_add_point(struct sw_track *track, const struct sw_record *record,
                        const struct sw_signature *signature, bool counted)
{
    struct sw_track_point point = {signature, record->time_ms, record->duration_ns, counted,
                                   record->state == SW_RECORD_ONGOING};
    if (record->time_ms == SW_RECORD_NO_TIME)
        return;
    if (track->points == NULL)
        track->points = sw_need_memory(calloc(SW_MERGE_POINTS, sizeof *track->points));
    if (track->point_count == SW_MERGE_POINTS) {
        if (point.duration_ns > track->points[0].duration_ns)
            sift_down(track, point);
        return;
    }
    size_t at = track->point_count++;
    while (at > 0 && track->points[(at - 1) / 2].duration_ns > point.duration_ns) {
        track->points[at] = track->points[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    track->points[at] = point;
}

void sw_track_summary(struct sw_merge *merge, const struct sw_record *record, const char *program)
{
    struct sw_record_loop loop;
    for (size_t i = 0; i < record->loop_count && i < SW_MERGE_TRACKS; i++) {
        sw_record_loop(record, i, &loop);
        struct track_key key = {sw_string(record->host), program,     sw_string(loop.thread),
                                sw_string(loop.wait),    record->pid, loop.tid};
        struct sw_track *track = track_of(merge, &key);
        if (track->program != NULL && loop.iterations > track->loop.iterations) {
            track->loop = loop;
            track->loop.thread = track->thread; /* the record's own are gone with it */
            track->loop.wait = track->wait;
        }
    }
}

static int by_time(const void *a, const void *b)
{
    const struct sw_track_point *x = a, *y = b;
    return x->time_ms < y->time_ms ? -1 : x->time_ms > y->time_ms;
}

static int by_total(const void *a, const void *b)
{
    const struct sw_track *x = *(const struct sw_track *const *)a;
    const struct sw_track *y = *(const struct sw_track *const *)b;
    if ((x->program == NULL) != (y->program == NULL))
        return x->program == NULL ? 1 : -1;
    return x->total_ns > y->total_ns ? -1 : x->total_ns < y->total_ns;
}

void sw_track_order(struct sw_merge *merge)
{
    for (size_t i = 0; i < merge->track_count; i++)
        if (merge->tracks[i]->point_count > 1)
            qsort(merge->tracks[i]->points, merge->tracks[i]->point_count,
                  sizeof *merge->tracks[i]->points, by_time);
    if (merge->track_count > 1)
        qsort(merge->tracks, merge->track_count, sizeof *merge->tracks, by_total);
}
