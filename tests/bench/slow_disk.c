/* Preloaded, it makes each fsync and fdatasync of a process take SLOW_DISK_MS milliseconds longer. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

typedef int (*force_t)(int);

static int forced_late(const char *name, int file)
{
    const char *said = getenv("SLOW_DISK_MS");
    long ms = said ? atol(said) : 0;
    struct timespec late = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&late, NULL);
    return ((force_t)dlsym(RTLD_NEXT, name))(file);
}

int fsync(int file) { return forced_late("fsync", file); }

int fdatasync(int file) { return forced_late("fdatasync", file); }
