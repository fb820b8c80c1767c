#ifndef IOTPIPE_CPNG_H
#define IOTPIPE_CPNG_H

#include <stddef.h>
#include <stdint.h>

// The whole of libpng that iotpipe needs: one picture in memory to pixels, and back. It is C because libpng reports
// errors by longjmp, which must never cross a Swift frame. No function here keeps a pointer or allocates memory that
// outlives the call; each returns 0, or -1 with a text in `error` (always terminated, cut off at `error_size`).

/// Decodes a PNG of any colour type, depth and interlacing to rows of 8-bit R, G, B.
///
/// Transparency and all ancillary chunks are ignored, 16-bit samples keep their upper byte. Every chunk's CRC is
/// checked, up to and including IEND; bytes after it are not looked at.
///
/// @param width, height what IHDR says, as the caller read it: it is an error if libpng reads anything else.
/// @param pixels room for 3 * width * height bytes; holds rubbish after an error.
/// @param position how many bytes had been read when the call ended.
int iotpipe_png_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels, size_t *position,
    char *error, size_t error_size);

/// How a picture is compressed. Pixels decode to the same values whatever is chosen.
struct iotpipe_png_settings {
    /// zlib's 0 to 9.
    int level;
    /// zlib's memory level, 1 to 9: the size of its tables, which it clears for each picture.
    int memory_level;
    /// Not 0: one filter for all rows, and run lengths with Huffman codes instead of a search for repetitions.
    int fast;
};

/// Encodes rows of 8-bit R, G, B as a PNG of colour type 2.
///
/// @param bytes room for `capacity` bytes; too little room is an error.
/// @param count how many bytes were written.
int iotpipe_png_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, struct iotpipe_png_settings settings, uint8_t *bytes,
    size_t capacity, size_t *count, char *error, size_t error_size);

/// The version of the libpng that is loaded, such as "1.6.39".
const char *iotpipe_png_version(void);

#endif
