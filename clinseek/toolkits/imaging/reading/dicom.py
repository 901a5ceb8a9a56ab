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
from clinseek.toolkits.imaging.reading.codestream import declared
from clinseek.toolkits.imaging.reading.deflated import check_inflated
from clinseek.toolkits.imaging.reading.levels import (
    VoiFunction,
    between,
    percentile_bounds,
    windowed,
)
from clinseek.toolkits.imaging.reading.picture import (
    FARTHEST,
    NARROWEST,
    Picture,
    Spacing,
    Window,
)
from clinseek.toolkits.imaging.reading.raster import check_size
from clinseek.toolkits.imaging.reading.room import Admit
from clinseek.toolkits.imaging.reading.roots import ImageFile
from clinseek.toolkits.imaging.reading.tags import COLOURS, shown_tags

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_GREY = ("MONOCHROME1", "MONOCHROME2")
_VALUES_OF_A_RANGE = 8
"""Up to so many bits, values without a window are shown as they are stored."""
_NO_WINDOW = "the file names no window: shown between the 1st and the 99th percentile"
_IN_PLANE = "in the image plane (PixelSpacing)"
_AT_DETECTOR = "at the detector, so larger than in the body (ImagerPixelSpacing)"
_NOT_CORRECTED = (
    "at the detector, so larger than in the body (PixelSpacing is ImagerPixelSpacing: it was not "
    "corrected to the image plane, DICOM PS3.3 10.7.1.3)"
)


class _Shown(NamedTuple):
    """Brightness from 0.0 to 1.0 before inversion, the window used, and what to warn of."""

    pixels: NDArray[np.float32]
    window: Window | None
    warnings: tuple[str, ...] = ()


class _Rescale(NamedTuple):
    """How values are made of stored ones: by a slope, and an intercept that is added."""

    slope: float
    intercept: float


_AS_STORED = _Rescale(1.0, 0.0)


class _Values(NamedTuple):
    """Stored values, those after the modality's transformation, and what that was but a table."""

    stored: NDArray[Any]
    values: NDArray[Any]
    rescale: _Rescale | None


def read_dicom(
    file: ImageFile, *, window: Window | None = None, admit: Admit | None = None
) -> Picture:
    """The picture of a DICOM file; Refusal where it holds none that can be shown."""
    dataset = _dataset(file)
    _check(dataset, file.name)
    if admit is not None:
        admit(int(dataset.Rows) * int(dataset.Columns))
    _check_frame(dataset, file.name)
    shown = _brightness(dataset, _values(dataset, file.name), window)
    pixels, tags = shown.pixels, shown_tags(dataset)
    if _inverted(dataset):
        np.subtract(np.float32(1.0), pixels, out=pixels)
    return Picture(
        pixels=pixels,
        kind="DICOM",
        sha256=file.sha256,
        bits=int(dataset.BitsStored),
        photometric=str(dataset.PhotometricInterpretation),
        view=tags.get("ViewPosition"),
        spacing=_spacing(dataset),
        window=shown.window,
        tags=tags,
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
    check_inflated(file)
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
        told = photometric if photometric in (*_GREY, *COLOURS) else "none that is known"
        raise Refusal(f"{name} is no grey image (its photometric is {told})")
    if frames != 1:
        raise Refusal(f"{name} has {frames} frames; a radiograph has one, and no frame is chosen")
    if not 1 <= stored <= 16:
        raise Refusal(f"{name} stores {stored} bits a pixel; 1 to 16 are read")
    check_size(rows, columns, name)


def _check_frame(dataset: Dataset, name: str) -> None:
    """Refusal where compressed pixels declare another size than the file does."""
    from pydicom.encaps import generate_frames

    syntax = getattr(dataset.file_meta, "TransferSyntaxUID", None)
    if syntax is None or not _has_decoder(dataset) or not syntax.is_encapsulated:
        return
    try:
        with _without_words():
            frame = next(generate_frames(dataset.PixelData, number_of_frames=1))
    except Exception:  # whatever broken pixels provoke, its words may hold a patient's
        raise Refusal(f"{name} is cut off or broken: its pixels cannot be decoded") from None
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    told = declared(frame)
    if told is not None and (told.rows, told.columns, told.channels) != (rows, columns, 1):
        raise Refusal(
            f"{name} is broken: the file says {columns:,} x {rows:,} pixels, its compressed image "
            f"{told.columns:,} x {told.rows:,} of {told.channels}"
        )
    if (told is None and "JPEG" in syntax.name) or len(frame) > _longest_frame(rows, columns):
        raise Refusal(f"{name} is cut off or broken: its pixels cannot be decoded")


def _longest_frame(rows: int, columns: int) -> int:
    """More bytes than any compression makes of so many pixels of 16 bits."""
    return 4 * rows * columns + 65_536


def _values(dataset: Dataset, name: str) -> _Values:
    """Stored values, and what the modality's table or rescale makes of them."""
    try:
        with _without_words():
            stored = np.asarray(dataset.pixel_array)
            if dataset.get("ModalityLUTSequence"):
                from pydicom.pixels import apply_modality_lut

                return _Values(stored, np.asarray(apply_modality_lut(stored, dataset)), None)
    except Exception:  # whatever broken pixels provoke, its words may hold a patient's
        if not _has_decoder(dataset):
            syntax = shown_tags(dataset).get("TransferSyntax", "its transfer syntax")
            raise Refusal(
                f"{name}: there is no decoder for {syntax} here; pip install 'clinseek[imaging]' "
                "brings those that there are"
            ) from None
        raise Refusal(f"{name} is cut off or broken: its pixels cannot be decoded") from None
    return _rescaled(dataset, stored, name)


def _rescaled(dataset: Dataset, stored: NDArray[Any], name: str) -> _Values:
    held = [dataset.get(keyword) for keyword in ("RescaleSlope", "RescaleIntercept")]
    if any(each is None or each == "" for each in held):
        return _Values(stored, stored, _AS_STORED)
    rescale = _Rescale(*(_number(each) for each in held))
    if rescale == _AS_STORED:
        return _Values(stored, stored, rescale)
    values = stored.astype(np.float32)
    with np.errstate(all="ignore"):
        values *= np.float32(rescale.slope)
        values += np.float32(rescale.intercept)
    if not max(abs(float(values.min())), abs(float(values.max()))) <= FARTHEST:  # nor is nan
        raise Refusal(
            f"{name} is broken: its RescaleSlope and RescaleIntercept make its pixels no numbers"
        )
    return _Values(stored, values, rescale)


def _has_decoder(dataset: Dataset) -> bool:
    from pydicom.pixels import get_decoder

    try:
        return bool(get_decoder(dataset.file_meta.TransferSyntaxUID).is_available)
    except (AttributeError, NotImplementedError, ValueError):
        return False


def _brightness(dataset: Dataset, read: _Values, asked: Window | None) -> _Shown:
    """By the window asked for, the file's table, its window, or, without any, by its values."""
    function = _function(dataset)
    if asked is not None:
        return _Shown(windowed(read.values, asked, function), asked)
    if (looked_up := _by_table(dataset, read.values)) is not None:
        return looked_up
    window = _window(dataset, function)
    if window is not None:
        return _Shown(windowed(read.values, window, function), window)
    low, high, note = _bounds(dataset, read)
    return _Shown(between(read.values, low, high), None, note)


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


def _bounds(dataset: Dataset, read: _Values) -> tuple[float, float, tuple[str, ...]]:
    bits = int(dataset.BitsStored)
    if bits <= _VALUES_OF_A_RANGE and read.stored.dtype.kind == "u" and read.rescale is not None:
        slope, intercept = read.rescale
        low, high = sorted((intercept, slope * float(2**bits - 1) + intercept))
        return low, high, ()
    padded = _padded(dataset, read.stored)
    return *percentile_bounds(read.values, padded=padded), (_NO_WINDOW,)


def _padded(dataset: Dataset, stored: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Where there is padding: the values that the file names for it, as they are stored."""
    first = _padding(dataset, "PixelPaddingValue")
    if first is None:
        return None
    last = _padding(dataset, "PixelPaddingRangeLimit")
    low, high = sorted((first, first if last is None else last))
    padded: NDArray[np.bool_] = (stored >= low) & (stored <= high)
    return padded


def _padding(dataset: Dataset, keyword: str) -> int | None:
    """A value of padding; it may stand in the file as bytes, or without its sign."""
    signed = bool(int(dataset.get("PixelRepresentation") or 0))
    held = dataset.get(keyword)
    if isinstance(held, bytes):
        return int.from_bytes(held[:2], "little", signed=signed) if len(held) >= 2 else None
    number = _first(dataset, keyword)
    if number is None:
        return None
    half = 1 << (int(dataset.BitsAllocated) - 1)
    return int(number) - 2 * half if signed and number >= half else int(number)


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
    least = 1.0 if function == "LINEAR" else NARROWEST
    fits = least <= width <= FARTHEST and abs(center) <= FARTHEST
    return Window(center, width) if fits else None


def _first(dataset: Dataset, keyword: str) -> float | None:
    """The first number of an entry that may have several; None where there is none."""
    try:
        with _without_words():
            held = dataset.get(keyword)
            number = _number(held if isinstance(held, str | int | float) else held[0])
    except (TypeError, ValueError, IndexError):
        return None
    return number if math.isfinite(number) else None


def _number(held: Any) -> float:
    """An entry as a number; not a number where it is none."""
    try:
        return float(held)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _inverted(dataset: Dataset) -> bool:
    """PresentationLUTShape decides where the file has one, else the photometric."""
    shape = str(dataset.get("PresentationLUTShape") or "").upper()
    if shape in ("INVERSE", "IDENTITY"):
        return shape == "INVERSE"
    return str(dataset.PhotometricInterpretation) == "MONOCHROME1"


def _spacing(dataset: Dataset) -> Spacing | None:
    """The size of a pixel; real files hold zeros, which tell nothing."""
    in_plane, at_detector = (
        _millimetres(dataset, keyword) for keyword in ("PixelSpacing", "ImagerPixelSpacing")
    )
    if in_plane is None:
        return None if at_detector is None else Spacing(*at_detector, _AT_DETECTOR)
    measured = _NOT_CORRECTED if in_plane == at_detector else _IN_PLANE
    return Spacing(*in_plane, measured)


def _millimetres(dataset: Dataset, keyword: str) -> tuple[float, float] | None:
    try:
        with _without_words():
            row_mm, column_mm = (float(number) for number in dataset.get(keyword) or ())
    except (TypeError, ValueError):
        return None
    fits = 0.0 < row_mm < 10.0 and 0.0 < column_mm < 10.0
    return (row_mm, column_mm) if fits else None


def _burned_in(dataset: Dataset) -> tuple[str, ...]:
    told = str(dataset.get("BurnedInAnnotation") or "").strip().upper()
    if told == "YES":
        return ("text is burned into the pixels, as the file says: it may name the patient",)
    if told == "NO":
        return ()
    return ("the file does not say whether text is burned into the pixels; it may name someone",)
