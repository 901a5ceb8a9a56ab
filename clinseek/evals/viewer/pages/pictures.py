"""The images of a message, and the boxes that a tool drew on them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from clinseek.evals.report.markup import Markup, element


class ImageBox(NamedTuple):
    """A rectangle over an image: its edges as shares of its width and height, and what it holds."""

    left: float
    top: float
    right: float
    bottom: float
    phrase: str


def image_names(content: Any) -> list[str]:
    """The SHA-256 of each image of a message's content, by which the record holds it.

    >>> image_names([{"type": "text", "text": "x"}, {"type": "image", "sha256": "ab"}])
    ['ab']
    """
    if not isinstance(content, list):
        return []
    return [str(b["sha256"]) for b in content if isinstance(b, dict) and "sha256" in b]


def boxes_in(text: str) -> list[ImageBox]:
    """The boxes that an observation tells in shares of the whole image.

    >>> boxes_in('[E1] {"output": {"predictions": [{"phrase": "nodule", "bounding_boxes": '
    ...          '{"image_coordinates": [[0.1, 0.2, 0.3, 0.4]]}}]}}')
    [ImageBox(left=0.1, top=0.2, right=0.3, bottom=0.4, phrase='nodule')]
    """
    start = text.find("{")
    if start < 0 or "image_coordinates" not in text:
        return []
    try:
        told, _ = json.JSONDecoder().raw_decode(text[start:])
    except ValueError:
        return []
    return list(_boxes(told, "box"))


def _boxes(told: Any, phrase: str) -> Iterator[ImageBox]:
    if isinstance(told, list):
        for each in told:
            yield from _boxes(each, phrase)
        return
    if not isinstance(told, dict):
        return
    named = str(told.get("phrase", phrase))
    for corners in told.get("image_coordinates") or ():
        if _is_box(corners):
            left, top, right, bottom = (float(edge) for edge in corners)
            yield ImageBox(left, top, right, bottom, named)
    for each in told.values():
        yield from _boxes(each, named)


def _is_box(corners: Any) -> bool:
    if not isinstance(corners, list) or len(corners) != 4:
        return False
    return all(isinstance(edge, int | float) and 0 <= edge <= 1 for edge in corners)


def pictures(
    names: list[str],
    boxes: list[ImageBox],
    held: Mapping[str, Any],
    *,
    root: str,
    told: str,
) -> Markup | None:
    """The images side by side, each with the boxes over it; None where there is none."""
    drawn = [
        element(
            "figure",
            element(
                "div",
                element(
                    "img",
                    src=f"{root}{name}",
                    alt=f"{told}, image {number}",
                    loading="lazy",
                ),
                element("svg", [_box(box) for box in boxes], aria_hidden="true") if boxes else None,
                class_="picture",
            ),
            element("figcaption", f"{told}, image {number}", class_="quiet"),
        )
        if name in held
        else element("p", f"{told}, image {number}: the record does not hold it", class_="quiet")
        for number, name in enumerate(names, start=1)
    ]
    if not drawn:
        return None
    list_of_boxes = element(
        "ul",
        [
            element(
                "li",
                f"{box.phrase}: {100 * box.left:.0f} to {100 * box.right:.0f} % across, "
                f"{100 * box.top:.0f} to {100 * box.bottom:.0f} % down",
            )
            for box in boxes
        ],
    )
    return element("div", drawn, list_of_boxes if boxes else None, class_="pictures")


def _box(box: ImageBox) -> Markup:
    return element(
        "rect",
        element("title", box.phrase),
        x=f"{100 * box.left:.2f}%",
        y=f"{100 * box.top:.2f}%",
        width=f"{100 * (box.right - box.left):.2f}%",
        height=f"{100 * (box.bottom - box.top):.2f}%",
    )
