"""The entries of a DICOM file that may be shown: technical ones, by a closed list."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SHOWN = (
    "Modality",
    "PhotometricInterpretation",
    "PresentationLUTShape",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
    "WindowCenter",
    "WindowWidth",
    "RescaleSlope",
    "RescaleIntercept",
    "ViewPosition",
    "BodyPartExamined",
    "PatientOrientation",
    "Laterality",
    "ImageLaterality",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "BurnedInAnnotation",
)
_TECHNICAL = re.compile(r"[A-Z0-9_ +.eE\\-]*")
_LONGEST = 64


def shown_tags(dataset: Dataset) -> Mapping[str, str]:
    """The technical entries of a file as text; what names a person, place or date is not in it.

    A code or number that has the look of neither is left out as well: an entry of this list may
    have been used for words.
    """
    shown: dict[str, str] = {}
    syntax = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None)
    if syntax is not None and not str(syntax.name)[:1].isdigit():
        shown["TransferSyntax"] = str(syntax.name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for keyword in SHOWN:
            try:
                held = dataset.get(keyword)
            except Exception:  # an entry that cannot be read says nothing
                continue
            text = _text(held)
            if text and len(text) <= _LONGEST and _TECHNICAL.fullmatch(text):
                shown[keyword] = text
    return shown


def _text(held: object) -> str:
    if held is None:
        return ""
    if isinstance(held, str | int | float):
        return str(held).strip()
    try:
        return "\\".join(str(part) for part in held)  # type: ignore[attr-defined]
    except TypeError:
        return str(held)
