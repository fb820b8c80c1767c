#define _GNU_SOURCE
#include "CLinux.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/timex.h>
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

int iotpipe_hangup_is_ignored(void) {
    struct sigaction action;
    return sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int iotpipe_clock_is_synchronised(void) {
    struct timex state = {0};
    const int result = adjtimex(&state);
    return result >= 0 && result != TIME_ERROR && !(state.status & STA_UNSYNC);
}

struct build_id {
    unsigned char *bytes;
    size_t size;
    size_t count;
};

// The program is the first object that dl_iterate_phdr shows.
static int find_build_id(struct dl_phdr_info *object, size_t size, void *result) {
    (void)size;
    struct build_id *id = result;
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[index];
        if (header->p_type != PT_NOTE) continue;
        const unsigned char *note = (const unsigned char *)(object->dlpi_addr + header->p_vaddr);
        const unsigned char *end = note + header->p_memsz;
        while (note + sizeof(ElfW(Nhdr)) <= end) {
            ElfW(Nhdr) head;
            memcpy(&head, note, sizeof head);
            const unsigned char *name = note + sizeof head;
            const unsigned char *value = name + ((head.n_namesz + 3u) & ~3u);
            if (value > end || head.n_descsz > (size_t)(end - value)) break;
            if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 && memcmp(name, "GNU", 4) == 0) {
                id->count = head.n_descsz;
                if (id->count <= id->size) memcpy(id->bytes, value, id->count);
                return 1;
            }
            note = value + ((head.n_descsz + 3u) & ~3u);
        }
    }
    return 1;
}

size_t iotpipe_build_id(unsigned char *id, size_t size) {
    struct build_id result = {id, size, 0};
    dl_iterate_phdr(find_build_id, &result);
    return result.count;
}
