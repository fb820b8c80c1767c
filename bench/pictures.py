"""The pictures that the peers are shown: those that iotpipe takes of a dataset, as the network sees them."""

import itertools
import json
import pathlib

import network
import numpy

# What iotpipe itself shows a model that it measures: the twenty pictures in the program.
SAMPLE = "data/sample"
# A record of CIFAR-100's binary files: two labels, then the planes R, G, B of 32×32 pixels.
SIDE, RECORD = 32, 2 + 3 * 32 * 32


def images(dataset):
    """All pictures of a CIFAR-100 binary file or a folder of PNG files of that size: [N, 3, 32, 32] bytes."""
    path = pathlib.Path(dataset)
    if path.is_dir():
        from PIL import Image

        read = [numpy.asarray(Image.open(file).convert("RGB")) for file in sorted(path.glob("*.png"))]
        return numpy.stack(read).transpose(0, 3, 1, 2)
    return numpy.fromfile(path, "u1").reshape(-1, RECORD)[:, 2:].reshape(-1, 3, SIDE, SIDE)


def spread(total, count):
    """So many of the indices below `total`, evenly spread."""
    count = min(count, total)
    return [index * total // count for index in range(count)]


def resampling(side):
    """Bilinear with half-pixel centres, as a matrix of side × 32; enlarges only."""
    places = numpy.clip((numpy.arange(side) + 0.5) * SIDE / side - 0.5, 0, SIDE - 1)
    first = numpy.minimum(places.astype(int), SIDE - 2)
    matrix = numpy.zeros((side, SIDE), "f4")
    rows = numpy.arange(side)
    matrix[rows, first] = 1 - (places - first)
    matrix[rows, first + 1] = places - first
    return matrix


def batches(dataset, metadata, side, count, size, again=False):
    """The pictures in batches of `size`, resized and normalised as a weights file's metadata say: [N, 3, side, side].

    There are `count` of them at most, and the last batch may be smaller; with `again` a dataset that has fewer begins
    again.
    """
    mean, deviation = (
        numpy.asarray(json.loads(metadata[key]) if key in metadata else default, "f4")[:, None, None]
        for key, default in (("mean", network.MEAN), ("std", network.DEVIATION)))
    every = images(dataset)
    matrix = resampling(side)
    chosen = spread(len(every), count)
    if again:
        chosen = list(itertools.islice(itertools.cycle(range(len(every))), count))
    for start in range(0, len(chosen), size):
        batch = every[chosen[start:start + size]].astype("f4") / 255
        yield numpy.ascontiguousarray((matrix @ batch @ matrix.T - mean) / deviation, "f4")
