/*
 * See groups.h. A hash table (uthash) in memory of ours; where that runs out, stalls are still
 * reported, each as the first of its kind.
 */
#include "preload/watch/tell/groups.h"

#include <string.h>

#include "preload/watch/kept/memory_pool.h"

#define MOST_GROUPS 4096

#define uthash_malloc(size)        sw_pool_alloc(size)
#define uthash_free(where, size)   ((void)(where), (void)(size))
#define HASH_NONFATAL_OOM          1
#define uthash_nonfatal_oom(entry) ((void)(entry))
#include <uthash.h>

struct entry {
    uint64_t signature;
    uint64_t occurrences;
    bool reported;
    bool annotated, annotated_counted;
    struct sw_stall_group group;
    UT_hash_handle hh;
};

static struct entry *table;

void sw_groups_start(void)
{
    table = NULL;
}

static struct entry *find(uint64_t signature)
{
    struct entry *entry = NULL;
    HASH_FIND(hh, table, &signature, sizeof signature, entry);
    if (entry != NULL || HASH_COUNT(table) >= MOST_GROUPS)
        return entry;
    entry = sw_pool_alloc(sizeof *entry);
    if (entry == NULL)
        return NULL;
    entry->signature = signature;
    entry->group.signature = signature;
    HASH_ADD(hh, table, signature, sizeof entry->signature, entry);
    return entry;
}

uint64_t sw_groups_occurrence(uint64_t signature)
{
    struct entry *entry = find(signature);
    return entry != NULL ? ++entry->occurrences : 1;
}

uint64_t sw_groups_next_occurrence(uint64_t signature)
{
    struct entry *entry = NULL;
    HASH_FIND(hh, table, &signature, sizeof signature, entry);
    return entry != NULL ? entry->occurrences + 1 : 1;
}

bool sw_groups_reported(uint64_t signature)
{
    struct entry *entry = find(signature);
    if (entry == NULL)
        return false;
    bool before = entry->reported;
    entry->reported = true;
    return before;
}

bool sw_groups_annotated(uint64_t signature, bool counted)
{
    struct entry *entry = find(signature);
    if (entry == NULL)
        return false;
    bool before = entry->annotated && (entry->annotated_counted || !counted);
    entry->annotated = true;
    entry->annotated_counted |= counted;
    return before;
}

void sw_groups_add(const struct sw_stall *stall, const char *top)
{
    struct entry *entry = find(stall->signature);
    if (entry == NULL)
        return;
    struct sw_stall_group *group = &entry->group;
    group->count++;
    group->total_ns += stall->duration_ns;
    if (stall->duration_ns <= group->max_ns)
        return;
    group->max_ns = stall->duration_ns;
    group->cause = stall->cause;
    group->call = stall->call_named ? stall->calls[0].name : NULL;
    if (group->top == NULL)
        group->top = sw_pool_string(top);
}

unsigned sw_groups_worst(struct sw_stall_group *groups, unsigned most)
{
    unsigned count = 0;
    for (struct entry *entry = table; entry != NULL; entry = entry->hh.next) {
        if (entry->group.count == 0)
            continue;
        unsigned at = count < most ? count++ : most;
        for (; at > 0 && groups[at - 1].total_ns < entry->group.total_ns; at--)
            if (at < most)
                groups[at] = groups[at - 1];
        if (at < most)
            groups[at] = entry->group;
    }
    return count;
}
