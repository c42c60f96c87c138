/* See doctor_process.h: what /proc/PID says (proc(5)). Called by doctor.c. */
#include "command/doctor_process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static FILE *open_of(int pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    return fopen(path, "re");
}

/* Is the library mapped? -1: maps cannot be read. */
static int has_library(int pid)
{
    FILE *maps = open_of(pid, "maps");
    char *line = NULL;
    size_t size = 0;
    int found = maps == NULL ? -1 : 0;
    while (maps != NULL && found == 0 && getline(&line, &size, maps) > 0) {
        const char *base = strrchr(line, '/');
        found = base != NULL && strncmp(base, "/libstallwatch.so", 17) == 0;
    }
    free(line);
    if (maps != NULL)
        fclose(maps);
    return found;
}

static void look_at_status(struct sw_examination *examination, int pid)
{
    FILE *status = open_of(pid, "status");
    char line[256];
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        int value;
        if (sscanf(line, "Seccomp: %d", &value) == 1 && value != 0)
            sw_findings_add(examination, SW_FINDING_WARNING,
                            "it runs under a seccomp filter%s: where the program has set that on "
                            "itself before its first loop, the library leaves it alone",
                            "", "a container's filter does no harm");
        if (sscanf(line, "TracerPid: %d", &value) == 1 && value != 0)
            sw_findings_add(examination, SW_FINDING_NOTE,
                            "a debugger is attached to it: running threads are not sampled%s", "",
                            "");
    }
    if (status != NULL)
        fclose(status);
}

/* Who cannot be dumped, having changed its user or asked for it, has its files in /proc owned by
 * root (proc(5)): those that only the owner may read are closed to the library in it. */
static void look_at_owner(struct sw_examination *examination, int pid)
{
    char path[64], line[256];
    struct stat about;
    unsigned user = 0;
    FILE *status = open_of(pid, "status");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "Uid: %*u %u", &user) == 1)
            break;
    if (status != NULL)
        fclose(status);
    snprintf(path, sizeof path, "/proc/%d/environ", pid);
    if (user != 0 && stat(path, &about) == 0 && about.st_uid == 0)
        sw_findings_add(examination, SW_FINDING_NOTE,
                        "it is not dumpable%s: it has changed its user, or asked for that; what it "
                        "does in calls that are not wrapped cannot be seen",
                        "", "");
}

static bool other_namespace(int pid, const char *name)
{
    struct stat own, other;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/ns/%s", name);
    if (stat(path, &own) != 0)
        return false;
    snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, name);
    return stat(path, &other) == 0 && (own.st_ino != other.st_ino || own.st_dev != other.st_dev);
}

/* The value of LD_PRELOAD as the process was started with. */
static bool preload_of(int pid, char *value, size_t size)
{
    FILE *environment = open_of(pid, "environ");
    char *variable = NULL;
    size_t room = 0;
    bool found = false;
    while (environment != NULL && !found && getdelim(&variable, &room, '\0', environment) > 0) {
        found = strncmp(variable, "LD_PRELOAD=", 11) == 0;
        if (found)
            snprintf(value, size, "%s", variable + 11);
    }
    free(variable);
    if (environment != NULL)
        fclose(environment);
    return found;
}

bool sw_doctor_process(struct sw_examination *examination, int pid)
{
    char preload[512];
    int watched = has_library(pid);
    bool set = preload_of(pid, preload, sizeof preload);
    if (other_namespace(pid, "mnt"))
        sw_findings_add(
            examination, SW_FINDING_WARNING,
            "it is in another mount namespace (a container?)%s: paths are its own there", "",
            "the library and stallwatch-symbolize have to be inside");
    if (watched < 0)
        sw_findings_add(examination, SW_FINDING_WARNING,
                        "whether the library is in it cannot be read%s", "",
                        "run this as the same user, or as root");
    else if (watched > 0)
        sw_findings_add(examination, SW_FINDING_NOTE, "the library is in it%s", "", "");
    else if (set && strstr(preload, "libstallwatch") != NULL)
        sw_findings_add(examination, SW_FINDING_WARNING,
                        "LD_PRELOAD names the library (%s), yet it is not in the process", preload,
                        "is the path absolute, and readable there?");
    else
        sw_findings_add(examination, SW_FINDING_WARNING,
                        "it is not watched: a library is preloaded when a program starts%s", "",
                        "start it again: stallwatch run -- COMMAND");
    look_at_status(examination, pid);
    look_at_owner(examination, pid);
    return watched > 0;
}
