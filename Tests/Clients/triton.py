#!/usr/bin/env python3
"""Talks to iotpipe infer with NVIDIA's client of the Open Inference Protocol, as its users do.

    triton.py protocol ADDRESS [TOKEN]     everything that the protocol has; fails where an answer is wrong
    triton.py classify ADDRESS FILE COUNT  the first COUNT pictures of a CIFAR-100 file: JSON with the best five of each
    triton.py flood ADDRESS THREADS EACH   many requests at a time: JSON with how often which status came
"""

import collections
import json
import sys
import threading

import numpy
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

MODEL = "resnet50"
TIMEOUT = 60.0


def connect(address: str) -> triton.InferenceServerClient:
    """A client that waits long enough for a busy machine."""
    return triton.InferenceServerClient(address, connection_timeout=TIMEOUT, network_timeout=TIMEOUT)


def image(pixels: numpy.ndarray, binary: bool = True) -> triton.InferInput:
    """The model's input."""
    tensor = triton.InferInput("image", list(pixels.shape), "UINT8")
    tensor.set_data_from_numpy(pixels, binary_data=binary)
    return tensor


def refused(status: int, call) -> None:
    """Checks that a call is refused with that status and a message."""
    try:
        call()
    except InferenceServerException as error:
        assert error.status() == f"[{status}]" or error.status() == str(status), error
        assert error.message(), error
        return
    raise AssertionError(f"not refused with {status}")


def protocol(address: str, token: str = "") -> None:
    """Goes through the protocol."""
    # Handed out as copies: the client notes the length of a request in them, and would send it with the next.
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    client = connect(address)
    assert client.is_server_live() and client.is_server_ready()
    assert client.get_server_metadata(headers=dict(headers))["name"] == "iotpipe"
    model = client.get_model_metadata(MODEL, headers=dict(headers))
    version = model["versions"][0]
    assert [(t["name"], t["datatype"], t["shape"]) for t in model["inputs"]] == [("image", "UINT8", [-1, -1, -1, 3])]
    classes = model["outputs"][0]["shape"][1]
    assert [(t["name"], t["datatype"]) for t in model["outputs"]] == [("probabilities", "FP32"), ("label", "BYTES")]
    assert client.is_model_ready(MODEL, headers=dict(headers))
    assert client.is_model_ready(MODEL, version, headers=dict(headers))
    assert not client.is_model_ready("other", headers=dict(headers))

    pixels = numpy.random.default_rng(7).integers(0, 256, (3, 40, 30, 3), dtype=numpy.uint8)
    results = []
    for binary in (True, False):
        for binary_out in (True, False):
            outputs = [
                triton.InferRequestedOutput("probabilities", binary_data=binary_out),
                triton.InferRequestedOutput("label", binary_data=not binary_out),
            ]
            results.append(
                client.infer(
                    MODEL, [image(pixels, binary)], model_version=version, outputs=outputs, request_id="a \"1\"",
                    headers=dict(headers),
                )
            )
    results.append(client.infer(MODEL, [image(pixels)], headers=dict(headers)))
    rows = results[0].as_numpy("probabilities")
    assert rows.shape == (3, classes) and rows.dtype == numpy.float32
    assert numpy.allclose(rows.sum(axis=1), 1, atol=1e-4), rows.sum(axis=1)
    for result in results:
        assert result.get_response()["model_version"] == version
        assert numpy.allclose(result.as_numpy("probabilities"), rows, atol=1e-5)
        names = [name.decode() if isinstance(name, bytes) else name for name in result.as_numpy("label")]
        assert names == [text(best[0]) for best in best_classes(client, pixels, 1, headers)], names
    assert results[0].get_response()["id"] == "a \"1\""
    for row, best in zip(rows, best_classes(client, pixels, 5, headers)):
        order = numpy.argsort(-row, kind="stable")[:5]
        assert [int(entry.split(":")[1]) for entry in best] == order.tolist(), (best, order)
        assert numpy.allclose([float(entry.split(":")[0]) for entry in best], row[order], atol=1e-5)

    asynchronous = [client.async_infer(MODEL, [image(pixels[:1])], headers=dict(headers)) for _ in range(4)]
    for request in asynchronous:
        assert numpy.allclose(request.get_result().as_numpy("probabilities"), rows[:1], atol=1e-5)

    good = image(pixels)
    refused(404, lambda: client.infer("other", [good], headers=dict(headers)))
    refused(404, lambda: client.infer(MODEL, [good], model_version="1", headers=dict(headers)))
    refused(400, lambda: client.infer(MODEL, [good, good], headers=dict(headers)))
    refused(400, lambda: client.infer(MODEL, [image(pixels[..., :2])], headers=dict(headers)))
    many = image(numpy.zeros((65, 1, 1, 3), numpy.uint8))
    refused(413, lambda: client.infer(MODEL, [many], headers=dict(headers)))
    wrong = triton.InferRequestedOutput("logits")
    refused(400, lambda: client.infer(MODEL, [good], outputs=[wrong], headers=dict(headers)))
    refused(415, lambda: client.infer(MODEL, [good], request_compression_algorithm="gzip", headers=dict(headers)))
    if token:
        refused(401, lambda: client.infer(MODEL, [good]))
        refused(401, lambda: client.infer(MODEL, [good], headers={"Authorization": f"Bearer {token}x"}))


def text(entry: str) -> str:
    """The name in `probability:index:name`."""
    return entry.split(":", 2)[2]


def best_classes(client, pixels: numpy.ndarray, count: int, headers: dict) -> list[list[str]]:
    """The best classes of each picture, as `probability:index:name`."""
    output = triton.InferRequestedOutput("probabilities", class_count=count)
    result = client.infer(MODEL, [image(pixels)], outputs=[output], headers=dict(headers))
    return [[entry.decode() for entry in row] for row in result.as_numpy("probabilities")]


def classify(address: str, path: str, count: str) -> None:
    """Prints the best five names of the first pictures of a file."""
    records = numpy.fromfile(path, numpy.uint8, int(count) * 3074).reshape(-1, 3074)
    pictures = records[:, 2:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    client = connect(address)
    names = []
    for start in range(0, len(pictures), 5):
        batch = numpy.ascontiguousarray(pictures[start:start + 5])
        names += [[text(entry) for entry in row] for row in best_classes(client, batch, 5, {})]
    print(json.dumps(names))


def flood(address: str, threads: str, each: str) -> None:
    """Prints how often which status was answered; 0 is a lost connection."""
    counts: collections.Counter[str] = collections.Counter()
    lock = threading.Lock()

    def work() -> None:
        client = connect(address)
        for _ in range(int(each)):
            try:
                client.infer(MODEL, [image(numpy.zeros((8, 64, 64, 3), numpy.uint8))])
                status = "200"
            except InferenceServerException as error:
                status = (error.status() or "0").strip("[]")
            except Exception:  # the client raises what its HTTP library has for a lost connection
                status = "0"
            with lock:
                counts[status] += 1

    workers = [threading.Thread(target=work) for _ in range(int(threads))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(json.dumps(counts))


if __name__ == "__main__":
    {"protocol": protocol, "classify": classify, "flood": flood}[sys.argv[1]](*sys.argv[2:])
