"""What a tool answers, in the published shape: `{output, metadata}`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from clinseek.toolkits.imaging.rendering.pictures import message_block, png_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from clinseek.toolkits.imaging.engine import Engine
    from clinseek.toolkits.imaging.reading import Picture
    from clinseek.toolkits.imaging.reading.roots import ImageRoot


class Made(NamedTuple):
    """A picture that a tool made: as a PNG for its file, and as a block of a message."""

    png: bytes
    block: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """The output and the metadata of one call, and the picture that goes with them.

    The picture's path is put under the output's `path_key` once its file is written.
    """

    output: dict[str, Any]
    metadata: dict[str, Any]
    made: Made | None = None
    path_key: str = "image_path"

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        drawn = 0 if self.made is None else len(self.made.png) + len(self.made.block["base64"])
        return drawn + 2 * len(json.dumps([self.output, self.metadata]))


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What an action works with: the run's images and the process's models.

    `benchmark` names the benchmark whose questions are answered, where there is one.
    """

    root: ImageRoot
    engine: Engine
    benchmark: str | None = None


def made_of(image: Image) -> Made:
    """A drawn picture in both of its forms."""
    return Made(png_of(image), message_block(image))


def about(picture: Picture, *, tool: str, engine: Engine) -> dict[str, Any]:
    """The metadata of an analysis: of which file, of which view, and what to be warned of."""
    warnings = list(picture.warnings)
    if picture.lateral:
        warnings.append(
            f"the view is {picture.seen_from}, but the model knows frontal views (PA, AP) only"
        )
    warnings += engine.notes(tool)
    told: dict[str, Any] = {
        "analysis_status": "completed",
        "image_sha256": picture.sha256,
        "view": picture.seen_from,
        "size": [picture.columns, picture.rows],
    }
    if picture.rows != picture.columns:
        side = min(picture.rows, picture.columns)
        told["seen_by_the_model"] = f"the middle square of {side} x {side} pixels"
    if warnings:
        told["warnings"] = warnings
    return told
