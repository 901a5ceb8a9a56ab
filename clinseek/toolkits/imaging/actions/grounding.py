"""image.xray_phrase_grounding: where in a picture a phrase applies."""

from __future__ import annotations

from typing import Any

from clinseek.errors import Refusal
from clinseek.toolkits.imaging.actions.answer import Answer, Bench, about, made_of
from clinseek.toolkits.imaging.actions.classification import training_of
from clinseek.toolkits.imaging.actions.film import Film
from clinseek.toolkits.imaging.arguments import GroundPhrase
from clinseek.toolkits.imaging.models.grounding import Box, Grounded, in_whole_image, read_grounded
from clinseek.toolkits.imaging.reading import Picture
from clinseek.toolkits.imaging.rendering.overlays import Rectangle, with_boxes
from clinseek.toolkits.imaging.rendering.pictures import image_of, png_of

TRAINED_ON = ("MIMIC-CXR", "PadChest", "USMix (Microsoft)")
_NO_BOX = "the model drew no box; that does not prove that the finding is absent"


def ground(bench: Bench, asked: GroundPhrase, film: Film) -> Answer:
    """The boxes of a phrase, in the model's square and in the whole picture."""
    if not asked.phrase.strip():
        raise Refusal("phrase is empty; write what to look for")
    picture = film.radiograph()
    grounder, engine = bench.engine.grounder(), bench.engine
    text = grounder.ask(
        png_of(image_of(picture.pixels)),
        asked.phrase.strip(),
        most_tokens=asked.max_new_tokens,
        timeout=engine.timeout,
    )
    found = read_grounded(text)
    metadata = about(picture, tool=asked.tool, engine=engine) | {"model": "microsoft/maira-2"}
    metadata |= training_of(TRAINED_ON, bench.benchmark)
    if not any(grounded.boxes for grounded in found):
        metadata["note"] = _NO_BOX
    output = {"predictions": [_told(one, picture) for one in found], "raw_decoded": text}
    drawn = made_of(with_boxes(picture.pixels, _rectangles(found, picture)))
    return Answer(output, metadata, drawn, path_key="visualization_path")


def _told(grounded: Grounded, picture: Picture) -> dict[str, Any]:
    whole = [_whole(box, picture) for box in grounded.boxes]
    return {
        "phrase": grounded.phrase,
        "bounding_boxes": {
            "model_coordinates": [list(box) for box in grounded.boxes],
            "image_coordinates": [list(box) for box in whole],
            "image_pixels": [_pixels(box, picture) for box in whole],
        },
    }


def _rectangles(found: tuple[Grounded, ...], picture: Picture) -> list[Rectangle]:
    return [
        Rectangle(Box(*_pixels(_whole(box, picture), picture)), one.phrase[:40])
        for one in found
        for box in one.boxes
    ]


def _whole(box: Box, picture: Picture) -> Box:
    return in_whole_image(box, rows=picture.rows, columns=picture.columns)


def _pixels(box: Box, picture: Picture) -> list[float]:
    sizes = (picture.columns, picture.rows, picture.columns, picture.rows)
    return [round(part * size, 1) for part, size in zip(box, sizes, strict=True)]
