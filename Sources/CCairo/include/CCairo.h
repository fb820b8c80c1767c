#ifndef IOTPIPE_CCAIRO_H
#define IOTPIPE_CCAIRO_H

#include <cairo/cairo.h>
#include <cairo/cairo-svg.h>

/// The first font of a file, for the rest of the process; NULL where it cannot be read. Its headers (FreeType's) are not
/// imported into Swift: they lie in a folder of their own.
cairo_font_face_t *iotpipe_font_face(const char *path);

#endif
