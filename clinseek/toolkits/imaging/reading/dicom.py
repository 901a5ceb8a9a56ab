"""DICOM radiographs: one frame of grey, by whatever transfer syntax a free decoder reads.

The order: stored values, modality (rescale or table), window or table of the file, then the
inversion that MONOCHROME1 or the presentation shape asks for. pydicom's exceptions and warnings
print values of the file, so none of their words goes further.
"""

from __future__ import annotations

import io
import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clinseek.errors import Refusal, SettingError
from clinseek.toolkits.imaging.reading.levels import (
    VoiFunction,
    between,
    percentile_bounds,
    windowed,
)
from clinseek.toolkits.imaging.reading.picture import Picture, Spacing, Window
from clinseek.toolkits.imaging.reading.raster import check_size
from clinseek.toolkits.imaging.reading.roots import ImageFile
from clinseek.toolkits.imaging.reading.tags import shown_tags

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_GREY = ("MONOCHROME1", "MONOCHROME2")
_VALUES_OF_A_RANGE = 8
"""Up to so many bits, values without a window are shown as they are stored."""
_NO_WINDOW = "the file names no window: shown between the 1st and the 99th percentile"


class _Shown(NamedTuple):
    """Brightness from 0.0 to 1.0 before inversion, the window used, and what to warn of."""

    pixels: NDArray[np.float32]
    window: Window | None
    warnings: tuple[str, ...] = ()


def read_dicom(file: ImageFile, *, window: Window | None = None) -> Picture:
    """The picture of a DICOM file; Refusal where it holds none that can be shown."""
    dataset = _dataset(file)
    _check(dataset, file.name)
    values = _values(dataset, file.name)
    shown = _brightness(dataset, values, window)
    pixels = shown.pixels
    if _inverted(dataset):
        np.subtract(np.float32(1.0), pixels, out=pixels)
    return Picture(
        pixels=pixels,
        kind="DICOM",
        sha256=file.sha256,
        bits=int(dataset.BitsStored),
        photometric=str(dataset.PhotometricInterpretation),
        view=_word(dataset, "ViewPosition"),
        spacing=_spacing(dataset),
        window=shown.window,
        tags=shown_tags(dataset),
        warnings=(*shown.warnings, *_burned_in(dataset)),
    )


@contextmanager
def _without_words() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _pydicom() -> Any:
    """The library, told not to warn of values and not to log them: they may be a patient's."""
    try:
        import pydicom
        from pydicom import config
    except ImportError:
        raise SettingError(
            "DICOM files need pydicom; install it with: pip install 'clinseek[imaging]'"
        ) from None
    config.settings.reading_validation_mode = config.IGNORE
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
    return pydicom


def _dataset(file: ImageFile) -> Dataset:
    library = _pydicom()
    try:
        with _without_words():
            return library.dcmread(io.BytesIO(file.content))
    except Exception:  # whatever a broken file provokes, its words may hold a patient's
        raise Refusal(f"{file.name} begins as a DICOM file but cannot be read: broken") from None


def _check(dataset: Dataset, name: str) -> None:
    """Refusal for what is no single grey frame of a size that is decoded."""
    if "PixelData" not in dataset:
        raise Refusal(f"{name} is a DICOM file without pixels, or it was cut off before them")
    try:
        photometric = str(dataset.PhotometricInterpretation)
        samples = int(dataset.get("SamplesPerPixel", 1))
        rows, columns = int(dataset.Rows), int(dataset.Columns)
        frames = int(dataset.get("NumberOfFrames") or 1)
        stored = int(dataset.BitsStored)
    except (AttributeError, TypeError, ValueError):
        raise Refusal(f"{name} lacks entries without which its pixels mean nothing") from None
    if photometric not in _GREY or samples != 1:
        raise Refusal(f"{name} is no grey image (its photometric is {photometric[:40]!r})")
    if frames != 1:
        raise Refusal(f"{name} has {frames} frames; a radiograph has one, and no frame is chosen")
    if not 1 <= stored <= 16:
        raise Refusal(f"{name} stores {stored} bits a pixel; 1 to 16 are read")
    check_size(rows, columns, name)


def _values(dataset: Dataset, name: str) -> NDArray[Any]:
    """Stored values after the modality's rescale or table."""
    from pydicom.pixels import apply_modality_lut

    try:
        with _without_words():
            return np.asarray(apply_modality_lut(dataset.pixel_array, dataset))
    except Exception:  # whatever broken pixels provoke, its words may hold a patient's
        if not _has_decoder(dataset):
            syntax = shown_tags(dataset).get("TransferSyntax", "its transfer syntax")
            raise Refusal(
                f"{name}: there is no decoder for {syntax} here; pip install 'clinseek[imaging]' "
                "brings those that there are"
            ) from None
        raise Refusal(f"{name} is cut off or broken: its pixels cannot be decoded") from None


def _has_decoder(dataset: Dataset) -> bool:
    from pydicom.pixels import get_decoder

    try:
        return bool(get_decoder(dataset.file_meta.TransferSyntaxUID).is_available)
    except (AttributeError, NotImplementedError):
        return False


def _brightness(dataset: Dataset, values: NDArray[Any], asked: Window | None) -> _Shown:
    """By the window asked for, the file's table, its window, or, without any, by its values."""
    if asked is not None:
        return _Shown(windowed(values, asked, _function(dataset)), asked)
    if (looked_up := _by_table(dataset, values)) is not None:
        return looked_up
    function = _function(dataset)
    window = _window(dataset, function)
    if window is not None:
        return _Shown(windowed(values, window, function), window)
    low, high, note = _bounds(dataset, values)
    return _Shown(between(values, low, high), None, note)


def _by_table(dataset: Dataset, values: NDArray[Any]) -> _Shown | None:
    from pydicom.pixels import apply_voi

    if not dataset.get("VOILUTSequence"):
        return None
    try:
        with _without_words():
            looked_up = apply_voi(values, dataset, index=0)
            bits = int(dataset.VOILUTSequence[0].LUTDescriptor[2])
    except Exception:  # a table that cannot be read: the window, or the values, are shown instead
        return None
    return _Shown(between(looked_up, 0.0, float(2**bits - 1)), None)


def _bounds(dataset: Dataset, values: NDArray[Any]) -> tuple[float, float, tuple[str, ...]]:
    stored = int(dataset.BitsStored)
    plain = not int(dataset.get("PixelRepresentation", 0)) and values.dtype.kind == "u"
    if stored <= _VALUES_OF_A_RANGE and plain:
        return 0.0, float(2**stored - 1), ()
    padding = dataset.get("PixelPaddingValue")
    padded = None if padding is None or values.dtype.kind == "f" else values == int(padding)
    return *percentile_bounds(values, padded=padded), (_NO_WINDOW,)


def _function(dataset: Dataset) -> VoiFunction:
    named = str(dataset.get("VOILUTFunction") or "LINEAR").upper()
    if named == "LINEAR_EXACT":
        return "LINEAR_EXACT"
    return "SIGMOID" if named == "SIGMOID" else "LINEAR"


def _window(dataset: Dataset, function: VoiFunction) -> Window | None:
    """The file's first window; None where it has none or one that cannot be."""
    center, width = _first(dataset, "WindowCenter"), _first(dataset, "WindowWidth")
    if center is None or width is None:
        return None
    least = 1.0 if function == "LINEAR" else 0.0
    fits = width >= least and width > 0.0
    return Window(center, width) if fits else None


def _first(dataset: Dataset, keyword: str) -> float | None:
    """The first number of an entry that may have several; None where there is none."""
    try:
        with _without_words():
            held = dataset.get(keyword)
            number = float(held if isinstance(held, str | int | float) else held[0])
    except (TypeError, ValueError, IndexError):
        return None
    return number if math.isfinite(number) else None


def _inverted(dataset: Dataset) -> bool:
    """PresentationLUTShape decides where the file has one, else the photometric."""
    shape = str(dataset.get("PresentationLUTShape") or "").upper()
    if shape in ("INVERSE", "IDENTITY"):
        return shape == "INVERSE"
    return str(dataset.PhotometricInterpretation) == "MONOCHROME1"


def _spacing(dataset: Dataset) -> Spacing | None:
    """The size of a pixel; real files hold zeros, which tell nothing."""
    for keyword, measured in (
        ("PixelSpacing", "in the image plane (PixelSpacing)"),
        ("ImagerPixelSpacing", "at the detector, so larger than in the body (ImagerPixelSpacing)"),
    ):
        try:
            with _without_words():
                row_mm, column_mm = (float(number) for number in dataset.get(keyword) or ())
        except (TypeError, ValueError):
            continue
        if 0.0 < row_mm < 10.0 and 0.0 < column_mm < 10.0:
            return Spacing(row_mm, column_mm, measured)
    return None


def _word(dataset: Dataset, keyword: str) -> str | None:
    word = str(dataset.get(keyword) or "").strip().upper()
    return word[:16] or None


def _burned_in(dataset: Dataset) -> tuple[str, ...]:
    told = str(dataset.get("BurnedInAnnotation") or "").strip().upper()
    if told == "YES":
        return ("text is burned into the pixels, as the file says: it may name the patient",)
    if told == "NO":
        return ()
    return ("the file does not say whether text is burned into the pixels; it may name someone",)
