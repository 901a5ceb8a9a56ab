"""Eighteen findings by DenseNet121, as scores around their operating points.

The thresholds are those that torchxrayvision 1.5.7 publishes with the weights
`densenet121-res224-all` (`torchxrayvision.models.model_urls`, arXiv 2002.02497): a sigmoid at its
threshold becomes 0.5, so a score says on which side of the operating point a picture lies. It is
not a probability, and scores of different findings cannot be compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from clinseek.errors import SettingError
from clinseek.toolkits.imaging.models.densenet import DENSENET121, DenseNet, Shape, folded
from clinseek.toolkits.imaging.models.devices import Placed
from clinseek.toolkits.imaging.weights.folder import Installed

SIZE = 224
THRESHOLDS = {
    "Atelectasis": 0.07422872,
    "Consolidation": 0.038290843,
    "Infiltration": 0.09814756,
    "Pneumothorax": 0.0098118475,
    "Edema": 0.023601074,
    "Emphysema": 0.0022490358,
    "Fibrosis": 0.010060724,
    "Effusion": 0.103246614,
    "Pneumonia": 0.056810737,
    "Pleural_Thickening": 0.026791653,
    "Cardiomegaly": 0.050318155,
    "Nodule": 0.023985857,
    "Mass": 0.01939503,
    "Hernia": 0.042889766,
    "Lung Lesion": 0.053369623,
    "Fracture": 0.035975814,
    "Lung Opacity": 0.20204692,
    "Enlarged Cardiomediastinum": 0.05015312,
}
FINDINGS = tuple(THRESHOLDS)

Floats = NDArray[np.float32]


class Classifier:
    """The loaded classifier: prepared pictures to scores, several at once."""

    def __init__(
        self, installed: Installed, device: torch.device, *, shape: Shape = DENSENET121
    ) -> None:
        network = DenseNet(shape)
        load_strictly(network, installed)
        self._channels_last = device.type == "cpu"
        network = folded(network)
        if self._channels_last:
            network = network.to(memory_format=torch.channels_last)
        self.placed = Placed(network, device)

    def scores(self, pictures: Sequence[Floats]) -> list[Floats]:
        """For each (1, 224, 224) picture its 18 scores, in the order of FINDINGS."""
        batch = torch.from_numpy(np.stack(pictures))

        def seen(network: DenseNet, device: torch.device) -> Floats:
            given = batch.contiguous(memory_format=torch.channels_last)
            logits: Floats = network(given.to(device)).float().cpu().numpy()
            return logits

        logits = self.placed.run(seen)
        return [at_operating_points(row) for row in logits]


def at_operating_points(logits: Floats) -> Floats:
    """Logits in the order of FINDINGS as scores: 0.5 at each finding's threshold.

    Below the threshold linear from 0, above it linear to 1.

    >>> threshold = THRESHOLDS["Atelectasis"]
    >>> logits = np.full(18, np.log(threshold / (1 - threshold)), np.float32)
    >>> round(float(at_operating_points(logits)[0]), 4)
    0.5
    """
    thresholds = np.fromiter(THRESHOLDS.values(), np.float64)
    chances = 1.0 / (1.0 + np.exp(-np.clip(logits.astype(np.float64), -500.0, 500.0)))
    below = chances / (2.0 * thresholds)
    above = 1.0 - (1.0 - chances) / (2.0 * (1.0 - thresholds))
    return np.where(chances < thresholds, below, above).astype(np.float32)


def load_strictly(network: torch.nn.Module, installed: Installed) -> None:
    """Put the tensors of a file into a network; SettingError where they are not its own."""
    from safetensors.torch import load_file

    tensors = load_file(installed.tensors)
    tensors.pop("op_threshs", None)
    for name in network.state_dict():
        # Files of before 2019 do not count the batches; nothing here does.
        if name.endswith("num_batches_tracked") and name not in tensors:
            tensors[name] = torch.tensor(0)
    try:
        network.load_state_dict(tensors)
    except RuntimeError:
        raise SettingError(
            f"{installed.tensors} does not fit the network of {installed.weights.name}: other "
            f"weights lie there; `clinseek imaging pull {installed.weights.name}` replaces them"
        ) from None
