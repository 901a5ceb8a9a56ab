"""A run about two films: a part of one is cited, and tools drew pictures of it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Sequence
from typing import Any

from PIL import Image

from tests.evals.scorers.made import a_record, an_entry

PARTS = (("Heart", 60, 70, 150, 140), ("Left Lung", 110, 20, 180, 130))


def drawn(seed: int = 0, *, size: tuple[int, int] = (200, 160), quality: int = 90) -> bytes:
    """A grey JPEG, another one for each seed."""
    written = io.BytesIO()
    gradient = Image.linear_gradient("L").rotate(90 * seed).resize(size)
    gradient.point(lambda level: min(255, level // (1 + seed) + 7 * seed)).save(
        written, "JPEG", quality=quality
    )
    return written.getvalue()


def noise(side: int) -> bytes:
    """A JPEG of noise, which no coder makes small."""
    written = io.BytesIO()
    Image.effect_noise((side, side), 90).save(written, "JPEG", quality=95)
    return written.getvalue()


def named(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()


def segmented(
    number: int, path: str, *, size: Sequence[int], drew: bytes | None
) -> tuple[Any, dict[str, Any]]:
    """What the segmenter says of a film, with two parts and a picture."""
    told = {
        "output": {"image_path": f"made/{number}.png", "organs": {}},
        "metadata": {"size": list(size)},
    }
    boxes = [
        {"label": label, "left": left, "top": top, "right": right, "bottom": bottom}
        for label, left, top, right, bottom in PARTS
    ]
    entry, message = an_entry(
        number, json.dumps(told), tool="image.chest_xray_segmentation", table=None, tables=[],
        arguments={"image_path": path}, image={"path": path, "sha256": "f" * 64, "boxes": boxes},
    )  # fmt: skip
    content: list[Any] = [{"type": "text", "text": message["content"]}]
    if drew is not None:
        content.append({"type": "image", "sha256": named(drew), "mime_type": "image/jpeg"})
    return entry, {**message, "content": content}


def filmed_record(*, subject_id: int | None = None, **over: Any) -> Any:
    """Two films, of which the second was not shown; E1#1 is cited."""
    film, overlay = drawn(0), drawn(1)
    looked = segmented(1, "s1/a.png", size=(400, 320), drew=overlay)
    again = segmented(2, "made/1.png", size=(200, 160), drew=None)
    question = {
        "role": "user",
        "content": [
            {"type": "text", "text": "image 1: s1/a.png"},
            {"type": "image", "sha256": named(film), "mime_type": "image/jpeg"},
        ],
    }
    row: dict[str, Any] = {
        "question": "Is the heart enlarged?", "subject_id": subject_id,
        "cutoff": None if subject_id is None else "2150-03-05 08:00:00", "candidates": None,
        "images": ["s1/a.png", "s1/b.dcm"],
    }  # fmt: skip
    made = a_record(["yes"], citations=[["E1#1", "E2#9"]], evidence=[looked, again], row=row)
    images = {named(each): base64.b64encode(each).decode() for each in (film, overlay)}
    attached = [
        {"path": "s1/a.png", "sha256": "f" * 64, "shown": named(film)},
        {"path": "s1/b.dcm", "sha256": "e" * 64, "shown": None},
    ]
    changed = {"messages": [question, *made.messages], "images": images, "attached": attached}
    return made.model_copy(update={**changed, **over})
