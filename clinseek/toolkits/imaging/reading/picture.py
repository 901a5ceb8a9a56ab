"""What is read from an image file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind = Literal["DICOM", "PNG", "JPEG"]

LATERAL = frozenset(
    {"LL", "RL", "LAT", "LATERAL", "LLD", "RLD", "LEFT LATERAL", "RIGHT LATERAL", "XTABLE LATERAL"}
)


FARTHEST, NARROWEST = 1e9, 1e-6
"""No value of an image lies farther from 0, and no window of one is narrower."""


class Spacing(NamedTuple):
    """Millimetres between the centres of pixels, and what they were measured on."""

    row_mm: float
    column_mm: float
    measured: str


class Window(NamedTuple):
    """The part of the stored values that is shown from black to white."""

    center: float
    width: float


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One radiograph, as it is meant to be seen.

    `pixels` is float32 of shape (rows, columns) from 0.0 (dark) to 1.0 (bright), whichever way the
    file stores it; only a colour picture, where one was asked for, has a third axis of R, G and B.
    `sha256` is that of the file. `view` is the view position in capitals, `spacing` the size of a
    pixel, `window` what was shown, each None where the file does not tell. `tags` are the
    technical entries that may be shown: none of them names a person, a place or a date.
    `warnings` are sentences for whoever reads the picture.
    """

    pixels: NDArray[np.float32]
    kind: Kind
    sha256: str
    bits: int
    photometric: str
    view: str | None = None
    spacing: Spacing | None = None
    window: Window | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """The height in pixels."""
        return int(self.pixels.shape[0])

    @property
    def columns(self) -> int:
        """The width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def lateral(self) -> bool:
        """Whether the file says that the chest is seen from the side.

        By its view position; where that tells nothing, by rows that run from front to back.
        """
        if self.view is not None:
            return self.view in LATERAL
        return self.tags.get("PatientOrientation", "")[:1] in ("A", "P")

    @property
    def seen_from(self) -> str:
        """The view in a word or two."""
        if self.view is None and self.lateral:
            return f"lateral by its orientation ({self.tags['PatientOrientation']})"
        return self.view or "not told by the file"

    @property
    def colour(self) -> bool:
        """Whether the pixels have a red, a green and a blue value."""
        return self.pixels.ndim == 3
