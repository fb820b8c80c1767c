#include "CPNG.h"

#include <png.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

/// Where libpng's errors go.
struct failure {
    char *text;
    size_t size;
};

static void report(struct failure *failure, const char *message) {
    if (failure->size > 0) snprintf(failure->text, failure->size, "%s", message);
}

static void fail(png_structp png, png_const_charp message) {
    report(png_get_error_ptr(png), message);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

// Reading

struct source {
    const uint8_t *bytes;
    size_t count;
    size_t position;
};

static void read_bytes(png_structp png, png_bytep into, size_t count) {
    struct source *source = png_get_io_ptr(png);
    if (count > source->count - source->position) {
        source->position = source->count;
        png_error(png, "the data ends before the picture does");
    }
    memcpy(into, source->bytes + source->position, count);
    source->position += count;
}

// All that may jump: nothing here is read again after a jump, so no local needs to be volatile.
static void read_picture(png_structp png, png_infop info, uint32_t width, uint32_t height, uint8_t *pixels) {
    // What libpng calls benign (a wrong Adler-32, data after the last row) is damage too.
    png_set_benign_errors(png, 0);
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    // Ancillary chunks are passed over unread (CRC apart), so a compressed text or profile cannot be a bomb.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, (png_const_bytep) "tRNS", 1);
    png_set_user_limits(png, width, height);

    png_read_info(png, info);
    if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height) {
        png_error(png, "the size changed between two readings");
    }
    int color = png_get_color_type(png, info);
    if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if (color == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
    if (!(color & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(png);
    if (color & PNG_COLOR_MASK_ALPHA) png_set_strip_alpha(png);
    png_set_strip_16(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t stride = 3 * (size_t)width;
    if (png_get_rowbytes(png, info) != stride) png_error(png, "a colour type that does not become RGB");

    for (int pass = 0; pass < passes; pass++) {
        for (uint32_t row = 0; row < height; row++) png_read_row(png, pixels + row * stride, NULL);
    }
    png_read_end(png, NULL);
}

int iotpipe_png_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, size_t *position,
    char *error, size_t error_size) {
    struct failure failure = {error, error_size};
    struct source source = {bytes, count, 0};
    *position = 0;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &failure, fail, ignore_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        report(&failure, "libpng found no memory");
        png_destroy_read_struct(&png, NULL, NULL);
        return -1;
    }
    png_set_read_fn(png, &source, read_bytes);
    int failed = setjmp(png_jmpbuf(png));
    if (!failed) read_picture(png, info, width, height, pixels);
    *position = source.position;
    png_destroy_read_struct(&png, &info, NULL);
    return failed ? -1 : 0;
}

// Writing

struct destination {
    uint8_t *bytes;
    size_t capacity;
    size_t count;
};

static void write_bytes(png_structp png, png_bytep from, size_t count) {
    struct destination *destination = png_get_io_ptr(png);
    if (count > destination->capacity - destination->count) png_error(png, "the encoded picture does not fit");
    memcpy(destination->bytes + destination->count, from, count);
    destination->count += count;
}

static void flush_nothing(png_structp png) { (void)png; }

static void write_picture(
    png_structp png, png_infop info, const uint8_t *pixels, uint32_t width, uint32_t height,
    struct iotpipe_png_settings settings) {
    png_set_compression_level(png, settings.level);
    png_set_compression_mem_level(png, settings.memory_level);
    if (settings.fast) png_set_compression_strategy(png, Z_RLE);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, settings.fast ? PNG_FILTER_AVG : PNG_ALL_FILTERS);
    png_set_IHDR(
        png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
        PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (uint32_t row = 0; row < height; row++) png_write_row(png, pixels + row * 3 * (size_t)width);
    png_write_end(png, NULL);
}

int iotpipe_png_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, struct iotpipe_png_settings settings, uint8_t *bytes,
    size_t capacity, size_t *count, char *error, size_t error_size) {
    struct failure failure = {error, error_size};
    struct destination destination = {bytes, capacity, 0};
    *count = 0;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &failure, fail, ignore_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        report(&failure, "libpng found no memory");
        png_destroy_write_struct(&png, NULL);
        return -1;
    }
    png_set_write_fn(png, &destination, write_bytes, flush_nothing);
    int failed = setjmp(png_jmpbuf(png));
    if (!failed) write_picture(png, info, pixels, width, height, settings);
    *count = destination.count;
    png_destroy_write_struct(&png, &info);
    return failed ? -1 : 0;
}

const char *iotpipe_png_version(void) { return png_get_libpng_ver(NULL); }
