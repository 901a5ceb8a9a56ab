"""PSPNet over a dilated ResNet101, with the names that torchxrayvision's weights have.

Zhao et al., "Pyramid Scene Parsing Network", arXiv 1612.01105; weights of ChestX-Det by Lian et
al., arXiv 2104.10326; layer names as in torchxrayvision 1.5.7
(`baseline_models.chestx_det.ptsemseg.pspnet`, Apache-2.0). The auxiliary head, which only training
uses, is loaded and not run.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import fuse_conv_bn_eval

RESNET101 = (3, 4, 23, 3)
_MEANS = (0.485, 0.456, 0.406)
_DEVIATIONS = (0.229, 0.224, 0.225)
_POOLS = (6, 3, 2, 1)


class _Unit(nn.Module):
    """Convolution and normalisation under the name `unit`, and ReLU where the name says so."""

    def __init__(
        self,
        channels: tuple[int, int],
        size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        active: bool = True,
    ) -> None:
        super().__init__()
        conv = nn.Conv2d(
            *channels, size, stride=stride, padding=padding, dilation=dilation, bias=False
        )
        layers: list[nn.Module] = [conv, nn.BatchNorm2d(channels[1])]
        if active:
            layers.append(nn.ReLU(inplace=True))
        self._named = "cbr_unit" if active else "cb_unit"
        self.add_module(self._named, nn.Sequential(*layers))

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        done: torch.Tensor = getattr(self, self._named)(values)
        return done

    def fold(self) -> None:
        """Fold the normalisation into the convolution."""
        conv, norm, *rest = getattr(self, self._named)
        self._modules[self._named] = nn.Sequential(fuse_conv_bn_eval(conv, norm), *rest)


class _Bottleneck(nn.Module):
    def __init__(self, channels: tuple[int, int, int], stride: int, dilation: int, *, first: bool):
        super().__init__()
        before, between, after = channels
        self.cbr1 = _Unit((before, between), 1)
        self.cbr2 = _Unit((between, between), 3, stride=stride, padding=dilation, dilation=dilation)
        self.cb3 = _Unit((between, after), 1, active=False)
        self.cb4 = _Unit((before, after), 1, stride=stride, active=False) if first else None

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        beside = values if self.cb4 is None else self.cb4(values)
        return functional.relu(self.cb3(self.cbr2(self.cbr1(values))) + beside)


class _Blocks(nn.Module):
    def __init__(self, count: int, channels: tuple[int, int, int], stride: int, dilation: int):
        super().__init__()
        _, between, after = channels
        self.layers = nn.Sequential(
            _Bottleneck(channels, stride, dilation, first=True),
            *(
                _Bottleneck((after, between, after), 1, dilation, first=False)
                for _ in range(count - 1)
            ),
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        done: torch.Tensor = self.layers(values)
        return done


class _Pyramid(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.path_module_list = nn.ModuleList(
            _Unit((channels, channels // len(_POOLS)), 1) for _ in _POOLS
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        rows, columns = values.shape[2:]
        seen = [values]
        for unit, pool in zip(self.path_module_list, _POOLS, strict=True):
            window = (rows // pool, columns // pool)
            pooled = unit(functional.avg_pool2d(values, window, stride=window))
            seen.append(functional.interpolate(pooled, size=(rows, columns), mode="bilinear"))
        return torch.cat(seen, 1)


class PSPNet(nn.Module):
    """From (pictures, 1, size, size) in [-1024, 1024] to (pictures, outputs, size, size) logits."""

    def __init__(self, outputs: int = 14, blocks: Sequence[int] = RESNET101) -> None:
        super().__init__()
        self.convbnrelu1_1 = _Unit((3, 64), 3, stride=2, padding=1)
        self.convbnrelu1_2 = _Unit((64, 64), 3, padding=1)
        self.convbnrelu1_3 = _Unit((64, 128), 3, padding=1)
        self.res_block2 = _Blocks(blocks[0], (128, 64, 256), 1, 1)
        self.res_block3 = _Blocks(blocks[1], (256, 128, 512), 2, 1)
        self.res_block4 = _Blocks(blocks[2], (512, 256, 1024), 1, 2)
        self.res_block5 = _Blocks(blocks[3], (1024, 512, 2048), 1, 4)
        self.pyramid_pooling = _Pyramid(2048)
        self.cbr_final = _Unit((4096, 512), 3, padding=1)
        self.classification = nn.Conv2d(512, outputs, 1)
        self.convbnrelu4_aux = _Unit((1024, 256), 3, padding=1)
        self.aux_cls = nn.Conv2d(256, outputs, 1)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """The logits of each structure at each pixel; structures may overlap."""
        means = values.new_tensor(_MEANS).view(1, 3, 1, 1)
        deviations = values.new_tensor(_DEVIATIONS).view(1, 3, 1, 1)
        seen = ((values.repeat(1, 3, 1, 1) + 1024.0) / 2048.0 - means) / deviations
        seen = self.convbnrelu1_3(self.convbnrelu1_2(self.convbnrelu1_1(seen)))
        seen = functional.max_pool2d(seen, 3, 2, 1)
        seen = self.res_block5(self.res_block4(self.res_block3(self.res_block2(seen))))
        seen = self.classification(self.cbr_final(self.pyramid_pooling(seen)))
        return functional.interpolate(seen, size=values.shape[2:], mode="bilinear")


def folded(network: PSPNet) -> PSPNet:
    """The same network with its normalisations folded into its convolutions, for inference."""
    network.eval()
    for module in network.modules():
        if isinstance(module, _Unit):
            module.fold()
    return network
