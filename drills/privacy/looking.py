"""Words looked for in files, as they lie there and as zlib or gzip packed them.

On purpose none of it is the search of `clinseek purge`: that is what it is looked after with.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_GZIP_OR_ZLIB = 47
_MOST_UNPACKED = 1 << 28


def words_in(file: Path, words: Sequence[str]) -> set[str]:
    """Those of `words` that stand in the file's name, its bytes, or what is packed in them."""
    texts = [file.name.encode(), *_texts(file.read_bytes())]
    return {word for word in words if any(word.encode() in text for text in texts)}


def _texts(content: bytes) -> Iterator[bytes]:
    yield content
    for begin in _PACKED.finditer(content):
        unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
        try:
            yield unpacker.decompress(content[begin.start() :], _MOST_UNPACKED)
        except zlib.error:
            continue
