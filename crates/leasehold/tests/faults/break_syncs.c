/* Stands before the system's fsync and fdatasync: while the file named by BREAK_SYNCS_WHILE exists,
 * both fail as on a disk that has gone bad. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int broken(void) {
    const char *path = getenv("BREAK_SYNCS_WHILE");
    return path != NULL && access(path, F_OK) == 0;
}

static int pass_on(const char *name, int fd) {
    if (broken()) {
        errno = EIO;
        return -1;
    }
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    return next(fd);
}

int fsync(int fd) { return pass_on("fsync", fd); }

int fdatasync(int fd) { return pass_on("fdatasync", fd); }
