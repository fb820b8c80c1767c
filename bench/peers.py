"""What `bench/model` measures beside iotpipe: OpenVINO, ONNX Runtime and PyTorch, one measurement a process.

Usage: bench/peers.py measure LIBRARY MODEL PRECISION WAY BATCH SIDE THREADS SECONDS
       bench/peers.py peak LIBRARY PRECISION THREADS SECONDS
       bench/peers.py quantize GRAPH.onnx OUTPUT.onnx WEIGHTS DATASET SIDE COUNT
       bench/peers.py agreement GRAPH.onnx QUANTIZED.onnx WEIGHTS DATASET SIDE COUNT
       bench/peers.py parity GRAPH.onnx REFERENCE

LIBRARY is openvino, onnxruntime or torch; numpy, too, for peak. MODEL is an ONNX file, for torch the weights. WAY is
latency or throughput (OpenVINO's hints), else STREAMSxTHREADS. All but parity print JSON.
"""

import json
import os
import pathlib
import resource
import sys
import tempfile
import threading
import time

import network
import numpy

import pictures

# Parity holds where no logit is further from the known one.
TOLERANCE = 1e-3
# Of the multiplication that shows the peak: rows, and the side of the square matrix.
ROWS, SQUARE = 1024, 4096
WARM_UP = 3


# The libraries: each function makes calls that compute a batch, to be made side by side


def openvino_compiled(path, shape, precision, way, threads):
    """A compiled model, for one shape of its input."""
    import openvino

    core = openvino.Core()
    model = core.read_model(path)
    model.reshape({model.input(0): shape})
    # A quantized model keeps the default for what is left of it: the fastest that is native.
    kind = {"f32": {"INFERENCE_PRECISION_HINT": "f32"}, "bf16": {"INFERENCE_PRECISION_HINT": "bf16"}, "int8": {}}
    return core.compile_model(
        model, "CPU", {"PERFORMANCE_HINT": way.upper(), "INFERENCE_NUM_THREADS": threads} | kind[precision])


def openvino_calls(path, batch, precision, way, threads):
    import openvino

    compiled = openvino_compiled(path, batch.shape, precision, way, threads)
    count = 1 if way == "latency" else compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")

    def call():
        request = compiled.create_infer_request()
        request.set_input_tensor(openvino.Tensor(batch.copy(), shared_memory=False))

        def run():
            request.start_async()
            request.wait()
            return request.get_output_tensor().data

        return run

    return [call() for _ in range(count)]


def onnxruntime_session(path, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def onnxruntime_calls(path, batch, precision, way, threads):
    streams, threads = map(int, way.split("x"))
    session = onnxruntime_session(path, threads)
    name = session.get_inputs()[0].name
    return [lambda: session.run(None, {name: batch})[0]] * streams


def torch_calls(path, batch, precision, way, threads):
    """Eager PyTorch, batch norm as a step of its own."""
    import torch
    from torch.nn import functional

    streams, threads = map(int, way.split("x"))
    torch.set_num_threads(threads)
    kind = {"f32": torch.float32, "bf16": torch.bfloat16}[precision]
    tensors = {name: torch.tensor(array).to(kind) for name, array in network.tensors_of(path)[0].items()}
    images = torch.tensor(batch).to(kind)

    def layer(value, name, norm, stride, padding):
        value = functional.conv2d(value, tensors[name + ".weight"], None, stride, padding)
        return functional.batch_norm(
            value, *(tensors[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")),
            eps=network.EPSILON)

    @torch.inference_mode()
    def run():
        value = block_input = shortcut = images
        for name, norm, stride, padding, kind in network.convolutions():
            if kind == "shortcut":
                shortcut = layer(block_input, name, norm, stride, padding)
                continue
            value = layer(value, name, norm, stride, padding)
            value = functional.relu(value + shortcut if kind == "last" else value)
            if kind == "stem":
                value = functional.max_pool2d(value, 3, 2, 1)
            if kind in ("stem", "last"):
                block_input = shortcut = value
        value = functional.adaptive_avg_pool2d(value, 1).flatten(1)
        return functional.linear(value, tensors["fc.weight"], tensors["fc.bias"]).float().numpy()

    return [run] * streams


def numpy_calls(path, batch, precision, way, threads):
    square = numpy.full((SQUARE, SQUARE), 0.5, "f4")
    return [lambda: batch @ square]


CALLS = {
    "openvino": openvino_calls, "onnxruntime": onnxruntime_calls, "torch": torch_calls, "numpy": numpy_calls,
}


# Measuring


def processor_time():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(calls, seconds):
    """Warms every call up, then makes all of them side by side, again and again.

    Returns what each batch took, the wall-clock time of all, and the processor's, in seconds.
    """
    for call in calls:
        for _ in range(WARM_UP):
            call()
    ready = threading.Barrier(len(calls) + 1)
    times = []

    def work(call):
        mine = []
        ready.wait()
        end = time.monotonic() + seconds
        while not mine or time.monotonic() < end:
            start = time.monotonic()
            call()
            mine.append(time.monotonic() - start)
        times.extend(mine)

    workers = [threading.Thread(target=work, args=[call]) for call in calls]
    for worker in workers:
        worker.start()
    ready.wait()
    start, processor = time.monotonic(), processor_time()
    for worker in workers:
        worker.join()
    return times, time.monotonic() - start, processor_time() - processor


def measured(library, path, precision, way, size, side, threads, seconds):
    images = next(pictures.batches(pictures.SAMPLE, {}, side, size, size, again=True))
    calls = CALLS[library](path, images, precision, way, threads)
    times, wall, processor = measure(calls, seconds)
    count = len(times) * size
    return {
        "imagesPerSecond": count / wall, "processorPerImage": processor * 1e3 / count, "streams": len(calls),
        "batch": size, "batchMedian": float(numpy.median(times)) * 1e3,
        "batchP10": float(numpy.percentile(times, 10)) * 1e3, "batches": len(times), "seconds": wall,
    }


def peak(library, precision, threads, seconds):
    """Multiply-adds a second of the fastest of many large matrix multiplications."""
    batch = numpy.full((ROWS, SQUARE), 0.5, "f4")
    way = "latency" if library == "openvino" else f"1x{threads}"
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/multiplication.onnx"
        if library != "numpy":
            network.write_multiplication(path, SQUARE, quantized=precision == "int8")
        times, _, _ = measure(CALLS[library](path, batch, precision, way, threads), seconds)
    return ROWS * SQUARE * SQUARE / min(times)


# 8-bit integers


def has_vnni():
    """Whether the processor adds 8-bit products without overflow on the way."""
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    return any(flag in flags for flag in ("avx512_vnni", "avx_vnni", "amx_int8"))


def quantize(graph, output, weights, dataset, side, count):
    """Writes the graph with 8-bit integers: QDQ, weights symmetric and by channel.

    The ranges leave the outermost values out: with the whole range fewer pictures were named as in float32.
    """
    from onnxruntime import quantization

    class Reader(quantization.CalibrationDataReader):
        """A batch at a time, since the ranges' finder keeps all that it saw since the last set_range."""

        def __init__(self):
            self.batches = list(pictures.batches(dataset, network.tensors_of(weights)[1], side, count, 8))
            self.current = iter(self.batches)

        def __len__(self):
            return len(self.batches)

        def set_range(self, start_index, end_index):
            self.current = iter(self.batches[start_index:end_index])

        def get_next(self):
            batch = next(self.current, None)
            return None if batch is None else {"input": batch}

    quantization.quantize_static(
        graph, output, Reader(), quant_format=quantization.QuantFormat.QDQ, per_channel=True,
        # Without VNNI two products add up in 16 bits: seven bits of weight avoid the overflow.
        reduce_range=not has_vnni(), activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8, calibrate_method=quantization.CalibrationMethod.Percentile,
        extra_options={
            "WeightSymmetric": True, "ActivationSymmetric": False, "CalibPercentile": 99.999, "CalibStridedMinMax": 1,
        })


def agreement(graph, quantized, weights, dataset, side, count):
    """How often each library names in 8 bits the class that ONNX Runtime names in float32.

    Also counts OpenVINO's convolutions by what they compute in.
    """
    threads = len(os.sched_getaffinity(0))
    shape = [1, 3, side, side]
    sessions = [onnxruntime_session(path, threads) for path in (graph, quantized)]
    compiled = openvino_compiled(quantized, shape, "int8", "latency", threads)
    total, equal = 0, {"onnxruntime": 0, "openvino": 0}
    for image in pictures.batches(dataset, network.tensors_of(weights)[1], side, count, 1):
        expected, found = (session.run(None, {"input": image})[0].argmax() for session in sessions)
        total += 1
        equal["onnxruntime"] += int(found == expected)
        equal["openvino"] += int(compiled([image])[0].argmax() == expected)
    kinds = {}
    for operation in compiled.get_runtime_model().get_ordered_ops():
        information = operation.get_rt_info()
        if information["layerType"].astype(str) == "Convolution":
            kind = information["runtimePrecision"].astype(str)
            kinds[kind] = kinds.get(kind, 0) + 1
    return {"images": total, **equal, "convolutions": kinds}


def parity(graph, reference):
    """The largest difference of a logit between ONNX Runtime and what is known."""
    known, _ = network.tensors_of(reference)
    (logits,) = onnxruntime_session(graph, 0).run(None, {"input": known["input"]})
    difference = float(numpy.abs(logits - known["logits"]).max())
    if not difference <= TOLERANCE:
        sys.exit(f"ONNX Runtime's logits differ from the known ones by up to {difference}, more than {TOLERANCE}")
    return f"{difference:.0e}"


def main(arguments):
    match arguments:
        case ["measure", library, path, precision, way, batch, side, threads, seconds]:
            result = measured(library, path, precision, way, int(batch), int(side), int(threads), float(seconds))
            print(json.dumps(result))
        case ["peak", library, precision, threads, seconds]:
            print(json.dumps(peak(library, precision, int(threads), float(seconds))))
        case ["quantize", graph, output, weights, dataset, side, count]:
            quantize(graph, output, weights, dataset, int(side), int(count))
        case ["agreement", graph, quantized, weights, dataset, side, count]:
            print(json.dumps(agreement(graph, quantized, weights, dataset, int(side), int(count))))
        case ["parity", graph, reference]:
            print(parity(graph, reference))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
