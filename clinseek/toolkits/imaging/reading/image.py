"""One image file, whatever its kind, as a Picture."""

from __future__ import annotations

import hashlib
from pathlib import Path

from clinseek.errors import Refusal
from clinseek.toolkits.imaging.reading.picture import Kind, Picture, Window
from clinseek.toolkits.imaging.reading.room import Admit
from clinseek.toolkits.imaging.reading.roots import ImageFile

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_PREAMBLE = 128
_DICOM = b"DICM"


def read_image(
    image: Path | ImageFile,
    *,
    window: Window | None = None,
    colour: bool = False,
    admit: Admit | None = None,
) -> Picture:
    """The picture in a DICOM, PNG or JPEG file; pixels from 0.0 (dark) to 1.0 (bright).

    `window` takes the place of the one that a DICOM file names. `colour` lets a colour picture
    pass, which is refused otherwise. `admit` is told the number of pixels before any is decoded.
    Refusal, with the reason, for what is no image, empty, cut
    off, of several frames, or larger than 30 million pixels. A path given as a Path is read as it
    is: what a model wrote goes through ImageRoot first.
    """
    held = _held(image) if isinstance(image, Path) else image
    start = held.content[: _PREAMBLE + len(_DICOM)]
    if start[_PREAMBLE:] == _DICOM:
        from clinseek.toolkits.imaging.reading.dicom import read_dicom

        return read_dicom(held, window=window, admit=admit)
    if start.startswith((_PNG, _JPEG)):
        from clinseek.toolkits.imaging.reading.raster import read_raster

        kind: Kind = "PNG" if start.startswith(_PNG) else "JPEG"
        return read_raster(held, kind, window=window, colour=colour, admit=admit)
    raise Refusal(f"{held.name} is no image: neither DICOM nor PNG nor JPEG, by its first bytes")


def _held(path: Path) -> ImageFile:
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise Refusal(f"{path.name} cannot be read ({reason})") from None
    if not content:
        raise Refusal(f"{path.name} has 0 bytes: it holds no image")
    return ImageFile(path.name, content, hashlib.sha256(content).hexdigest())
