#ifndef IOTPIPE_CPQ_H
#define IOTPIPE_CPQ_H

#include <postgresql/libpq-fe.h>
#include <sys/types.h>

/// Starts a program in a session of its own: a terminal's Ctrl-C does not reach it. Its descriptor 3 is `control`;
/// 0, 1 and 2 are /dev/null; nothing else is inherited, and no signal is blocked. Returns 0 or an errno.
/// Here because POSIX_SPAWN_SETSID and posix_spawn_file_actions_addclosefrom_np are declared under `_GNU_SOURCE` alone,
/// which Swift's importer does not define.
int iotpipe_spawn_session(pid_t *pid, const char *path, char *const argv[], char *const envp[], int control);

#endif
