"""The image that a call asks about: its file, read once, and its pixels when they are wanted."""

from __future__ import annotations

from dataclasses import dataclass

from clinseek.errors import Refusal
from clinseek.toolkits.imaging.reading import Picture, Window, read_image
from clinseek.toolkits.imaging.reading.room import Admit
from clinseek.toolkits.imaging.reading.roots import ImageFile

LEAST_SIDE = 32
"""No radiograph is smaller, and a model would score its resized blur as if it were one."""


@dataclass(frozen=True)
class Film:
    """A file of the run; `admit` waits until there is room for so many pixels."""

    file: ImageFile
    admit: Admit

    def picture(self, *, window: Window | None = None, colour: bool = False) -> Picture:
        """Its pixels and what it tells of them; Refusal as of `read_image`."""
        return read_image(self.file, window=window, colour=colour, admit=self.admit)

    def radiograph(self) -> Picture:
        """Its pixels for a model; Refusal for what a model would score although nothing is seen."""
        picture = self.picture()
        if min(picture.rows, picture.columns) < LEAST_SIDE:
            raise Refusal(
                f"{self.file.name} has {picture.columns} x {picture.rows} pixels; a model is "
                f"asked about images of at least {LEAST_SIDE} x {LEAST_SIDE}"
            )
        if float(picture.pixels.max()) == float(picture.pixels.min()):
            raise Refusal(
                f"every pixel of {self.file.name}, as it is shown, has the same value: there is "
                "nothing to look at"
            )
        return picture
