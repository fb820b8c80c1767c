"""Writes the PNG files of this folder and expected.txt: their size and RGB8 pixels, in hexadecimal.

The files are written by pypng. What they decode to is computed from the samples they were written from, and has to be
what Pillow makes of the file with convert("RGB") too (but for 16-bit gray, which Pillow scales in its own way).
Run once: `pip install pypng==0.20220715.0 pillow==13.0.0 && python3 generate.py`.
"""

import io
import pathlib
import random
import struct
import zlib

import png
from PIL import Image

folder = pathlib.Path(__file__).parent
random.seed(100)
lines = []


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def chunks(data):
    position = 8
    while position < len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        yield data[position + 4 : position + 8], data[position + 8 : position + 8 + length]
        position += 12 + length


def keep(name, data, width, height, pixels, pillow=True):
    pixels = bytes(pixels)
    if pillow:
        seen = Image.open(io.BytesIO(data)).convert("RGB")
        assert (seen.size, seen.tobytes()) == ((width, height), pixels), name
    (folder / f"{name}.png").write_bytes(data)
    lines.append(f"{name} {width} {height} {pixels.hex()}\n")


def make(name, width, height, pillow=True, palette=None, **options):
    gray, alpha, depth = options.get("greyscale", False), options.get("alpha", False), options["bitdepth"]
    channels = 1 if palette else (1 if gray else 3) + (1 if alpha else 0)
    limit = len(palette) if palette else 1 << depth
    rows = [[random.randrange(limit) for _ in range(width * channels)] for _ in range(height)]
    output = io.BytesIO()
    png.Writer(width, height, palette=palette, **options).write(output, rows)
    pixels = []
    for row in rows:
        for x in range(width):
            samples = row[x * channels : (x + 1) * channels]
            if palette:
                pixels += palette[samples[0]][:3]
                continue
            scaled = [s >> 8 if depth == 16 else s * 255 // ((1 << depth) - 1) for s in samples]
            pixels += scaled[:1] * 3 if gray else scaled[:3]
    keep(name, output.getvalue(), width, height, pixels, pillow)
    return output.getvalue(), pixels


def colors(count, alpha=False):
    return [tuple(random.randrange(256) for _ in range(4 if alpha else 3)) for _ in range(count)]


for interlace in (False, True):
    end = "-interlaced" if interlace else ""
    for depth in (1, 2, 4, 8, 16):
        make(f"gray-{depth}{end}", 9, 10, pillow=depth < 16, greyscale=True, bitdepth=depth, interlace=interlace)
    for depth in (8, 16):
        make(f"rgb-{depth}{end}", 9, 10, greyscale=False, bitdepth=depth, interlace=interlace)
        make(f"gray-alpha-{depth}{end}", 9, 10, greyscale=True, alpha=True, bitdepth=depth, interlace=interlace)
        make(f"rgb-alpha-{depth}{end}", 9, 10, greyscale=False, alpha=True, bitdepth=depth, interlace=interlace)
    for depth in (1, 2, 4, 8):
        make(f"palette-{depth}{end}", 9, 10, palette=colors(min(1 << depth, 40)), bitdepth=depth, interlace=interlace)
    # Adam7's passes are empty in such small pictures.
    for width, height in ((1, 1), (2, 3), (5, 1)):
        make(f"rgb-{width}x{height}{end}", width, height, greyscale=False, bitdepth=8, interlace=interlace)

# Transparency by tRNS: dropped, not blended.
make("palette-4-trns", 9, 10, palette=colors(16, alpha=True), bitdepth=4)
make("palette-1-trns", 9, 10, palette=colors(2, alpha=True), bitdepth=1)
make("gray-2-trns", 9, 10, greyscale=True, bitdepth=2, transparent=1)
make("rgb-8-trns", 9, 10, greyscale=False, bitdepth=8, transparent=(1, 2, 3))
make("rgb-16-trns", 9, 10, greyscale=False, bitdepth=16, transparent=(1, 2, 3))

# One picture in unusual clothes.
data, pixels = make("plain", 9, 10, greyscale=False, bitdepth=8)
parts = list(chunks(data))
header, compressed = parts[0][1], b"".join(body for kind, body in parts if kind == b"IDAT")
signature, ihdr, iend = data[:8], chunk(b"IHDR", header), chunk(b"IEND", b"")
keep("many-idat", signature + ihdr + b"".join(chunk(b"IDAT", compressed[i:i + 7]) for i in range(0, len(compressed), 7))
     + chunk(b"IDAT", b"") + iend, 9, 10, pixels)
texts = (chunk(b"gAMA", struct.pack(">I", 10000)) + chunk(b"tEXt", b"Comment\0hello")
         + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000))) + chunk(b"iCCP", b"nonsense\0\0nonsense")
         + chunk(b"abCd", b"private"))
keep("ancillary", signature + ihdr + texts + chunk(b"IDAT", compressed) + chunk(b"tEXt", b"a\0b") + iend, 9, 10, pixels)
keep("trailing", data + b"what comes after the end is not looked at", 9, 10, pixels)

# Every filter type, a row each (pypng writes type 0 alone); a gradient, so that none of them is without effect.
width, height = 8, 10
rows = [bytes((x * 9 + y * 5 + c * 40 + x * y) % 256 for x in range(width) for c in range(3)) for y in range(height)]


def predict(kind, left, up, corner):
    estimate = left + up - corner
    order = sorted((abs(estimate - v), i, v) for i, v in enumerate((left, up, corner)))
    return (0, left, up, (left + up) // 2, order[0][2])[kind]


raw = bytearray()
for y, row in enumerate(rows):
    above, kind = rows[y - 1] if y else bytes(3 * width), (4 - y) % 5
    raw.append(kind)
    for i, value in enumerate(row):
        left, corner = (row[i - 3], above[i - 3]) if i >= 3 else (0, 0)
        raw.append((value - predict(kind, left, above[i], corner)) % 256)
keep("filters", signature + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
     + chunk(b"IDAT", zlib.compress(bytes(raw), 9)) + iend, width, height, b"".join(rows))

(folder / "expected.txt").write_text("".join(sorted(lines)))
