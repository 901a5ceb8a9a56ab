"""Weights of the models: which there are, where they lie, and how they are made safe to load.

catalogue.py    which weights each tool wants, by whom, trained on what, under which licence
folder.py       what lies in the folder of weights, and whether it is what was recorded
unpickling.py   tensors out of a pickled file, without running anything in it
conversion.py   a pickled file, or a folder of transformers, to what is loaded here
pulling.py      from where they are published
"""

from clinseek.toolkits.imaging.weights.catalogue import (
    CLASSIFIER,
    EVERY,
    FINDINGS,
    IMPRESSION,
    SEGMENTER,
    Weights,
    named,
)
from clinseek.toolkits.imaging.weights.folder import Installed, WeightsFolder

__all__ = [
    "CLASSIFIER",
    "EVERY",
    "FINDINGS",
    "IMPRESSION",
    "SEGMENTER",
    "Installed",
    "Weights",
    "WeightsFolder",
    "named",
]
