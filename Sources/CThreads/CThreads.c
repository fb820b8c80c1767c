#define _GNU_SOURCE
#include "CThreads.h"

#include <pthread.h>

void iotpipe_name_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
}
