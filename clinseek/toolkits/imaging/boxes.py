"""The parts of an image that an answer names, as evidence that can be pointed at. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clinseek.toolkits.observation import ImageBox


def boxes_of(output: Mapping[str, Any], *, size: Sequence[int]) -> tuple[ImageBox, ...]:
    """The boxes of a tool's output in the order in which it names them, in the image's pixels.

    `size` is the image's width and height: the whole of it is no part.

    >>> boxes_of({"organs": {"Heart": {"bbox": [90, 120, 180, 200]}}}, size=[256, 256])
    (ImageBox(label='Heart', left=90.0, top=120.0, right=180.0, bottom=200.0),)
    """
    return tuple(
        ImageBox(name[:80], *map(float, sides))
        for name, sides in _named(output)
        if list(sides) != [0, 0, *size]
    )


def _named(output: Mapping[str, Any]) -> Iterator[tuple[str, list[float]]]:
    for organ, measured in output.get("organs", {}).items():
        if "bbox" in measured:
            yield organ, measured["bbox"]
    for found in output.get("predictions", ()):
        for sides in found["bounding_boxes"]["image_pixels"]:
            yield found["phrase"], sides
    if "shown" in output:
        yield "shown part", output["shown"]
