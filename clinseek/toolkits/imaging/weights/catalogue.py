"""Which weights the tools want.

Licences and addresses as their publishers state them. A hash is pinned where its source is public
(`pinned_by`); of the others the hash is recorded when they are converted, and checked from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clinseek.errors import SettingError

Form = Literal["tensors", "transformers"]
"""One file of tensors, or a folder that transformers reads."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """One set of weights.

    `place` is where they lie below the folder of weights: a .safetensors file, or a folder for
    transformers. `shapes` are tensors that must be there, with their shapes.
    """

    name: str
    tool: str
    form: Form
    place: str
    source: str
    published_as: tuple[str, ...]
    megabytes: int
    licence: str
    trained_on: tuple[str, ...]
    sha256: str | None = None
    pinned_by: str | None = None
    shapes: tuple[tuple[str, tuple[int, ...]], ...] = ()


_HUB = "https://huggingface.co"
_FOLDER_FILES = (
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "special_tokens_map.json",
    "tokenizer_config.json",
    "vocab.txt",
    "model.safetensors",
)

CLASSIFIER = Weights(
    name="classifier",
    tool="image.chest_xray_classifier",
    form="tensors",
    place="densenet121-res224-all.safetensors",
    source=f"{_HUB}/torchxrayvision/densenet121-res224-all/resolve/"
    "588eadcc6a744da71f8dce768bc974ec629443f5/",
    published_as=(
        "model.pt",
        "nih-pc-chex-mimic_ch-google-openi-kaggle-densenet121-d121-tw-lr001-rot45-tr15-sc15-seed0-best.pt",
    ),
    megabytes=28,
    licence="Apache-2.0 (torchxrayvision)",
    trained_on=(
        "NIH ChestX-ray14",
        "PadChest",
        "CheXpert",
        "MIMIC-CXR",
        "Google's labels of NIH",
        "OpenI",
        "RSNA Pneumonia Challenge",
    ),
    sha256="56524913dd16a906422e8d8b66a7a5c46be1d82eb7ac012d8103776f1aa68899",
    pinned_by=f"{_HUB}/torchxrayvision/densenet121-res224-all/commit/"
    "20d9a08eaca067587bb3215aafcc9b2202b4904c",
    shapes=(("features.conv0.weight", (64, 1, 7, 7)), ("classifier.weight", (18, 1024))),
)

SEGMENTER = Weights(
    name="segmenter",
    tool="image.chest_xray_segmentation",
    form="tensors",
    place="pspnet-chestx-det.safetensors",
    source="https://github.com/mlmed/torchxrayvision/releases/download/v1/",
    published_as=("pspnet_chestxray_best_model_4.pth",),
    megabytes=273,
    licence="Apache-2.0 (torchxrayvision); the data set ChestX-Det has terms of its own",
    trained_on=("ChestX-Det (images of NIH ChestX-ray14)",),
    shapes=(
        ("convbnrelu1_1.cbr_unit.0.weight", (64, 3, 3, 3)),
        ("classification.weight", (14, 512, 1, 1)),
    ),
)

FINDINGS = Weights(
    name="report-findings",
    tool="image.chest_xray_report_generator",
    form="transformers",
    place="report-findings",
    source=f"{_HUB}/IAMJB/chexpert-mimic-cxr-findings-baseline/resolve/"
    "5817dc88403a38a6c173188702465ae5021be361/",
    published_as=_FOLDER_FILES,
    megabytes=245,
    licence="MIT (chexpert-plus)",
    trained_on=("CheXpert Plus", "MIMIC-CXR"),
)

IMPRESSION = Weights(
    name="report-impression",
    tool="image.chest_xray_report_generator",
    form="transformers",
    place="report-impression",
    source=f"{_HUB}/IAMJB/chexpert-mimic-cxr-impression-baseline/resolve/main/",
    published_as=_FOLDER_FILES,
    megabytes=271,
    licence="MIT (chexpert-plus)",
    trained_on=("CheXpert Plus", "MIMIC-CXR"),
)

EVERY: tuple[Weights, ...] = (CLASSIFIER, SEGMENTER, FINDINGS, IMPRESSION)


def named(name: str) -> Weights:
    """The weights of a name; SettingError that lists the names.

    >>> named("segmenter").megabytes
    273
    """
    for weights in EVERY:
        if weights.name == name:
            return weights
    known = ", ".join(weights.name for weights in EVERY)
    raise SettingError(f"there are no weights called {name!r}; there are: {known}")
