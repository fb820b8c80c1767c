#ifndef IOTPIPE_CTHREADS_H
#define IOTPIPE_CTHREADS_H

/// Names the calling thread; the kernel keeps 15 bytes. Here because `pthread_setname_np` is declared under
/// `_GNU_SOURCE` alone, which Swift's importer does not define.
void iotpipe_name_thread(const char *name);

#endif
