"""Prints the tables of `bench/model`: one for each size, rows of precision and batch.

Usage: bench/page.py MEASUREMENTS PEAKS MULTIPLICATIONS [AGREEMENTS]: files of lines with tabs between. MEASUREMENTS has
side, precision, batch, contender, way and what was measured in JSON; PEAKS precision, library and multiply-adds a
second; MULTIPLICATIONS side and multiply-adds an image; AGREEMENTS side, how many pictures iotpipe names as in f32, and
the peers' in JSON. What was measured several times counts with its best round, a peak with the highest.
"""

import collections
import csv
import json
import statistics
import sys

OURS = "iotpipe"
# The same on another libtorch is no peer: it is shown, and compared with nothing.
OTHER = "other libtorch"


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def table(measured, contenders, peaks, multiplications):
    """One size's table. `measured`: by precision and batch, then by contender and way, what `figures` gives, a list."""
    print("| precision | batch |", " | ".join(contenders), "| ÷ best peer | CPU ÷ | ÷ of means | of the peak |")
    print("|---|---|" + "---|" * len(contenders) + "---|---|---|---|")
    for (precision, batch), cell in measured.items():
        best, means = {}, {}
        for (contender, way), values in cell.items():
            speeds, processors, plain = zip(*values)
            speed = max(speeds)
            means[contender] = max(statistics.median(plain), means.get(contender, 0))
            if contender not in best or speed > best[contender][0]:
                best[contender] = speed, min(processors), way
        texts = []
        for contender in contenders:
            speed, processor, way = best.get(contender, (0, 0, ""))
            # Only where it was a choice.
            way = f" {way}" if "x" in way else ""
            texts.append(f"{speed:.1f} ({processor:.1f}){way}" if speed else "")
        speed, processor, _ = best.pop(OURS)
        best.pop(OTHER, None)
        means.pop(OTHER, None)
        faster = mark(speed / max(value[0] for value in best.values())) if best else ""
        cheaper = mark(min(value[1] for value in best.values()) / processor) if best else ""
        mean = means.pop(OURS)
        average = mark(mean / max(means.values())) if means else ""
        share = speed * multiplications / peaks[precision]
        print(f"| {precision} | {batch} |", " | ".join(texts), f"| {faster} | {cheaper} | {average} | {share:.0%} |")


def figures(result):
    """Images/s of the fastest tenth of batches, CPU in ms an image, and images/s of all."""
    undisturbed = result["streams"] * result["batch"] * 1e3 / result["batchP10"]
    return undisturbed, result["processorPerImage"], result["imagesPerSecond"]


def mark(ratio):
    """A ratio, marked where iotpipe is behind."""
    return f"{ratio:.2f}" if ratio >= 1 else f"**{ratio:.2f}** ▼"


def agreements(path):
    """How often int8 and f32 name the same class."""
    print("\n## Agreement of int8 with f32\n\nOf how many pictures it names the same class. The peers' ranges are ONNX "
          "Runtime's percentiles of 99.999 from\nas many pictures as iotpipe's; both run the same file, compared with "
          "ONNX Runtime in f32, iotpipe with its own f32.\n")
    print("| size | pictures | iotpipe | OpenVINO | ONNX Runtime | OpenVINO's convolutions compute in |")
    print("|---|---|---|---|---|---|")
    for side, ours, text in rows(path):
        peers = json.loads(text)
        total = peers["images"]
        shares = " | ".join(f"{int(value) / total:.1%}" for value in (ours, peers["openvino"], peers["onnxruntime"]))
        kinds = ", ".join(f"{kind}: {count}" for kind, count in sorted(peers["convolutions"].items()))
        print(f"| {side}×{side} | {total} | {shares} | {kinds} |")


def main(measurements, peak_file, multiplication_file, agreement_file=None):
    measured = collections.defaultdict(lambda: collections.defaultdict(lambda: collections.defaultdict(list)))
    contenders = []
    for side, precision, batch, contender, way, text in rows(measurements):
        result = json.loads(text)
        # OpenVINO's hints are contenders of their own.
        contender = contender.replace("-", " ") if "x" in way else f"{contender} {way}"
        measured[side][precision, batch][contender, way].append(figures(result))
        if contender not in contenders:
            contenders.append(contender)
    contenders.sort(key=lambda contender: contender != OURS)

    runs = collections.defaultdict(lambda: collections.defaultdict(list))
    for precision, library, value in rows(peak_file):
        runs[precision][library].append(float(value) / 1e9)
    peaks = {}
    print("| precision | peak, G multiply-adds/s | of |")
    print("|---|---|---|")
    for precision, libraries in runs.items():
        value, library = max((max(values), library) for library, values in libraries.items())
        peaks[precision] = value * 1e9
        print(f"| {precision} | {value:.0f} | {library} |")

    for side, text in rows(multiplication_file):
        multiplications = int(text)
        print(f"\n## {side}×{side} pixels\n\n{multiplications / 1e9:.2f} G multiply-adds an image.\n")
        table(measured[side], contenders, peaks, multiplications)

    spreads = [
        (max(speeds) - min(speeds)) / statistics.median(speeds)
        for cells in measured.values() for cell in cells.values() for values in cell.values()
        if len(speeds := [speed for _, _, speed in values]) > 1
    ]
    if spreads:
        print(f"\nBetween the rounds images/s differed by {statistics.median(spreads):.0%} (median of all that was "
              f"measured), at most by {max(spreads):.0%}.")
    if agreement_file:
        agreements(agreement_file)


main(*sys.argv[1:])
