"""Trains torchvision's resnet50 (v1.5) for CIFAR-100 from scratch within a time budget, on a GPU or on a CPU.

    python3 train_cifar100.py --train train.bin --labels fine_label_names.txt --output resnet50-cifar100.safetensors

Needs torch, numpy and safetensors. The images stay uint8 on the device; crops (zero padding of 4), flips, mixup or
CutMix, enlargement (bilinear, half-pixel centres) and normalisation run there, a batch at a time. SGD with Nesterov's
momentum, a warm-up and then a cosine over the time budget, label smoothing, an exponential moving average (EMA) of the
weights whose batch norm statistics are taken anew at the end. The last --hold-out images of the file are not trained
on: they choose between the last weights and the average. The test split is not read at all.

The output is float16 in torchvision's names; its metadata holds labels, mean, std, input size and recipe.
"""
import argparse
import copy
import json
import math
import os
import time

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn

MEAN, STD = (0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)


class Bottleneck(nn.Module):
    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, width * 4, 1, bias=False), nn.BatchNorm2d(width * 4)
        self.downsample = None
        if stride > 1 or channels != width * 4:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, width * 4, 1, stride, bias=False), nn.BatchNorm2d(width * 4))
        nn.init.zeros_(self.bn3.weight)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet50(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.bn1, channels = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), 64
        for layer, (blocks, width) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512))):
            made = []
            for block in range(blocks):
                made.append(Bottleneck(channels, width, 2 if layer and not block else 1))
                channels = width * 4
            setattr(self, f'layer{layer + 1}', nn.Sequential(*made))
        self.fc = nn.Linear(2048, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode='fan_out', nonlinearity='relu')

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for layer in range(1, 5):
            x = getattr(self, f'layer{layer}')(x)
        return self.fc(x.mean((2, 3)))


def read(path):
    """Images [N,3,32,32] uint8 and fine labels [N] of a CIFAR-100 binary file (records of 3,074 bytes)."""
    records = np.fromfile(path, np.uint8).reshape(-1, 3074)
    images = records[:, 2:].reshape(-1, 3, 32, 32).copy()
    return torch.from_numpy(images), torch.from_numpy(records[:, 1].astype(np.int64))


def prepare(x, size, mean, std):
    x = (x.float() / 255 - mean) / std
    if size != 32:
        x = F.interpolate(x, size=(size, size), mode='bilinear', align_corners=False)
    return x.contiguous(memory_format=torch.channels_last)


def augment(x, generator):
    """One crop and perhaps a flip for each image: x is [N,3,40,40] uint8, the result [N,3,32,32]."""
    n, device = len(x), x.device
    offset = torch.randint(0, 9, (2, n), device=device, generator=generator)
    r = torch.arange(32, device=device)
    columns = torch.where(torch.rand(n, 1, device=device, generator=generator) < 0.5, r, 31 - r) + offset[0][:, None]
    rows = r + offset[1][:, None]
    x = x.gather(2, rows[:, None, :, None].expand(n, 3, 32, 40))
    return x.gather(3, columns[:, None, None, :].expand(n, 3, 32, 32))


@torch.no_grad()
def evaluate(model, images, labels, size, mean, std, autocast):
    """Top-1 and top-5 accuracy."""
    model.eval()
    one = five = 0
    for i in range(0, len(images), 500):
        with autocast():
            scores = model(prepare(images[i:i + 500], size, mean, std)).float()
        top = scores.topk(5).indices
        one += (top[:, 0] == labels[i:i + 500]).sum().item()
        five += (top == labels[i:i + 500, None]).any(1).sum().item()
    model.train()
    return one / len(images), five / len(images)


@torch.no_grad()
def renew_statistics(model, images, size, mean, std, autocast, generator, batch, batches):
    """Batch norm's means and variances as they are with these weights: averages over some batches."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    for some in torch.randperm(len(images), device=images.device, generator=generator).split(batch)[:batches]:
        with autocast():
            model(prepare(augment(images[some], generator), size, mean, std))


def mix(x, y, other, size, kind, share, place):
    """Mixup or CutMix of a batch with its own images in another order: images, other labels, share of the first."""
    if kind < 0.5:
        kept = 0.5 + share / 2
        return kept * x + (1 - kept) * x[other], y[other], kept
    w = int(size * math.sqrt(share / 2))
    left, top = int(kind * 2 % 1 * (size - w)), int(place * (size - w))
    x[:, :, top:top + w, left:left + w] = x[other][:, :, top:top + w, left:left + w]
    return x, y[other], 1 - w * w / size / size


def options():
    o = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    o.add_argument('--train', required=True)
    o.add_argument('--labels', required=True, help='fine_label_names.txt')
    o.add_argument('--output', required=True)
    o.add_argument('--minutes', type=float, default=8)
    o.add_argument('--sizes', default='64', help='e.g. 32:0.3,48:0.6,64 (a size until that share of the time)')
    o.add_argument('--batch', type=int, default=512)
    o.add_argument('--lr', type=float, default=0.4)
    o.add_argument('--weight-decay', type=float, default=5e-4)
    o.add_argument('--mix', type=float, default=0.6, help='share of batches with mixup or CutMix')
    o.add_argument('--average', type=float, default=0.995, help='decay of the EMA, every fifth step')
    o.add_argument('--hold-out', type=int, default=1000)
    o.add_argument('--compile', action='store_true', help='let TorchInductor fuse the model')
    o.add_argument('--checkpoint', help='written every five minutes; where it exists the run goes on from it')
    o.add_argument('--init', help='start from these weights')
    o.add_argument('--max-steps', type=int, default=10**9)
    o.add_argument('--seed', type=int, default=1)
    return o.parse_args()


def main():
    o = options()
    device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    torch.manual_seed(o.seed)
    torch.backends.cudnn.benchmark = True
    half = device.type == 'cuda' or 'avx512_bf16' in open('/proc/cpuinfo').read()

    def autocast():
        return torch.autocast(device.type, torch.bfloat16, enabled=half)

    names = open(o.labels).read().split()
    X, Y = [t.to(device) for t in read(o.train)]
    held_X, held_Y = X[len(X) - o.hold_out:], Y[len(Y) - o.hold_out:]
    X, Y = F.pad(X[:len(X) - o.hold_out], (4, 4, 4, 4)), Y[:len(Y) - o.hold_out]
    mean, std = [torch.tensor(v, device=device).view(1, 3, 1, 1) for v in (MEAN, STD)]
    model = ResNet50(len(names))
    if o.init:
        model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in load_file(o.init).items()})
    model = model.to(device).to(memory_format=torch.channels_last)
    average = copy.deepcopy(model)
    forward = torch.compile(model, dynamic=False) if o.compile else model
    decayed, plain = [p for p in model.parameters() if p.ndim > 1], [p for p in model.parameters() if p.ndim < 2]
    sgd = torch.optim.SGD([{'params': decayed, 'weight_decay': o.weight_decay}, {'params': plain, 'weight_decay': 0}],
                          lr=1e-3, momentum=0.9, nesterov=True, fused=True)
    sizes = [(int(s.split(':')[0]), float((s.split(':') + ['1'])[1])) for s in o.sizes.split(',')]
    generator = torch.Generator(device=device).manual_seed(o.seed)
    step, seen, elapsed, position = 0, 0, 0.0, len(X)
    if o.checkpoint and os.path.exists(o.checkpoint):
        kept = torch.load(o.checkpoint, map_location=device)
        model.load_state_dict(kept['model'])
        average.load_state_dict(kept['average'])
        sgd.load_state_dict(kept['sgd'])
        step, seen, elapsed = kept['at']
    for size, _ in sizes if o.compile else []:      # compiled before the clock runs; the statistics are of no weight
        with autocast():
            forward(prepare(augment(X[:o.batch], generator), size, mean, std)).float().mean().backward()
        sgd.zero_grad(set_to_none=True)
    logged = saved = elapsed
    last = time.time()
    while elapsed < o.minutes * 60 and step < o.max_steps:
        done = elapsed / (o.minutes * 60)
        size = next(s for s, until in sizes if done < until or until >= 1)
        lr = o.lr * (done / 0.06 if done < 0.06 else 0.5 * (1 + math.cos(math.pi * (done - 0.06) / 0.94))) + 1e-5
        for group in sgd.param_groups:
            group['lr'] = lr
        if position + o.batch > len(X):
            order, position = torch.randperm(len(X), device=device, generator=generator), 0
        some = order[position:position + o.batch]
        position += o.batch
        x, y, mixed, share = prepare(augment(X[some], generator), size, mean, std), Y[some], None, 1.0
        u = torch.rand(4, generator=torch.Generator().manual_seed(step)).tolist()
        if u[0] < o.mix and done < 0.92:
            x, mixed, share = mix(x, y, torch.randperm(len(x), device=device, generator=generator), size, *u[1:])
        with autocast():
            scores = forward(x)
        loss = F.cross_entropy(scores.float(), y, label_smoothing=0.1)
        if mixed is not None:
            loss = share * loss + (1 - share) * F.cross_entropy(scores.float(), mixed, label_smoothing=0.1)
        sgd.zero_grad(set_to_none=True)
        loss.backward()
        sgd.step()
        step += 1
        seen += len(x)
        if step % 5 == 0:
            decay = min(o.average, step / (step + 200.0))
            with torch.no_grad():
                torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)
        now = time.time()
        elapsed += min(now - last, 15)      # a pause of the process does not count
        last = now
        if o.checkpoint and elapsed - saved > 300:
            saved = elapsed
            torch.save({'model': model.state_dict(), 'average': average.state_dict(), 'sgd': sgd.state_dict(),
                        'at': (step, seen, elapsed)}, o.checkpoint + '.new')
            os.replace(o.checkpoint + '.new', o.checkpoint)
            last = time.time()
        if elapsed - logged > (15 if device.type == 'cuda' else 60):
            logged = elapsed
            print(f'{elapsed / 60:.1f} min  step {step}  epoch {seen / len(X):.2f}  size {size}  lr {lr:.4f}  '
                  f'loss {loss.item():.3f}  {seen / elapsed:.0f} images/s', flush=True)
    size = sizes[-1][0]
    renew_statistics(average, X, size, mean, std, autocast, generator, o.batch, 60)
    candidates = {'last': model, 'average': average}
    held = {name: evaluate(m, held_X, held_Y, size, mean, std, autocast) for name, m in candidates.items()}
    best = max(held, key=lambda name: held[name])
    print('held out:', {name: [round(v, 4) for v in r] for name, r in held.items()}, 'keeps', best, flush=True)
    recipe = {k: v for k, v in vars(o).items() if k not in ('train', 'labels', 'output', 'init', 'checkpoint')}
    tensors = {k: (v.half() if v.is_floating_point() else v).contiguous().cpu()
               for k, v in candidates[best].state_dict().items()}
    save_file(tensors, o.output, metadata={
        'format': 'pt', 'architecture': 'resnet50', 'labels': json.dumps(names), 'mean': json.dumps(MEAN),
        'std': json.dumps(STD), 'input_size': str(size), 'data': 'CIFAR-100 train split',
        'recipe': json.dumps(recipe | {'epochs': round(seen / len(X), 2), 'weights': best}),
    })


if __name__ == '__main__':
    main()
