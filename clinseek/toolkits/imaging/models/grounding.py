"""A phrase to boxes, by MAIRA-2 behind a server of the user's.

MAIRA-2 is gated, runs code of its own repository and wants an older transformers, so it lives in
an environment of its own (docs/imaging.md has a server for it) and is asked over HTTP:

    POST URL   {"image": base64 of a PNG, "phrase": str, "max_new_tokens": int}
    200        {"text": what the model decoded, "model": its name and revision}

The text is read here: `<obj>phrase<box><x55><y45><x70><y56></box></obj>`, 100 steps along each
side of the middle square, a coordinate being the middle of its step.
"""

from __future__ import annotations

import base64
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from clinseek.errors import Refusal, SettingError

SERVER = "CLINSEEK_GROUNDING_URL"
_STEPS = 100
_MOST_BYTES = 1_000_000
_MOST_CHARACTERS = 20_000
"""A thousand tokens, the most that is asked for, are a fifth of it."""
_BOX = re.compile(r"<box><x(\d{1,2})><y(\d{1,2})><x(\d{1,2})><y(\d{1,2})></box>")


class Box(NamedTuple):
    """Left, top, right and bottom, as parts of the width and the height."""

    left: float
    top: float
    right: float
    bottom: float


class Grounded(NamedTuple):
    """A phrase of the model's answer and its boxes in the middle square."""

    phrase: str
    boxes: tuple[Box, ...]


class Grounder:
    """A server with MAIRA-2 behind it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingError(f"{SERVER}={url}: write the server's address, as http://host:port/")
        self.url = url

    def ask(self, png: bytes, phrase: str, *, most_tokens: int, timeout: float) -> str:
        """What the model decoded; Refusal, with the reason, where nothing usable came."""
        import httpx

        given = {
            "image": base64.b64encode(png).decode("ascii"),
            "phrase": phrase,
            "max_new_tokens": most_tokens,
        }
        try:
            answer = httpx.post(self.url, json=given, timeout=timeout)
        except httpx.TimeoutException:
            raise Refusal(f"the grounding server did not answer in {timeout:g} s") from None
        except httpx.HTTPError as error:
            raise Refusal(
                f"the grounding server cannot be reached ({type(error).__name__})"
            ) from None
        if answer.status_code != httpx.codes.OK or len(answer.content) > _MOST_BYTES:
            raise Refusal(f"the grounding server failed (HTTP {answer.status_code})")
        try:
            told = answer.json()
        except ValueError:
            told = None
        text = told.get("text") if isinstance(told, dict) else None
        if not isinstance(text, str):
            raise Refusal("the grounding server answered with something else than its text")
        if len(text) > _MOST_CHARACTERS:
            raise Refusal(f"the grounding server answered with {len(text):,} characters")
        return text


def read_grounded(text: str) -> tuple[Grounded, ...]:
    """The phrases and boxes of what the model decoded; cut-off and empty boxes are left out.

    >>> read_grounded("<obj>nodule<box><x55><y45><x70><y56></box></obj>")
    (Grounded(phrase='nodule', boxes=(Box(left=0.555, top=0.455, right=0.705, bottom=0.565),)),)
    >>> read_grounded("no such thing")
    ()
    """
    found = []
    for part in text[:_MOST_CHARACTERS].split("</obj>")[:-1]:
        _, begun, inside = part.partition("<obj>")
        if not begun:
            continue
        boxes = tuple(box for steps in _BOX.findall(inside) if (box := _box(steps)) is not None)
        phrase = re.sub(r"<[^<>]*>", " ", inside)
        found.append(Grounded(" ".join(phrase.split()), boxes))
    return tuple(found)


def _box(steps: tuple[str, ...]) -> Box | None:
    box = Box(*((int(step) + 0.5) / _STEPS for step in steps))
    return box if box.left <= box.right and box.top <= box.bottom else None


def in_whole_image(box: Box, *, rows: int, columns: int) -> Box:
    """A box of the middle square as parts of the whole picture.

    >>> in_whole_image(Box(0.555, 0.455, 0.705, 0.565), rows=1000, columns=2000)
    Box(left=0.5275, top=0.455, right=0.6025, bottom=0.565)
    """
    side = min(rows, columns)
    across, down = (columns - side) / 2, (rows - side) / 2
    return Box(
        round((box.left * side + across) / columns, 6),
        round((box.top * side + down) / rows, 6),
        round((box.right * side + across) / columns, 6),
        round((box.bottom * side + down) / rows, 6),
    )
