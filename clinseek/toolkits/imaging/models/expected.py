"""What the tensors of a network are called and how large they are, without any of their numbers."""

from __future__ import annotations

import torch

from clinseek.toolkits.imaging.models.densenet import DenseNet
from clinseek.toolkits.imaging.models.pspnet import PSPNet
from clinseek.toolkits.imaging.weights.catalogue import CLASSIFIER, Weights


def network_shapes(weights: Weights) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor of the classifier's or the segmenter's network, by its name."""
    with torch.device("meta"):
        network = DenseNet() if weights is CLASSIFIER else PSPNet()
    return {name: tuple(value.shape) for name, value in network.state_dict().items()}
