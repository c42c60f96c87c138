/* See pending.h. Called by merge.c. */
#include "command/pending.h"

#include <stdlib.h>
#include <string.h>

#include "command/complain.h"
#include "common/hash.h"

static uint64_t hash_of(const struct sw_record *record)
{
    uint64_t hash = sw_hash_string(SW_HASH_START, record->host);
    hash = sw_hash_bytes(hash, &record->pid, sizeof record->pid);
    hash = sw_hash_bytes(hash, &record->tid, sizeof record->tid);
    hash = sw_hash_bytes(hash, &record->loop_id, sizeof record->loop_id);
    return sw_hash_finish(hash);
}

static bool same_loop(const void *value, const void *key)
{
    const struct sw_record *a = value, *b = key;
    return a->pid == b->pid && a->tid == b->tid && a->loop_id == b->loop_id &&
           strcmp(a->host, b->host) == 0;
}

static void drop(struct sw_table *pending, struct sw_record *kept)
{
    sw_table_remove(pending, hash_of(kept), kept);
    sw_record_release(kept);
    free(kept);
}

void sw_pending_stall(struct sw_table *pending, struct sw_record *record, sw_pending_commit commit,
                      void *context)
{
    uint64_t hash = hash_of(record);
    struct sw_record *kept = sw_table_find(pending, hash, same_loop, record);
    if (kept != NULL) {
        if (kept->id != record->id)
            commit(context, kept);
        drop(pending, kept);
    }
    if (record->state != SW_RECORD_ONGOING) {
        commit(context, record);
        sw_record_release(record);
        return;
    }
    kept = sw_need_memory(malloc(sizeof *kept));
    *kept = *record;
    sw_table_add(pending, hash, kept);
}

/* Commits those of one process, or all. Taking out moves entries, so it starts anew each time; few
 * are ever left. */
static void commit_all(struct sw_table *pending, const struct sw_record *process,
                       sw_pending_commit commit, void *context)
{
    for (size_t i = 0; i < pending->size && pending->used > 0;) {
        struct sw_record *kept = pending->entries[i].value;
        if (kept == NULL || (process != NULL && (kept->pid != process->pid ||
                                                 strcmp(kept->host, process->host) != 0))) {
            i++;
            continue;
        }
        commit(context, kept);
        drop(pending, kept);
    }
}

void sw_pending_process(struct sw_table *pending, const struct sw_record *record,
                        sw_pending_commit commit, void *context)
{
    commit_all(pending, record, commit, context);
}

void sw_pending_finish(struct sw_table *pending, sw_pending_commit commit, void *context)
{
    while (pending->used > 0) /* what was moved to before the place looked at comes next time */
        commit_all(pending, NULL, commit, context);
}
