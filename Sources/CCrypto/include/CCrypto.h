#ifndef IOTPIPE_CCRYPTO_H
#define IOTPIPE_CCRYPTO_H

#include <openssl/evp.h>

#endif
