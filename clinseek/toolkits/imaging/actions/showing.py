"""The tools without a model: a DICOM file as a PNG, and a picture as one wants to see it."""

from __future__ import annotations

from typing import Any

from clinseek.errors import Refusal
from clinseek.toolkits.imaging.actions.answer import Answer, Bench, made_of
from clinseek.toolkits.imaging.actions.film import Film
from clinseek.toolkits.imaging.arguments import ProcessDicom, VisualizeImage
from clinseek.toolkits.imaging.reading import Picture, Window
from clinseek.toolkits.imaging.rendering.pictures import Colours, Crop, View, image_of, shown

_COLOURS: dict[str, Colours] = {
    "rgb": "grey",
    "gray": "grey",
    "grey": "grey",
    "gray_r": "inverted",
    "grey_r": "inverted",
    "inverted": "inverted",
}
_DOTS = 100
_MOST_INCHES = 20.0


def process_dicom(_: Bench, asked: ProcessDicom, film: Film) -> Answer:
    """The PNG of a DICOM file and its technical entries."""
    picture = film.picture(window=_window(asked.window_center, asked.window_width))
    if picture.kind != "DICOM":
        raise Refusal(
            f"{film.file.name} is a {picture.kind}, no DICOM file; image.image_visualizer shows "
            "it, and the other tools take it as it is"
        )
    output: dict[str, Any] = dict(picture.tags)
    output["Window"] = (
        {"center": picture.window.center, "width": picture.window.width}
        if picture.window
        else "none"
    )
    output["PixelSpacingUsed"] = _spacing(picture)
    metadata: dict[str, Any] = {
        "analysis_status": "completed",
        "original": film.file.name,
        "image_sha256": picture.sha256,
        "size": [picture.columns, picture.rows],
    }
    if picture.warnings:
        metadata["warnings"] = list(picture.warnings)
    return Answer(output, metadata, made_of(image_of(picture.pixels)))


def visualize(_: Bench, asked: VisualizeImage, film: Film) -> Answer:
    """A rendered copy of a picture, or of a part of it."""
    window = _window(asked.window_center, asked.window_width)
    colours = _COLOURS.get(asked.cmap.strip().lower())
    if colours is None:
        raise Refusal(f"cmap {asked.cmap[:40]!r} is not offered; there are: {', '.join(_COLOURS)}")
    picture = film.picture(window=window, colour=True)
    crop = _crop(asked.crop, picture)
    inches = min(_MOST_INCHES, max(asked.figsize))
    view = View(
        crop=crop,
        zoom=asked.zoom,
        grid=asked.grid,
        title=asked.title,
        description=asked.description,
        colours=colours,
        longest=max(1, round(inches * _DOTS)),
    )
    image = shown(picture.pixels, view)
    output = {"shown": list(crop), "size": list(image.size)}
    metadata: dict[str, Any] = {
        "analysis_status": "completed",
        "original": film.file.name,
        "image_sha256": picture.sha256,
        "original_size": [picture.columns, picture.rows],
    }
    if picture.warnings:
        metadata["warnings"] = list(picture.warnings)
    return Answer(output, metadata, made_of(image))


def _window(center: float | None, width: float | None) -> Window | None:
    if center is None and width is None:
        return None
    if center is None or width is None:
        raise Refusal("window_center and window_width go together; give both, or neither")
    return Window(center, width)


def _crop(asked: tuple[int, int, int, int] | None, picture: Picture) -> Crop:
    """The part asked for, as far as the picture goes; Refusal for one outside it."""
    if asked is None:
        return Crop(0, 0, picture.columns, picture.rows)
    left, top, right, bottom = asked
    crop = Crop(max(0, left), max(0, top), min(picture.columns, right), min(picture.rows, bottom))
    if crop.left >= crop.right or crop.top >= crop.bottom:
        raise Refusal(
            f"crop {list(asked)} holds no pixel: it is left, top, right, bottom in an image of "
            f"{picture.columns} x {picture.rows}"
        )
    return crop


def _spacing(picture: Picture) -> Any:
    if picture.spacing is None:
        return "the file tells none: no length or area in millimetres can be measured"
    return {
        "row_mm": picture.spacing.row_mm,
        "column_mm": picture.spacing.column_mm,
        "measured": picture.spacing.measured,
    }
