"""An image of a run as a figure: the picture, its parts drawn over it, and the same in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clinseek.evals.report.markup import Markup, element
from clinseek.evals.report.observation_card import part_anchor
from clinseek.evals.report.pictures import Part, SeenImage, Size

Drawn = Callable[[SeenImage], Markup | None]
"""The picture of an image as an element of an SVG, as wide and high as the image; None: it is not
to be had."""

_MOST_NAMED = 6
"""Of more parts only the numbers stand in the picture; their names stand beneath."""
_TEXT_SHARE = 30


def image_figure(
    image: SeenImage, *, told: str, drawn: Drawn, why_not: str = "", listed: bool = False
) -> Markup:
    """The figure of an image with its parts; `told` names it.

    Without a picture it is named, with `why_not`. `listed` parts stand beneath, too, as the places
    that citations lead to.
    """
    size = f" ({image.size[0]:g} x {image.size[1]:g} pixels)" if image.size else ""
    picture = drawn(image) if image.size else None
    reason = why_not or ("the picture is not at hand" if image.shown else "not shown to the model")
    missing = f": {reason}" if picture is None else ""
    return element(
        "figure",
        _svg(image, image.size, picture, told) if picture and image.size else None,
        element("figcaption", f"{told}{size}{missing}", class_="quiet"),
        element("ul", [_line(part) for part in image.parts], class_="parts")
        if listed and image.parts
        else None,
        class_="picture",
    )


def _svg(image: SeenImage, size: Size, picture: Markup, told: str) -> Markup:
    names = ", ".join(f"{part.name} {part.label}" for part in image.parts)
    return element(
        "svg",
        picture,
        [_box(part, size, image.parts) for part in image.parts],
        viewBox=f"0 0 {size[0]:g} {size[1]:g}",
        role="img",
        aria_label=f"{told}, with {names}" if names else told,
    )


def _box(part: Part, size: Size, parts: Sequence[Part]) -> Markup:
    letter = max(size) / _TEXT_SHARE
    alone = len({each.evidence for each in parts}) == 1
    number = f"{part.number}" if alone else part.name
    inside = min(max(part.top, 0), size[1] - letter * 1.2)
    return element(
        "g",
        element(
            "rect",
            element("title", f"{part.name} {part.label}"),
            x=f"{part.left:g}",
            y=f"{part.top:g}",
            width=f"{max(0, part.right - part.left):g}",
            height=f"{max(0, part.bottom - part.top):g}",
        ),
        element(
            "text",
            f"{number} {part.label}" if len(parts) <= _MOST_NAMED else number,
            x=f"{max(part.left, 0) + letter / 4:g}",
            y=f"{inside + letter:g}",
            font_size=f"{letter:g}",
        ),
        class_="part cited" if part.cited else "part",
    )


def _line(part: Part) -> Markup:
    return element(
        "li",
        f"{part.name} {part.label}: from ({part.left:g}, {part.top:g}) to "
        f"({part.right:g}, {part.bottom:g})",
        id=part_anchor(part.evidence, part.number),
        class_="cited" if part.cited else None,
    )
