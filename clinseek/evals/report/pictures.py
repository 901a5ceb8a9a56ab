"""The images of a run: those that came with its question, what tools drew, and the parts they name.

Works on a record as a JSON object. The pictures themselves stand in the record by their SHA-256;
parts are in the pixels of the file that was looked at, which may be larger than its picture.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from clinseek.evals.transcripts.evidence import Observation

Size = tuple[float, float]
"""Width and height in pixels."""

_MADE = re.compile(r'"(made/[^"]+)"')
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of a JPEG after which its size stands."""
_MOST_SIDE = 100_000


class Part(NamedTuple):
    """A part of an image that an observation names, in the image's pixels; E4#1 is its name."""

    evidence: str
    number: int
    label: str
    left: float
    top: float
    right: float
    bottom: float
    cited: bool

    @property
    def name(self) -> str:
        """How an answer cites it."""
        return f"{self.evidence}#{self.number}"


class SeenImage(NamedTuple):
    """An image with the parts that are named of it.

    `shown` is the key of its picture in the record, None where the record has none; `size` is
    None where nothing tells it.
    """

    path: str
    shown: str | None
    size: Size | None
    parts: tuple[Part, ...] = ()


class RunImages(NamedTuple):
    """`attached` came with the question; by observation the image it is `of` and what it `drew`."""

    attached: list[SeenImage]
    of: dict[str, SeenImage]
    drew: dict[str, list[SeenImage]]

    @property
    def pictures(self) -> list[str]:
        """The keys of all pictures: attached ones first, then those of tools in their order."""
        every = [*self.attached, *(one for drawn in self.drew.values() for one in drawn)]
        return list(dict.fromkeys(each.shown for each in every if each.shown))


def images_of(run: Mapping[str, Any], observations: Sequence[Observation]) -> RunImages:
    """Every image of a run; what the answer cites is marked in `attached`, all parts in `of`."""
    held = run.get("images") or {}
    drew = _drawn(run, observations, held)
    shown = {str(each["path"]): each["shown"] for each in run.get("attached") or ()}
    for observation in observations:
        for path in _MADE.findall(observation.text):
            if observation.id in drew:
                shown.setdefault(path, drew[observation.id][0].shown)
    of = {each.id: _looked_at(each, shown, held) for each in observations if each.image is not None}
    attached = [
        _attached(str(each["path"]), each["shown"], of, held) for each in run.get("attached") or ()
    ]
    return RunImages(attached, of, drew)


def parts_of(observation: Observation) -> tuple[Part, ...]:
    """The parts of its image that an observation names."""
    boxes = (observation.image or {}).get("boxes") or ()
    return tuple(
        Part(
            evidence=observation.id,
            number=at,
            label=str(box["label"]),
            left=float(box["left"]),
            top=float(box["top"]),
            right=float(box["right"]),
            bottom=float(box["bottom"]),
            cited=str(at) in observation.cited_rows,
        )
        for at, box in enumerate(boxes, start=1)
    )


def picture_bytes(held: Mapping[str, str], name: str | None) -> bytes | None:
    """A picture of the record; None where it holds none of this name."""
    if name is None or name not in held:
        return None
    try:
        return base64.b64decode(held[name], validate=True)
    except binascii.Error:
        return None


def kind_of(picture: bytes) -> str | None:
    r"""What a picture is, by its first bytes; None where it is none that a browser shows.

    >>> kind_of(b"\xff\xd8\xff\xe0"), kind_of(b"<svg/>")
    ('image/jpeg', None)
    """
    for start, kind in (
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n", "image/png"),
        (b"GIF8", "image/gif"),
        (b"RIFF", "image/webp"),
    ):
        if picture.startswith(start):
            return kind
    return None


def size_of(picture: bytes) -> Size | None:
    r"""Width and height of a JPEG or PNG, by its header alone.

    >>> size_of(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0\0\0\x64" + b"\0\0\0\x78")
    (100.0, 120.0)
    """
    if picture.startswith(b"\x89PNG") and len(picture) >= 24:
        return _size(*struct.unpack(">II", picture[16:24]))
    at = 2
    while picture.startswith(b"\xff\xd8") and at + 9 <= len(picture) and picture[at] == 0xFF:
        if picture[at + 1] in _FRAMES:
            height, width = struct.unpack(">HH", picture[at + 5 : at + 9])
            return _size(width, height)
        at += 2 + int.from_bytes(picture[at + 2 : at + 4], "big")
    return None


def _size(width: float, height: float) -> Size | None:
    fits = 0 < width <= _MOST_SIDE and 0 < height <= _MOST_SIDE
    return (float(width), float(height)) if fits else None


def _looked_at(
    observation: Observation, shown: Mapping[str, str | None], held: Mapping[str, str]
) -> SeenImage:
    path = str((observation.image or {})["path"])
    picture = shown.get(path)
    size = _told_size(observation.text) or _picture_size(held, picture)
    return SeenImage(path, picture, size, parts_of(observation))


def _attached(
    path: str, shown: str | None, of: Mapping[str, SeenImage], held: Mapping[str, str]
) -> SeenImage:
    looked = [each for each in of.values() if each.path == path]
    size = next((each.size for each in looked if each.size), None) or _picture_size(held, shown)
    cited = [part for each in looked for part in each.parts if part.cited]
    return SeenImage(path, shown, size, tuple(cited))


def _drawn(
    run: Mapping[str, Any], observations: Sequence[Observation], held: Mapping[str, str]
) -> dict[str, list[SeenImage]]:
    by_call = {str(each.entry["call_id"]): each.id for each in observations}
    return {
        by_call[call]: drawn
        for message in run["messages"]
        if message["role"] == "tool"
        and (call := str(message.get("tool_call_id"))) in by_call
        and (drawn := [_drew(name, held) for name in image_names(message.get("content"))])
    }


def image_names(content: Any) -> Iterator[str]:
    """The SHA-256 of each image of a message's content, by which the record holds it.

    >>> list(image_names([{"type": "text", "text": "x"}, {"type": "image", "sha256": "ab"}]))
    ['ab']
    """
    for block in content if isinstance(content, list) else ():
        if isinstance(block, dict) and "sha256" in block:
            yield str(block["sha256"])


def _drew(name: str, held: Mapping[str, str]) -> SeenImage:
    return SeenImage("", name, _picture_size(held, name))


def _picture_size(held: Mapping[str, str], name: str | None) -> Size | None:
    picture = picture_bytes(held, name)
    return None if picture is None else size_of(picture)


def _told_size(text: str) -> Size | None:
    """The size of the image that a tool tells in its answer."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        told, _ = json.JSONDecoder().raw_decode(text[start:])
        metadata = told["metadata"]
        return _size(*(metadata.get("original_size") or metadata["size"]))
    except (ValueError, KeyError, TypeError):
        return None
