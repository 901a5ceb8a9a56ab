"""From the drawing to the bytes of a grey JPEG that says what it is."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clinseek.toolkits.ehr.synthetic.films.drawing.body import Body, Exposure
from clinseek.toolkits.ehr.synthetic.films.drawing.canvas import SIZE, Grid, grain, part
from clinseek.toolkits.ehr.synthetic.films.drawing.frontal import Frontal
from clinseek.toolkits.ehr.synthetic.films.drawing.lateral import Lateral
from clinseek.toolkits.ehr.synthetic.films.findings import Findings
from clinseek.toolkits.ehr.synthetic.films.studies import View

if TYPE_CHECKING:
    from PIL import Image

WORDS = "synthetic drawing, not a patient"
"""Stands in the margin of every picture and in its JPEG comment."""
_QUALITY = 88
_MARGIN = 15
"""Rows below the picture, in pixels."""
_MARKS: dict[View, str] = {"AP": "PORTABLE AP", "PA": "PA", "LATERAL": "LATERAL"}


def draw_film(body: Body, exposure: Exposure, view: View, findings: Findings) -> NDArray[np.uint8]:
    """The picture of one view, `SIZE` x `SIZE` grey levels from black (air) to white (bone)."""
    if view == "LATERAL":
        thickness = Lateral(body, exposure, findings).thickness()
    else:
        thickness = Frontal(body, exposure, findings, bedside=view == "AP").thickness()
    return _exposed(thickness, exposure, view)


def jpeg_of(picture: NDArray[np.uint8]) -> bytes:
    """The picture as a JPEG file."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=_QUALITY, comment=WORDS.encode())
    return file.getvalue()


def _exposed(thickness: Grid, exposure: Exposure, view: View) -> NDArray[np.uint8]:
    # In place: at this size a new array costs more than what is reckoned into it.
    grey = np.maximum(thickness, 0)
    grey *= np.float32(-1.0 * exposure.darkness)
    np.exp(grey, out=grey)
    grey *= np.float32(-252)
    grey += np.float32(252)
    grey += part(grain(), exposure.grain)
    lettering = _lettering(view)
    np.maximum(grey, lettering, out=grey)
    grey[-_MARGIN:] = lettering[-_MARGIN:]
    np.clip(grey, 0, 255, out=grey)
    return grey.astype(np.uint8)


@lru_cache(maxsize=3)
def _lettering(view: View) -> Grid:
    """The marks of the radiographer and the words of the margin."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("L", (SIZE, SIZE))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default_imagefont()
    draw.text((6, SIZE - 14), WORDS, fill=200, font=font)
    draw.text((6, 4), _MARKS[view], fill=225, font=font)
    if view != "LATERAL":
        _side_mark(image)
    return np.asarray(image, dtype=np.float32)


def _side_mark(image: Image.Image) -> None:
    """The L of lead at the patient's left."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(image)
    draw.line([(484, 12), (484, 34), (497, 34)], fill=245, width=4)
