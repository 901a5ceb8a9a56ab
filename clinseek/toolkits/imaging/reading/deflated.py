"""DICOM files that are deflated as a whole: how large they become, before they do."""

from __future__ import annotations

import io
import zlib
from typing import Any

from clinseek.errors import Refusal
from clinseek.toolkits.imaging.reading.raster import MOST_PIXELS
from clinseek.toolkits.imaging.reading.roots import ImageFile

MOST_INFLATED = 2 * MOST_PIXELS + 64 * 1024 * 1024
"""The pixels of the largest image that is read, and entries beside them."""
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_HEAD = 132
_GROUP = 2
_CHUNK = 1 << 20


def check_inflated(file: ImageFile) -> None:
    """Refusal for a deflated file that would inflate to more than any image needs."""
    if _DEFLATED not in file.content:
        return
    start = _start(file)
    held, inflated = zlib.decompressobj(-zlib.MAX_WBITS), 0
    left: Any = memoryview(file.content)[start:]
    while left and not held.eof:
        piece, left = left[:_CHUNK], left[_CHUNK:]
        while piece:
            try:
                inflated += len(held.decompress(piece, _CHUNK))
            except zlib.error:
                return  # broken, as the reader will find
            piece = held.unconsumed_tail
            if inflated > MOST_INFLATED:
                raise Refusal(
                    f"{file.name} inflates to more than {MOST_INFLATED:,} bytes; that is no image "
                    "of a size that is read"
                )


def _start(file: ImageFile) -> int:
    """Where what is deflated begins: after the entries of group 2."""
    from pydicom.filereader import read_dataset

    opened = io.BytesIO(file.content)
    opened.seek(_HEAD)
    try:
        read_dataset(
            opened,
            is_implicit_VR=False,
            is_little_endian=True,
            stop_when=lambda tag, *_: tag.group != _GROUP,
        )
    except Exception:  # whatever a broken file provokes, its words may hold a patient's
        raise Refusal(f"{file.name} begins as a DICOM file but cannot be read: broken") from None
    return opened.tell()
