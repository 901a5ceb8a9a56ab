"""Gzip unpacked as it arrives, as far as it is wanted and no further."""

from __future__ import annotations

import zlib

from clinseek.errors import Refusal

_BEGINS = b"\x1f"
_GZIP = 31


class Gunzip:
    """Unpacks a gzip stream of one or several members; what follows the last is left out."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=_GZIP)
        self._began = False
        self._ended = False

    def unpack(self, chunk: bytes, most: int) -> bytes:
        """What a chunk holds, at most so many bytes; Refusal for what is not gzip."""
        parts: list[bytes] = []
        while chunk and most > 0 and not self._ended:
            if self._member.eof:
                if not chunk.startswith(_BEGINS):
                    self._ended = True
                    break
                self._member = zlib.decompressobj(wbits=_GZIP)
            self._began = True
            try:
                part = self._member.decompress(chunk, most)
            except zlib.error as error:
                said = f"the page came packed and cannot be unpacked ({error})"
                raise Refusal(said) from error
            parts.append(part)
            most -= len(part)
            chunk = self._member.unused_data
        return b"".join(parts)

    @property
    def is_whole(self) -> bool:
        """Whether the last member came to its end; so did a stream of nothing."""
        return self._member.eof or not self._began
