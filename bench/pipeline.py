"""What `bench/pipeline` measures and prints; see there. Kafka runs, and libpq's variables name PostgreSQL."""

import argparse
import os
import statistics
import sys

from roles import Machine, Pipeline, Python

HEAD = ("| precision | who | images/s | p50, ms | p90, ms | p95, ms | CPU of infer | outside the model | produce |"
        " persist | memory of infer, persist, produce, MB |\n|---|---|---|---|---|---|---|---|---|---|---|")


def say(text):
    print(f"pipeline: {text}", file=sys.stderr, flush=True)


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def text(value, digits=1):
    return "" if value is None else f"{value:.{digits}f}"


def row(precision, who, saturated, steady):
    """`saturated` and `steady`: the results of all rounds, at full load and at the common lower rate."""
    of = lambda runs, key: median(run.get(key) for run in runs)
    print(f"| {precision} | {who} | {text(of(saturated, 'rate'))} |",
          *(f"{text(of(steady, key))} |" for key in ("p50", "p90", "p95")),
          *(f"{text(of(saturated, key))} |" for key in ("infer", "outside", "produce", "persist")),
          ", ".join(text(of(saturated, key + "_memory"), 0) or "?" for key in ("infer", "persist", "produce")), "|",
          flush=True)


def beside(options, size):
    """All contenders at full load, then all at 80 % of what the slowest of them did."""
    print(f"\n## {size}×{size} pixels\n")
    print("Processor time is in milliseconds an image, at full load; latencies at 80 % of the slower one's images/s.\n")
    print(HEAD)
    for precision in options.precisions:
        contenders = {"iotpipe": Pipeline(options, size, precision),
                      "tuned": Python(options, "tuned.py", size, precision)}
        if options.plain and precision != "int8" and size == 224:
            contenders["plain"] = Python(options, "baseline.py", size, precision)
        capacity = contenders["iotpipe"].model_alone()
        full = {name: [] for name in contenders}
        steady = {name: [] for name in contenders}
        for turn in range(options.rounds):
            for name, contender in contenders.items():
                say(f"{size}×{size} {precision}: {name}, full load, round {turn + 1}")
                limit = capacity if name != "plain" else 8
                full[name].append(contender.run(rate=limit * 3, count=int(limit * options.seconds)))
        slower = min(median(run["rate"] for run in full[name]) for name in ("iotpipe", "tuned"))
        for turn in range(options.rounds):
            for name, contender in contenders.items():
                say(f"{size}×{size} {precision}: {name}, 80 %, round {turn + 1}")
                rate = 0.8 * (slower if name != "plain" else median(run["rate"] for run in full[name]))
                steady[name].append(contender.run(rate=rate, count=int(rate * options.seconds)))
        for name in contenders:
            row(precision, name, full[name], steady[name])
        rate = {name: median(run["rate"] for run in full[name]) for name in contenders}
        line = f"| | **iotpipe ÷ tuned** | **{rate['iotpipe'] / rate['tuned']:.2f}** |"
        print(line + " | " * 7 + " |")


def apart(options, machine):
    """The pipeline with infer on one core against the model alone on that core."""
    print("\n## The pipeline with infer on core 0 and everything else on core 1, against the model alone on core 0\n")
    print("Medians of all rounds, taken in turn; µs of processor time an image.\n")
    print("| size | precision | model alone, images/s | pipeline, images/s | ÷ | produce | infer outside the model |"
          " persist | sum |\n|---|---|---|---|---|---|---|---|---|")
    machine.keep_servers_on({1})
    for size in options.sizes:
        for precision in options.precisions:
            pipeline = Pipeline(options, size, precision, model_core=0, others=1)
            alone, runs = [], []
            for turn in range(options.rounds):
                say(f"apart, {size}×{size} {precision}, round {turn + 1}")
                alone.append(pipeline.model_alone())
                runs.append(pipeline.run(rate=alone[0] * 3, count=int(alone[0] * options.seconds)))
            rate, model = median(run["rate"] for run in runs), median(alone)
            parts = [median(run[key] for run in runs) * 1000 for key in ("produce", "outside", "persist")]
            print(f"| {size}×{size} | {precision} | {model:.1f} | {rate:.1f} | **{rate / model:.3f}** |",
                  *(f"{part:.0f} |" for part in parts), f"{sum(parts):.0f} |", flush=True)
    machine.keep_servers_on(set(range(os.cpu_count())))


def batching(options):
    """What dynamic batches cost at light load and bring at full load."""
    print("\n## Dynamic batches\n")
    print("Light load is 5 % of the full one; its time is from the decoded picture to the result, median.\n")
    print("| size | precision | --batch-delay | light load, ms | batch of 1 alone, ms | full load, images/s |"
          f" batch of {options.batch} alone, images/s |\n|---|---|---|---|---|---|---|")
    for size in options.sizes:
        for precision in options.precisions:
            pipeline, streams = Pipeline(options, size, precision), os.cpu_count()
            single, best = pipeline.model_alone("--batch", 1), pipeline.model_alone()
            for delay in ("0ms", "2ms"):
                say(f"batches, {size}×{size} {precision}, {delay}")
                light = [pipeline.run(best / 20, max(50, int(best / 20 * options.seconds)), "--batch-delay", delay)
                         for _ in range(options.rounds)]
                full = [pipeline.run(best * 3, int(best * options.seconds), "--batch-delay", delay)
                        for _ in range(options.rounds)]
                print(f"| {size}×{size} | {precision} | {delay} | {text(median(run['model'] for run in light))} |"
                      f" {1000 * streams / single:.1f} | {text(median(run['rate'] for run in full))} | {best:.1f} |",
                      flush=True)


def contended(options, machine):
    """The model alone with a busy process for each core."""
    print("\n## With a busy process for each core beside the model\n")
    print("The fair share is half. Images/s of the model alone, batch of", options.batch, "\n")
    print("| size | precision | streams x threads | idle | contended | ÷ |\n|---|---|---|---|---|---|")
    cores = os.cpu_count()
    for size in options.sizes:
        for precision in options.precisions:
            for streams, threads in ((1, cores), (cores, 1)):
                pipeline = Pipeline(options, size, precision)
                form = "--streams", streams, "--threads", threads
                idle, busy = [], []
                for turn in range(options.rounds):
                    say(f"contended, {size}×{size} {precision}, {streams}x{threads}, round {turn + 1}")
                    idle.append(pipeline.model_alone(*form))
                    with machine.busy():
                        busy.append(pipeline.model_alone(*form))
                print(f"| {size}×{size} | {precision} | {streams}x{threads} | {median(idle):.1f} | {median(busy):.1f} |"
                      f" **{median(busy) / median(idle):.2f}** |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("iotpipe", "broker", "work", "dataset", "baseline"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--sizes", nargs="+", type=int)
    parser.add_argument("--precisions", nargs="+")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--plain", action="store_true")
    options = parser.parse_args()
    machine = Machine(options)
    print(f"Medians of {options.rounds} rounds of about {options.seconds:.0f} s; batches of at most {options.batch}.")
    for size in options.sizes:
        beside(options, size)
    apart(options, machine)
    batching(options)
    contended(options, machine)


main()
