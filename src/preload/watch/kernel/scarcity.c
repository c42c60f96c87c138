/*
 * See scarcity.h. A cgroup is throttled by its own limit and by those of the groups around it, each
 * of which counts for itself (cpu.stat: throttled_usec in cgroup v2, throttled_time in ns in v1),
 * so all of them are added up. In a container the path in /proc/self/cgroup may be one that is not
 * mounted here: then the mount's root is the container's group.
 */
#include "preload/watch/kernel/scarcity.h"

#include <stdbool.h>
#include <string.h>

#include "common/kernel.h"
#include "common/text.h"
#include "preload/notes/clock.h"

#define READINGS      64
#define MOST_GROUPS   8
#define PATH_SIZE     512
#define APART_NS      UINT64_C(4000000)
#define TICK_OF_CPU   UINT64_C(10000000) /* USER_HZ of /proc/stat, 100 on all of Linux */
#define USUAL_FOLDERS 4

static struct reading {
    uint64_t ticks;
    uint64_t throttled_ns, stolen_ns;
} readings[READINGS];
static unsigned next;

static struct {
    bool looked_for;
    unsigned count;
    char path[MOST_GROUPS][PATH_SIZE]; /* of cpu.stat */
} groups;

void sw_scarcity_start(void)
{
    memset(readings, 0, sizeof readings);
    next = 0;
    groups.looked_for = false;
    groups.count = 0;
}

/* The number behind `name` in a file of lines "name number"; 0 where there is none. */
static uint64_t number_of(const char *content, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = content; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) != 0 || line[length] != ' ')
            continue;
        uint64_t value = 0;
        for (const char *c = line + length + 1; *c >= '0' && *c <= '9'; c++)
            value = value * 10 + (uint64_t)(*c - '0');
        return value;
    }
    return 0;
}

static void add_group(const char *mount, const char *path, size_t length)
{
    char content[1024];
    struct sw_text text;
    if (groups.count == MOST_GROUPS)
        return;
    sw_text_init(&text, groups.path[groups.count], PATH_SIZE);
    sw_text_string(&text, mount);
    sw_text_bytes(&text, path, length);
    sw_text_string(&text, "/cpu.stat");
    if (!text.truncated && sw_kernel_slurp(groups.path[groups.count], content, sizeof content) > 0)
        groups.count++;
}

/* The group and those around it. */
static void add_path(const char *mount, const char *path, size_t length)
{
    while (length > 1) {
        add_group(mount, path, length);
        while (length > 0 && path[length - 1] != '/')
            length--;
        length -= length > 0;
    }
    add_group(mount, "", 0);
}

/* A line of /proc/self/cgroup, "4:cpu,cpuacct:/a/b" or "0::/a/b" (cgroups(7)). */
static void add_line(const char *line, size_t length)
{
    static const char *const v1[USUAL_FOLDERS] = {
        "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpuacct,cpu", NULL};
    static const char *const v2[USUAL_FOLDERS] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified", NULL};
    const char *names = memchr(line, ':', length);
    const char *path =
        names != NULL ? memchr(names + 1, ':', length - (size_t)(names + 1 - line)) : NULL;
    if (path == NULL)
        return;
    bool unified = path == names + 1;
    bool is_cpu = false;
    for (const char *c = names; !unified && c < path; c++)
        is_cpu |= (*c == ':' || *c == ',') && strncmp(c + 1, "cpu", 3) == 0 &&
                  (c[4] == ',' || c[4] == ':');
    if (!unified && !is_cpu)
        return;
    unsigned before = groups.count;
    const char *const *folders = unified ? v2 : v1;
    for (unsigned i = 0; folders[i] != NULL && groups.count == before; i++)
        add_path(folders[i], path + 1, length - (size_t)(path + 1 - line));
}

static void look_for_groups(void)
{
    char content[4096];
    groups.looked_for = true;
    if (sw_kernel_slurp("/proc/self/cgroup", content, sizeof content) <= 0)
        return;
    for (const char *line = content; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        add_line(line, length);
        line += length + (line[length] == '\n');
    }
}

static uint64_t read_throttled(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < groups.count; i++) {
        char content[1024];
        if (sw_kernel_slurp(groups.path[i], content, sizeof content) <= 0)
            continue;
        sum += number_of(content, "throttled_time") + number_of(content, "throttled_usec") * 1000;
    }
    return sum;
}

/* The eighth number of the first line (proc(5)). */
static uint64_t read_stolen(void)
{
    char content[256];
    if (sw_kernel_slurp("/proc/stat", content, sizeof content) <= 0)
        return 0;
    const char *c = content;
    for (unsigned field = 0; field < 8; field++) {
        c += strcspn(c, " \n");
        c += strspn(c, " ");
    }
    uint64_t value = 0;
    for (; *c >= '0' && *c <= '9'; c++)
        value = value * 10 + (uint64_t)(*c - '0');
    return value * TICK_OF_CPU;
}

void sw_scarcity_note(uint64_t now)
{
    const struct reading *last = &readings[(next + READINGS - 1) % READINGS];
    if (last->ticks != 0 && now > last->ticks && sw_clock_ticks_to_ns(now - last->ticks) < APART_NS)
        return;
    if (!groups.looked_for)
        look_for_groups();
    readings[next % READINGS] = (struct reading){now, read_throttled(), read_stolen()};
    next++;
}

void sw_scarcity_within(uint64_t from, uint64_t to, uint64_t *throttled_ns, uint64_t *stolen_ns)
{
    const struct reading *before = NULL, *after = NULL, *first = NULL, *last = NULL;
    *throttled_ns = *stolen_ns = 0;
    for (unsigned i = 0; i < READINGS; i++) {
        const struct reading *one = &readings[i];
        if (one->ticks == 0)
            continue;
        if (one->ticks <= from && (before == NULL || one->ticks > before->ticks))
            before = one;
        if (one->ticks >= to && (after == NULL || one->ticks < after->ticks))
            after = one;
        if (first == NULL || one->ticks < first->ticks)
            first = one;
        if (last == NULL || one->ticks > last->ticks)
            last = one;
    }
    before = before != NULL ? before : first;
    after = after != NULL ? after : last;
    if (before == NULL || after == NULL || after->ticks <= before->ticks)
        return;
    if (after->throttled_ns > before->throttled_ns)
        *throttled_ns = after->throttled_ns - before->throttled_ns;
    if (after->stolen_ns > before->stolen_ns)
        *stolen_ns = after->stolen_ns - before->stolen_ns;
}
