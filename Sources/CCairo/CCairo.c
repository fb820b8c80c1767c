#include "CCairo.h"

#include <cairo/cairo-ft.h>

cairo_font_face_t *iotpipe_font_face(const char *path) {
    FT_Library library;
    FT_Face face;
    if (FT_Init_FreeType(&library) != 0) return NULL;
    if (FT_New_Face(library, path, 0, &face) != 0) {
        FT_Done_FreeType(library);
        return NULL;
    }
    return cairo_ft_font_face_create_for_ft_face(face, 0);
}
