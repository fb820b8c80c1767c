#!/usr/bin/env python3
"""Reads and writes logs of histograms with the Python package of HdrHistogram.

    hdr.py read FILE           JSON: for each tag the count and the percentiles, as HdrHistogram finds them
    hdr.py write FILE SEED     two intervals of random values, and their exact percentiles as JSON
"""

import json
import random
import sys

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader, HistogramLogWriter

PERCENTS = [0, 10, 50, 90, 95, 99, 99.9, 100]
HIGHEST = 2**63 - 1


def figures(histogram: HdrHistogram) -> dict:
    """What two sides compare."""
    return {
        "count": histogram.get_total_count(),
        "percentiles": [histogram.get_value_at_percentile(percent) for percent in PERCENTS],
        "buckets": [[item.value_iterated_to, item.count_added_in_this_iter_step] for item in
                    histogram.get_recorded_iterator()],
    }


def read(path: str) -> None:
    """Goes through the file with its reader."""
    reader = HistogramLogReader(path, HdrHistogram(1, HIGHEST, 3))
    found = {}
    while (histogram := reader.get_next_interval_histogram()) is not None:
        found[histogram.get_tag()] = figures(histogram)
    print(json.dumps(found))


def write(path: str, seed: str) -> None:
    """Writes values of many magnitudes."""
    numbers = random.Random(int(seed))
    values = [int(2 ** (numbers.random() * 45)) for _ in range(5000)]
    with open(path, "w", encoding="utf-8") as file:
        log = HistogramLogWriter(file)
        log.output_log_format_version()
        log.output_legend()
        for start, part in ((10, values[:2000]), (20, values[2000:])):
            histogram = HdrHistogram(1, HIGHEST, 3)
            for value in part:
                histogram.record_value(value)
            log.output_interval_histogram(histogram, start, start + 10)
    values.sort()
    ranks = [max(1, -(-int(percent * 10) * len(values) // 1000)) for percent in PERCENTS]
    print(json.dumps({"count": len(values), "percentiles": [values[rank - 1] for rank in ranks], "buckets": []}))


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](*sys.argv[2:])
