"""Fourteen structures by PSPNet, as masks over the whole picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from clinseek.toolkits.imaging.models.classifier import load_strictly
from clinseek.toolkits.imaging.models.devices import Placed
from clinseek.toolkits.imaging.models.pspnet import RESNET101, PSPNet, folded
from clinseek.toolkits.imaging.weights.folder import Installed

SIZE = 512

Floats = NDArray[np.float32]


class Segmenter:
    """The loaded segmenter: prepared pictures to the chance of each structure at each pixel."""

    def __init__(
        self, installed: Installed, device: torch.device, *, blocks: Sequence[int] = RESNET101
    ) -> None:
        network = PSPNet(blocks=blocks)
        load_strictly(network, installed)
        self.placed = Placed(folded(network), device)

    def chances(self, pictures: Sequence[Floats]) -> list[Floats]:
        """For each (1, 512, 512) picture (14, 512, 512) values from 0.0 to 1.0.

        One after the other: on a processor several at once are not faster, and each takes memory.
        """
        return [self._one(picture) for picture in pictures]

    def _one(self, picture: Floats) -> Floats:
        given = torch.from_numpy(picture)[None]

        def seen(network: PSPNet, device: torch.device) -> Floats:
            chances: Floats = torch.sigmoid(network(given.to(device)))[0].float().cpu().numpy()
            return chances

        return self.placed.run(seen)
