#!/usr/bin/env python3
"""Prints p50, p90, p95 and p99 of a file that `produce --latencies` wrote, in nanoseconds, by way of pandas.

An image without an answer counts as endless; the rank is the nearest one.
"""

import sys

import numpy
import pandas

rows = pandas.read_csv(sys.argv[1], usecols=["result_ns", "outcome"], dtype={"outcome": "category"})
latencies = rows["result_ns"].where(rows["outcome"] == "ok", numpy.inf).to_numpy()
for value in numpy.quantile(latencies, [0.50, 0.90, 0.95, 0.99], method="inverted_cdf"):
    print(f"{value:.0f}")
