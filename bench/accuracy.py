"""Classifies a binary file of CIFAR-100 with torchvision's resnet50 in PyTorch, in float32, and prints top-1 and top-5
in percent and images a second. Usage: accuracy.py WEIGHTS DATASET COUNT
"""

import json
import sys
import time

import numpy
import torch
import torchvision
from safetensors import safe_open

weights, dataset, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with safe_open(weights, "pt") as file:
    metadata = file.metadata()
    tensors = {name: file.get_tensor(name) for name in file.keys()}
model = torchvision.models.resnet50(num_classes=len(json.loads(metadata["labels"]))).eval()
model.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in tensors.items()})
model.to(memory_format=torch.channels_last)
mean, std = (torch.tensor(json.loads(metadata[key])).view(1, 3, 1, 1) for key in ("mean", "std"))
size = int(metadata["input_size"])

records = numpy.fromfile(dataset, numpy.uint8).reshape(-1, 3074)
records = records[numpy.arange(count) * len(records) // count]
labels = torch.from_numpy(records[:, 1].astype(numpy.int64))
images = torch.from_numpy(records[:, 2:].reshape(-1, 3, 32, 32).copy())

first = among_five = 0
start = time.monotonic()
with torch.inference_mode():
    for part, right in zip(images.split(32), labels.split(32)):
        x = torchvision.transforms.functional.resize(part.float() / 255, [size, size], antialias=True)
        scores = model(((x - mean) / std).contiguous(memory_format=torch.channels_last))
        five = scores.topk(5).indices
        first += int((five[:, 0] == right).sum())
        among_five += int((five == right[:, None]).any(1).sum())
print(100 * first / count, 100 * among_five / count, count / (time.monotonic() - start))
