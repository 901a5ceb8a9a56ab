"""Pictures as part of a page: few of them, and each small, so that the page stays a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from clinseek.evals.report.pictures import kind_of, picture_bytes

MOST_PICTURES = 12
MOST_BYTES = 200_000
_SMALLER = ((1_024, 80), (768, 75), (512, 70))
"""Longest side and quality, tried one after the other."""


class Inlined(NamedTuple):
    """`data:` addresses of pictures by their names, and why others are left out."""

    addresses: dict[str, str]
    left_out: dict[str, str]


def inlined(held: Mapping[str, str], wanted: Iterable[str]) -> Inlined:
    """The first twelve of the pictures that are wanted, each of 200 kB at most.

    Larger ones are made smaller where Pillow is installed, else they are left out.
    """
    addresses: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for name in dict.fromkeys(wanted):
        picture = picture_bytes(held, name)
        if picture is None or kind_of(picture) is None:
            left_out[name] = "the record does not hold the picture"
        elif len(addresses) == MOST_PICTURES:
            left_out[name] = f"a page holds {MOST_PICTURES} pictures; clinseek view shows all"
        elif (small := _small(picture)) is None:
            left_out[name] = f"{len(picture):,} bytes, too many for a page; clinseek view shows it"
        else:
            text = base64.b64encode(small).decode("ascii")
            addresses[name] = f"data:{kind_of(small)};base64,{text}"
    return Inlined(addresses, left_out)


def _small(picture: bytes) -> bytes | None:
    """The picture, or a smaller one; None where that cannot be had."""
    if len(picture) <= MOST_BYTES:
        return picture
    try:
        from PIL import Image
    except ModuleNotFoundError:
        return None
    for side, quality in _SMALLER:
        try:
            with Image.open(io.BytesIO(picture), formats=("JPEG", "PNG")) as opened:
                opened.thumbnail((side, side))
                written = io.BytesIO()
                opened.convert("RGB").save(written, "JPEG", quality=quality)
        except (OSError, ValueError, SyntaxError):
            return None
        if written.tell() <= MOST_BYTES:
            return written.getvalue()
    return None
