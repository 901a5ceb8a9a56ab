"""The size that compressed pixels declare, read before a decoder makes room for it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_JPEG = b"\xff\xd8\xff"
_J2K = b"\xff\x4f\xff\x51"
_JP2 = b"\x00\x00\x00\x0cjP  "
_ALONE = frozenset({0x01, *range(0xD0, 0xDA)})
"""Markers of JPEG without a length."""
_SIZES = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
"""Markers of JPEG, and the one of JPEG-LS, behind which the size stands."""


class Declared(NamedTuple):
    """The size that a frame says it has."""

    rows: int
    columns: int
    channels: int


def declared(frame: bytes) -> Declared | None:
    r"""The size in the head of a JPEG, JPEG-LS or JPEG 2000 frame; None where there is none.

    >>> declared(b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x10\x00\x20\x01\x01\x11\x00")
    Declared(rows=16, columns=32, channels=1)
    """
    if frame.startswith(_JPEG):
        return _of_jpeg(frame)
    if frame.startswith(_J2K):
        return _of_j2k(frame)
    return _of_jp2(frame) if frame.startswith(_JP2) else None


def _of_jpeg(frame: bytes) -> Declared | None:
    at = 2
    while at + 10 <= len(frame):
        if frame[at] != 0xFF:
            return None
        marker = frame[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _SIZES:
            rows, columns = _number(frame, at + 5, 2), _number(frame, at + 7, 2)
            return Declared(rows, columns, frame[at + 9])
        else:
            at += 2 + _number(frame, at + 2, 2)
    return None


def _of_j2k(frame: bytes, start: int = 0) -> Declared | None:
    if frame[start : start + 4] != _J2K or len(frame) < start + 42:
        return None
    right, bottom, left, top = (_number(frame, start + at, 4) for at in (8, 12, 16, 20))
    return Declared(bottom - top, right - left, _number(frame, start + 40, 2))


def _of_jp2(frame: bytes) -> Declared | None:
    """The larger of the two sizes that a JP2 file tells: in its header, and in its codestream."""
    rows = columns = 0
    for kind, start in _boxes(frame, 0):
        if kind == b"jp2h":
            for inner, at in _boxes(frame, start):
                if inner == b"ihdr":
                    rows, columns = _number(frame, at, 4), _number(frame, at + 4, 4)
                    break
        if kind == b"jp2c":
            told = _of_j2k(frame, start)
            return told and told._replace(
                rows=max(rows, told.rows),
                columns=max(columns, told.columns),
            )
    return None


def _boxes(frame: bytes, at: int) -> Iterator[tuple[bytes, int]]:
    """The kinds of the boxes from a place on, each with the place of what it holds."""
    while at + 8 <= len(frame):
        length, kind, head = _number(frame, at, 4), frame[at + 4 : at + 8], 8
        if length == 1:
            length, head = _number(frame, at + 8, 8), 16
        yield kind, at + head
        if length < head:
            return
        at += length


def _number(frame: bytes, at: int, size: int) -> int:
    return int.from_bytes(frame[at : at + size], "big")
