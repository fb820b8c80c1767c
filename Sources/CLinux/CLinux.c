#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

void iotpipe_name_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
}

void iotpipe_die_with_parent(void) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

int iotpipe_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}

int iotpipe_rename_noreplace(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

int iotpipe_processor_count(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
}

static int hangups = -1;

static void count_hangup(int number) {
    (void)number;
    const int error = errno;
    const uint64_t one = 1;
    (void)!write(hangups, &one, sizeof one);
    errno = error;
}

int iotpipe_count_hangups(void) {
    hangups = eventfd(0, EFD_CLOEXEC);
    if (hangups < 0) return -1;
    struct sigaction action = {.sa_handler = count_hangup, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    return sigaction(SIGHUP, &action, NULL) == 0 ? hangups : -1;
}
