"""DenseNet121 for one grey channel, with the names that torchxrayvision's weights have.

Huang et al., "Densely Connected Convolutional Networks", arXiv 1608.06993; layer names as in
torchvision and torchxrayvision 1.5.7 (`torchxrayvision.models.DenseNet`, Apache-2.0).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import fuse_conv_bn_eval


class Shape(NamedTuple):
    """How large a DenseNet is; the defaults are those of DenseNet121."""

    growth: int = 32
    blocks: tuple[int, ...] = (6, 12, 24, 16)
    first: int = 64
    widening: int = 4
    outputs: int = 18


DENSENET121 = Shape()


class _Layer(nn.Sequential):
    def __init__(self, channels: int, shape: Shape) -> None:
        between = shape.widening * shape.growth
        super().__init__(
            OrderedDict(
                norm1=nn.BatchNorm2d(channels),
                relu1=nn.ReLU(inplace=True),
                conv1=nn.Conv2d(channels, between, 1, bias=False),
                norm2=nn.BatchNorm2d(between),
                relu2=nn.ReLU(inplace=True),
                conv2=nn.Conv2d(between, shape.growth, 3, padding=1, bias=False),
            )
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return torch.cat([values, super().forward(values)], 1)


class DenseNet(nn.Module):
    """From (pictures, 1, 224, 224) in [-1024, 1024] to (pictures, 18) logits."""

    def __init__(self, shape: Shape = DENSENET121) -> None:
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict(
            conv0=nn.Conv2d(1, shape.first, 7, stride=2, padding=3, bias=False),
            norm0=nn.BatchNorm2d(shape.first),
            relu0=nn.ReLU(inplace=True),
            pool0=nn.MaxPool2d(3, stride=2, padding=1),
        )
        channels = shape.first
        for number, count in enumerate(shape.blocks, start=1):
            layers[f"denseblock{number}"] = nn.Sequential(
                OrderedDict(
                    (f"denselayer{i + 1}", _Layer(channels + i * shape.growth, shape))
                    for i in range(count)
                )
            )
            channels += count * shape.growth
            if number < len(shape.blocks):
                layers[f"transition{number}"] = _transition(channels)
                channels //= 2
        layers["norm5"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(layers)
        self.classifier = nn.Linear(channels, shape.outputs)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """The logits of each picture."""
        seen = functional.relu(self.features(values))
        return self.classifier(functional.adaptive_avg_pool2d(seen, (1, 1)).flatten(1))


def _transition(channels: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            norm=nn.BatchNorm2d(channels),
            relu=nn.ReLU(inplace=True),
            conv=nn.Conv2d(channels, channels // 2, 1, bias=False),
            pool=nn.AvgPool2d(2, stride=2),
        )
    )


def folded(network: DenseNet) -> DenseNet:
    """The same network with each normalisation that follows a convolution folded into it.

    For inference only: the names are no longer those of the weights, the outputs are the same up
    to rounding.
    """
    network.eval()
    for module in network.modules():
        for conv, norm in (("conv0", "norm0"), ("conv1", "norm2")):
            if hasattr(module, conv) and hasattr(module, norm):
                fused = fuse_conv_bn_eval(getattr(module, conv), getattr(module, norm))
                setattr(module, conv, fused)
                setattr(module, norm, nn.Identity())
    return network
