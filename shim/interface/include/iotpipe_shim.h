/*
 * iotpipe_shim.h: the C interface between iotpipe (Swift) and libtorch (C++).
 *
 * The shim is a dynamic library that is opened at run time, so that only a process that runs a model pays for libtorch.
 * It exports one symbol, `iotpipe_shim_get`, which hands out a table of functions; Swift takes their types from here.
 *
 * Rules that hold for every function:
 *  - No C++ exception leaves it. What goes wrong is a status; `error` then holds one line of English, cut to
 *    `error_size` bytes and always terminated. `error` is the caller's; NULL with size 0 is allowed.
 *  - Pointers handed in are the caller's and are not kept beyond the call.
 *  - No torch type appears here.
 */
#ifndef IOTPIPE_SHIM_H
#define IOTPIPE_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised whenever anything below changes its meaning or layout. */
#define IOTPIPE_SHIM_ABI 2u

/* The exported symbol's name, for dlsym. */
#define IOTPIPE_SHIM_SYMBOL "iotpipe_shim_get"

/* What came of a call. */
enum {
    IOTPIPE_SHIM_OK = 0,
    IOTPIPE_SHIM_INVALID_ARGUMENT = 1, /* the caller broke a rule stated here */
    IOTPIPE_SHIM_TENSOR_MISSING = 2,   /* the weights lack a tensor that resnet50 has */
    IOTPIPE_SHIM_TENSOR_SHAPE = 3,     /* a tensor's shape is not the one that resnet50 needs */
    IOTPIPE_SHIM_TENSOR_UNKNOWN = 4,   /* the weights hold a tensor that resnet50 does not have, or one twice */
    IOTPIPE_SHIM_TENSOR_VALUE = 5,     /* a tensor holds infinity, not-a-number, or a negative variance */
    IOTPIPE_SHIM_UNSUPPORTED = 6,      /* this libtorch lacks the fused operators (built without oneDNN) */
    IOTPIPE_SHIM_OUT_OF_MEMORY = 7,
    IOTPIPE_SHIM_INTERNAL = 8          /* libtorch or the shim itself failed; `error` has its words */
};

/* Element types that weights may have, whatever the computation is in. */
enum { IOTPIPE_SHIM_F32 = 0, IOTPIPE_SHIM_F16 = 1, IOTPIPE_SHIM_BF16 = 2 };

/* What a model computes in: float32, bfloat16, or 8-bit integers (weights signed and scaled by output channel, what
 * flows between the layers unsigned and scaled by tensor). */
enum { IOTPIPE_SHIM_PRECISION_F32 = 0, IOTPIPE_SHIM_PRECISION_BF16 = 1, IOTPIPE_SHIM_PRECISION_INT8 = 2 };

/* How many convolutions resnet50 has, in the order of torchvision's own forward pass: "conv1", then for each block
 * "downsample.0" where it has one, "conv1", "conv2" and "conv3". */
#define IOTPIPE_SHIM_CONVOLUTIONS 53

/* Steps in which `observe` counts. */
#define IOTPIPE_SHIM_BINS 2048

/* One named tensor of the weights, dense, in row-major order and the machine's byte order. */
typedef struct {
    const char *name;     /* torchvision's name, such as "layer1.0.conv1.weight" */
    int32_t type;         /* IOTPIPE_SHIM_F32, _F16 or _BF16 */
    int32_t rank;         /* how many numbers `shape` has */
    const int64_t *shape;
    const void *data;     /* product(shape) elements; need not be aligned */
} iotpipe_shim_tensor;

/* How a model is to run. */
typedef struct {
    int32_t input_height; /* pixels, 32 to 4096 */
    int32_t input_width;  /* pixels, 32 to 4096 */
    int32_t threads;      /* intra-op threads of each call, 1 to 1024; the calling thread is one of them */
    float mean[3];        /* subtracted from R, G, B after division by 255 */
    float deviation[3];   /* then divided by; finite and above 0 */
    int32_t precision;    /* IOTPIPE_SHIM_PRECISION_… */
    /* For int8: how large each convolution's result is to be told apart, that of "conv3" after the addition; finite
     * and above 0. NULL otherwise. */
    const float *ranges; /* IOTPIPE_SHIM_CONVOLUTIONS numbers */
} iotpipe_shim_options;

/* One picture: 8-bit RGB rows without padding, `3 * width * height` bytes. */
typedef struct {
    const uint8_t *pixels;
    int32_t width;  /* 1 to 65535 */
    int32_t height; /* 1 to 65535 */
} iotpipe_shim_image;

/* A resnet50 (v1.5, as torchvision's) ready to run; opaque. */
typedef struct iotpipe_shim_model iotpipe_shim_model;

/* The functions. The table is the shim's own, constant, and lives as long as the library is open. */
typedef struct {
    uint32_t abi; /* IOTPIPE_SHIM_ABI of the shim */

    /* libtorch's version ("2.6.0"), oneDNN's ("3.5.3"), and the instruction set libtorch's own kernels chose
     * ("AVX2", "AVX512", "DEFAULT"). Terminated strings of the shim's, valid while it is open. */
    const char *(*torch_version)(void);
    const char *(*onednn_version)(void);
    const char *(*cpu_capability)(void);

    /* 1 where the processor has instructions of its own for a precision (IOTPIPE_SHIM_PRECISION_…), else 0. bf16 is
     * refused without them; int8 then works with weights of seven bits, since eight would overflow unseen. */
    int32_t (*native)(int32_t precision);

    /* 1 where convolutions of bytes with weights of -weight to weight (1 to 127) give the sums that integers have, 0
     * where they overflow, -1 where it cannot be found out. */
    int32_t (*adds_exactly)(int32_t weight);

    /* Builds a model: checks every name and shape, folds the batch norms (eps 1e-5) into the convolutions, and packs
     * the weights for oneDNN. The tensors must be exactly those of torchvision's resnet50; `num_batches_tracked` is
     * not among them. The class count is the number of rows of "fc.weight".
     * On success `*model` is the caller's, to be given to `destroy`; otherwise it is NULL. */
    int32_t (*create)(const iotpipe_shim_tensor *tensors, size_t count, const iotpipe_shim_options *options,
                      iotpipe_shim_model **model, char *error, size_t error_size);

    /* Frees a model; NULL is allowed. No call may be using it. */
    void (*destroy)(iotpipe_shim_model *model);

    /* How many classes the model tells apart. */
    int32_t (*classes)(const iotpipe_shim_model *model);

    /* Resizes (bilinear, half-pixel centres, antialiased when shrinking), normalises and classifies `count` pictures
     * as one batch; they may differ in size. `probabilities` receives count × classes numbers, each row summing to 1.
     * Any number of threads may call this at the same time; each call computes on `threads` threads. The first call
     * with a new `count` packs weights for that batch size and is slow. */
    int32_t (*classify)(iotpipe_shim_model *model, const iotpipe_shim_image *images, size_t count,
                        float *probabilities, size_t capacity, char *error, size_t error_size);

    /* The network alone: `input` is [count, 3, input_height, input_width] float32, already normalised; `logits`
     * receives count × classes numbers from before the softmax. Otherwise as `classify`; in int8 the input is first
     * rounded to pixels. */
    int32_t (*logits)(iotpipe_shim_model *model, const float *input, size_t count, float *logits, size_t capacity,
                      char *error, size_t error_size);

    /* Runs pictures through a model of f32 as `classify` does, for what the 8-bit ranges are chosen from. `maxima`
     * (IOTPIPE_SHIM_CONVOLUTIONS numbers) are raised to the largest absolute values of each convolution's result.
     * Where `bins` is not NULL, its IOTPIPE_SHIM_CONVOLUTIONS × IOTPIPE_SHIM_BINS counts are raised by the absolute
     * values from 0 to `limits`, as many numbers as `maxima`; larger values are not counted. */
    int32_t (*observe)(iotpipe_shim_model *model, const iotpipe_shim_image *images, size_t count, const float *limits,
                       float *maxima, uint64_t *bins, char *error, size_t error_size);
} iotpipe_shim;

/* The table, or NULL where the shim speaks another version than the caller's `abi`. */
typedef const iotpipe_shim *(*iotpipe_shim_getter)(uint32_t abi);

#ifdef __cplusplus
}
#endif

#endif
