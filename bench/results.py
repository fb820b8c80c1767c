"""Writes result messages for images, as kafka-console-producer.sh reads them: headers, key and value, tabs between.

Usage: bench/results.py LATENCIES.csv: the file that `iotpipe produce --latencies` wrote. One message an image, like
those of infer.
"""

import csv
import datetime
import json
import sys


def stamp(nanoseconds):
    seconds, fraction = divmod(nanoseconds, 10**9)
    date = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return f"{date:%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


MODEL = "0123456789ab-f32"
for row in csv.DictReader(open(sys.argv[1], newline="")):
    planned = int(row["planned_ns"])
    value = {
        "imageId": row["image_id"], "deviceId": row["device"], "capturedAt": stamp(planned), "model": "resnet50",
        "modelVersion": MODEL, "precision": "f32",
        "top5": [
            {"label": label, "index": index, "probability": 0.8123456789 / (1 << place)}
            for place, (label, index) in enumerate(
                [("tabby cat", 281), ("tiger cat", 282), ("lynx", 287), ("Egyptian cat", 285), ("remote control", 761)])
        ],
        "receivedAt": stamp(planned + 2_000_001), "decodedAt": stamp(planned + 3_000_002),
        "inferredAt": stamp(planned + 40_000_003),
    }
    trace = f"00-{row['image_id'].replace('-', '')}-0123456789abcdef-01"
    headers = [
        "ce_specversion=1.0", f"ce_id={row['image_id']}/{MODEL}", f"ce_source=/devices/{row['device']}",
        "ce_type=io.iotpipe.image.classified.v1", f"ce_time={value['inferredAt']}", f"ce_subject={row['image_id']}",
        "content-type=application/json", f"traceparent={trace}", f"ce_traceparent={trace}",
    ]
    print(",".join(headers), row["device"], json.dumps(value, separators=(",", ":")), sep="\t")
