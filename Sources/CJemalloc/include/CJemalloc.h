#ifndef IOTPIPE_CJEMALLOC_H
#define IOTPIPE_CJEMALLOC_H

/// Linking this gives the whole process jemalloc's malloc. libtorch makes some 13,000 small allocations in one forward
/// pass, a third of them with an alignment, which glibc serves from no cache: at 64×64 pixels that was a third of a pass.
extern const char *malloc_conf;

#endif
