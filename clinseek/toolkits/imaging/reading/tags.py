"""The entries of a DICOM file that may be shown: technical ones, each with what it may say.

An entry is shown where it says one of its own words or a number of a technical size. Whatever
else stands in it may be a name that someone typed in the wrong field.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

COLOURS = ("RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "HSV", "CMYK")
"""Photometric interpretations that are named when an image is refused for them."""


def _words(listed: str) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in listed.split(", ")))


_NUMBER = r"[+-]?(?=\.?\d)\d{0,6}(?:\.\d{0,12})?(?:E[+-]?\d\d?)?"
"""Seven digits before the point would have room for a date or a patient's number."""
_NUMBERS = re.compile(rf"{_NUMBER}(?:\\{_NUMBER}){{0,3}}")
_AXIS = "[LRAPHF]{1,3}"
_SIDE = _words("L, R, U, B")

SAYS: Mapping[str, re.Pattern[str]] = {
    "Modality": _words("CR, DX, DR, RG, XA, RF, PX, IO, MG, CT, MR, NM, PT, US, OT, SC"),
    "PhotometricInterpretation": _words("MONOCHROME1, MONOCHROME2"),
    "PresentationLUTShape": _words("IDENTITY, INVERSE, LIN OD"),
    "Rows": _NUMBERS,
    "Columns": _NUMBERS,
    "NumberOfFrames": _NUMBERS,
    "BitsAllocated": _NUMBERS,
    "BitsStored": _NUMBERS,
    "PixelRepresentation": _NUMBERS,
    "WindowCenter": _NUMBERS,
    "WindowWidth": _NUMBERS,
    "RescaleSlope": _NUMBERS,
    "RescaleIntercept": _NUMBERS,
    "ViewPosition": _words(
        "PA, AP, LL, RL, LLD, RLD, LLO, RLO, LAO, RAO, LPO, RPO, LAT, LATERAL, LEFT LATERAL,"
        " RIGHT LATERAL, XTABLE LATERAL, AP AXIAL, AP LLD, AP RLD, PA LLD, PA RLD, SWIMMERS"
    ),
    "BodyPartExamined": _words(
        "CHEST, PORT CHEST, CHESTABDOMEN, THORAX, LUNG, HEART, RIB, RIBS, STERNUM, CLAVICLE,"
        " SCAPULA, SHOULDER, MEDIASTINUM, ABDOMEN, ABDOMENPELVIS, PELVIS, HIP, SPINE, CSPINE,"
        " TSPINE, LSPINE, SSPINE, NECK, HEAD, SKULL, BREAST, KNEE, ANKLE, FOOT, HAND, WRIST,"
        " ELBOW, HUMERUS, FEMUR, ARM, LEG, EXTREMITY, WHOLEBODY"
    ),
    "PatientOrientation": re.compile(rf"{_AXIS}\\{_AXIS}"),
    "Laterality": _SIDE,
    "ImageLaterality": _SIDE,
    "PixelSpacing": _NUMBERS,
    "ImagerPixelSpacing": _NUMBERS,
    "LossyImageCompression": _words("00, 01"),
    "LossyImageCompressionRatio": _NUMBERS,
    "BurnedInAnnotation": _words("YES, NO"),
}


def shown_tags(dataset: Dataset) -> Mapping[str, str]:
    """The technical entries of a file as text; what names a person, place or date is not in it."""
    shown: dict[str, str] = {}
    syntax = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None)
    if syntax is not None and not str(syntax.name)[:1].isdigit():
        shown["TransferSyntax"] = str(syntax.name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for keyword, may_say in SAYS.items():
            try:
                text = _text(dataset.get(keyword))
            except Exception:  # an entry that cannot be read says nothing
                continue
            if may_say.fullmatch(text):
                shown[keyword] = text
    return shown


def _text(held: object) -> str:
    if held is None:
        return ""
    if isinstance(held, str | int | float):
        return str(held).strip().upper()
    return "\\".join(_text(part) for part in held)  # type: ignore[attr-defined]
