"""ResNet50 (torchvision's, version 1.5) for the peers: weights read and written, and ONNX graphs made of them.

Usage: bench/network.py sized WEIGHTS OUTPUT SIDE          the same weights, for pictures of another size
       bench/network.py graph WEIGHTS OUTPUT.onnx          float32, batch norm folded into the convolutions
       bench/network.py multiplications WEIGHTS SIDE       multiply-adds for a picture
"""

import json
import pathlib
import struct
import sys

import numpy

EPSILON = 1e-5
# Blocks of each stage.
STAGES = [3, 4, 6, 3]
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


# Weights


def header_of(data):
    """The header of a safetensors file, and where its data begins."""
    (length,) = struct.unpack_from("<Q", data)
    return json.loads(data[8:8 + length]), 8 + length


def tensors_of(path):
    """The tensors of a safetensors file in float32, and its metadata."""
    data = pathlib.Path(path).read_bytes()
    header, start = header_of(data)
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = data[start + begin:start + end]
        match entry["dtype"]:
            case "F32":
                array = numpy.frombuffer(values, "<f4")
            case "F16":
                array = numpy.frombuffer(values, "<f2").astype("f4")
            case "BF16":
                array = (numpy.frombuffer(values, "<u2").astype("u4") << 16).view("f4")
            case _:
                continue
        tensors[name] = array.reshape(entry["shape"])
    return tensors, metadata


def write_sized(source, output, side):
    """Writes the weights again, saying another `input_size`."""
    data = pathlib.Path(source).read_bytes()
    header, start = header_of(data)
    header["__metadata__"] = header.get("__metadata__", {}) | {"input_size": side}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(output).write_bytes(struct.pack("<Q", len(text)) + text + data[start:])


# The network


def convolutions():
    """All convolutions as (name, batch norm, stride, padding, kind); kind: stem, inner, last or shortcut of a block."""
    yield "conv1", "bn1", 2, 3, "stem"
    for stage, blocks in enumerate(STAGES, 1):
        for block in range(blocks):
            prefix = f"layer{stage}.{block}."
            stride = 2 if stage > 1 and block == 0 else 1
            if block == 0:
                yield prefix + "downsample.0", prefix + "downsample.1", stride, 0, "shortcut"
            yield prefix + "conv1", prefix + "bn1", 1, 0, "inner"
            yield prefix + "conv2", prefix + "bn2", stride, 1, "inner"
            yield prefix + "conv3", prefix + "bn3", 1, 0, "last"


def folded(tensors, convolution, norm):
    """Weights and bias of a convolution that does its batch norm's work."""
    scale, bias, mean, variance = (
        tensors[f"{norm}.{name}"].astype("f8") for name in ("weight", "bias", "running_mean", "running_var"))
    factor = scale / numpy.sqrt(variance + EPSILON)
    weights = tensors[convolution + ".weight"] * factor[:, None, None, None]
    return weights.astype("f4"), (bias - mean * factor).astype("f4")


def write_graph(source, output):
    """Writes the network as ONNX, any batch and any size."""
    import onnx
    from onnx import helper, numpy_helper

    tensors, _ = tensors_of(source)
    nodes, constants = [], []

    def node(kind, inputs, name, **attributes):
        nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(name, array):
        constants.append(numpy_helper.from_array(numpy.ascontiguousarray(array), name))
        return name

    value = block_input = shortcut = "input"
    for name, norm, stride, padding, kind in convolutions():
        weights, bias = folded(tensors, name, norm)
        if kind == "shortcut" or (kind == "inner" and value == block_input):
            block_input = value
        result = node(
            "Conv", [value, constant(name + ".weight", weights), constant(name + ".bias", bias)], name,
            kernel_shape=weights.shape[2:], strides=[stride] * 2, pads=[padding] * 4)
        if kind == "shortcut":
            shortcut = result
            continue
        if kind == "last":
            result = node("Add", [result, shortcut], name + ".sum")
        value = node("Relu", [result], name + ".relu")
        if kind == "stem":
            value = node("MaxPool", [value], "maxpool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
        if kind in ("stem", "last"):
            block_input = shortcut = value
    value = node("GlobalAveragePool", [value], "avgpool")
    value = node("Flatten", [value], "flatten", axis=1)
    node("Gemm", [value, constant("fc.weight", tensors["fc.weight"]), constant("fc.bias", tensors["fc.bias"])],
         "logits", transB=1)
    classes = len(tensors["fc.bias"])
    graph = helper.make_graph(
        nodes, "resnet50",
        [helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, ["batch", 3, "height", "width"])],
        [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["batch", classes])], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, output)


def multiplications(tensors, side):
    """Multiply-adds of a picture of side × side pixels."""
    total = tensors["fc.weight"].size
    for name, _, stride, _, kind in convolutions():
        # The shortcut reads what the block reads.
        if kind != "shortcut":
            side = -(-side // stride)
        reached = side if kind != "shortcut" else -(-side // stride)
        total += tensors[name + ".weight"].size * reached * reached
        if kind == "stem":
            side = -(-side // 2)
    return total


def write_multiplication(output, square, quantized):
    """Writes a product of any number of rows and a constant square matrix as ONNX, in 8 bits where `quantized`."""
    import onnx
    from onnx import helper, numpy_helper

    nodes, left, right = [], "input", "right"
    constants = [numpy_helper.from_array(numpy.full((square, square), 64 if quantized else 0.5,
                                                    "i1" if quantized else "f4"), "right")]
    if quantized:
        for name, value in (("scale", numpy.float32(1 / 128)), ("left.zero", numpy.uint8(0)),
                            ("right.zero", numpy.int8(0))):
            constants.append(numpy_helper.from_array(numpy.asarray(value), name))
        nodes.append(helper.make_node("QuantizeLinear", ["input", "scale", "left.zero"], ["left.bytes"]))
        for source, side in (("left.bytes", "left"), ("right", "right")):
            nodes.append(helper.make_node("DequantizeLinear", [source, "scale", side + ".zero"], [side + ".values"]))
        left, right = "left.values", "right.values"
    nodes.append(helper.make_node("MatMul", [left, right], ["product"]))
    graph = helper.make_graph(
        nodes, "multiplication",
        [helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, ["rows", square])],
        [helper.make_tensor_value_info("product", onnx.TensorProto.FLOAT, ["rows", square])], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), output)


def main(arguments):
    match arguments:
        case ["sized", source, output, side]:
            write_sized(source, output, side)
        case ["graph", source, output]:
            write_graph(source, output)
        case ["multiplications", source, side]:
            print(multiplications(tensors_of(source)[0], int(side)))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
