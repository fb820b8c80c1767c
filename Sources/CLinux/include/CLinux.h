#ifndef IOTPIPE_CLINUX_H
#define IOTPIPE_CLINUX_H

#include <stddef.h>

// Linux calls that Swift's Glibc module does not offer: variadic ones, and those declared under `_GNU_SOURCE` alone.

/// Names the calling thread (`pthread_setname_np`); the kernel keeps 15 bytes.
void iotpipe_name_thread(const char *name);

/// Asks the kernel to send this process SIGKILL when the thread that started it ends (`PR_SET_PDEATHSIG`).
void iotpipe_die_with_parent(void);

/// Makes a pipe whose ends no child inherits (`pipe2` with `O_CLOEXEC`). Returns 0, or -1 with errno set.
int iotpipe_pipe(int ends[2]);

/// Renames a file unless the new name is taken (`renameat2` with `RENAME_NOREPLACE`): -1 with errno EEXIST then, and
/// EINVAL where the file system cannot do that.
int iotpipe_rename_noreplace(const char *from, const char *to);

/// The processors this process may use, as its affinity mask says (`sched_getaffinity`): a container or `taskset` narrows
/// it. At least 1.
int iotpipe_processor_count(void);

/// Whether something keeps this machine's clock synchronised, as it has told the kernel: adjtimex(2).
int iotpipe_clock_is_synchronised(void);

/// Copies the build ID that the linker gave this program, and returns how many bytes it has: 0 where there is none, more than
/// `size` where it does not fit.
size_t iotpipe_build_id(unsigned char *id, size_t size);

/// Whether SIGHUP is ignored, as nohup(1) leaves it.
int iotpipe_hangup_is_ignored(void);

#endif
