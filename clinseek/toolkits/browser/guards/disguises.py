"""What a text says behind its encoding: percent signs, entities, base64, base32, hex, reversed."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote_plus

_DEEPEST = 3
_MOST = 24
_LONGEST = 20_000
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{10,}={0,2}")
_BASE32 = re.compile(r"[A-Z2-7]{13,}={0,6}|[a-z2-7]{13,}={0,6}")
_HEX = re.compile(r"(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[\s:-]?){8,}")
_HEX_MARKS = re.compile(r"0x|\\x|[\s:-]")


def undisguised(text: str) -> list[str]:
    """The text, and every text that is found by decoding it or a part of it, each once.

    Encodings within encodings are read three deep. Bytes that are no readable text are dropped.

    >>> undisguised("id MTAwMTQzNTQ=")
    ['id MTAwMTQzNTQ=', '10014354']
    """
    found = {text[:_LONGEST]: None}
    layer = list(found)
    for _ in range(_DEEPEST):
        layer = [new for each in layer for new in _decoded(each) if new not in found]
        found.update(dict.fromkeys(layer[: _MOST - len(found)]))
        if not layer or len(found) >= _MOST:
            break
    return list(found)


def _decoded(text: str) -> Iterator[str]:
    if "%" in text or "+" in text:
        yield unquote_plus(text)
    if "&" in text:
        yield html.unescape(text)
    for pattern, decode in _DECODERS:
        for each in pattern.finditer(text):
            read = _read(each.group(), decode)
            if read is not None:
                yield read


def _read(token: str, decode: Callable[[str], bytes]) -> str | None:
    try:
        said = decode(token).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return said if len(said) >= 6 and said.replace("\n", " ").isprintable() else None


def _padded(token: str, group: int) -> str:
    bare = token.rstrip("=")
    return bare + "=" * (-len(bare) % group)


def _base64(token: str) -> bytes:
    return base64.b64decode(_padded(token, 4).translate(str.maketrans("-_", "+/")), validate=True)


def _base32(token: str) -> bytes:
    return base64.b32decode(_padded(token, 8), casefold=True)


def _hex(token: str) -> bytes:
    return bytes.fromhex(_HEX_MARKS.sub("", token))


_DECODERS = ((_BASE64, _base64), (_BASE32, _base32), (_HEX, _hex))
