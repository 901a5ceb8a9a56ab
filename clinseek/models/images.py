"""Images as models are shown them: made small once, here, and kept once by their content hash.

What a file says beside its pixels (EXIF, comments, colour profiles) is left behind: it may name
the patient.
"""

from __future__ import annotations

import base64
import hashlib
import io
import math
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from clinseek.errors import Refusal, SettingError

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from PIL.Image import Image

    _Message = TypeVar("_Message", bound=BaseMessage)

LONGEST_SIDE = 1568
_QUALITY = 90
MOST_PIXELS = 30_000_000
"""As many as image tools read: what they make of an image can be shown."""

_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP")
_DEEP_GREYS = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_SEE_THROUGH = ("RGBA", "RGBa", "LA", "La", "PA")
_UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
)
_NONE: Mapping[str, str] = MappingProxyType({})


class EncodedImage(NamedTuple):
    """A JPEG for a model: its bytes, their SHA-256, width and height in pixels, where it is from.

    `source` is the path as it was given, None for an image that came as bytes.
    """

    jpeg: bytes
    sha256: str
    width: int
    height: int
    source: str | None


def encode(source: Path | bytes) -> EncodedImage:
    """The image as RGB, the right way up, its longest side at most 1,568 pixels, as a JPEG (q90).

    It is never enlarged. Deep grey (16 bits and more) is spread from its darkest to its brightest
    value over 8 bits. What can be seen through is put on white. Of several frames the first is
    taken. The same bytes in give the same bytes out. Refusal, with the reason, for a file that is
    no image, broken, cut off, or of more than 30 million pixels; SettingError without Pillow.
    """
    named = None if isinstance(source, bytes) else str(source)
    shown = _shown(source, named or "the image")
    shown.thumbnail((LONGEST_SIDE, LONGEST_SIDE), _pillow().Resampling.LANCZOS)
    shown.info.clear()
    written = io.BytesIO()
    shown.save(written, "JPEG", quality=_QUALITY)
    jpeg = written.getvalue()
    return EncodedImage(jpeg, hashlib.sha256(jpeg).hexdigest(), *shown.size, named)


def image_block(encoded: EncodedImage) -> dict[str, Any]:
    """The image as a block of a message."""
    return {
        "type": "image",
        "base64": base64.b64encode(encoded.jpeg).decode("ascii"),
        "mime_type": "image/jpeg",
    }


def without_images(
    messages: Sequence[_Message], *, paths: Mapping[str, str] = _NONE
) -> list[_Message]:
    """The messages for a host without images: a note stands in the place of each.

    The note names the image's path where `paths` has one for its SHA-256, so that a tool can
    still be called with it.
    """

    def note(block: dict[str, Any]) -> dict[str, Any]:
        sha256 = _sha256_of(block)
        where = paths.get(sha256) or f"SHA-256 {sha256[:16]}"
        return {"type": "text", "text": f"[image not shown, this model takes none: {where}]"}

    return [_joined(message, _with_each_image(message, note)) for message in messages]


def holds_images(messages: Sequence[BaseMessage]) -> bool:
    """Whether any of the messages shows an image.

    >>> from langchain_core.messages import HumanMessage
    >>> holds_images([HumanMessage("look")]), holds_images([HumanMessage([{"type": "image"}])])
    (False, True)
    """
    return any(
        _is_image(block)
        for message in messages
        if not isinstance(message.content, str)
        for block in message.content
    )


def images_by_hash(messages: Sequence[_Message]) -> tuple[list[_Message], dict[str, str]]:
    """The messages with each image named by its SHA-256, and the images, base64 by that name.

    A record holds an image once this way, however often it was shown. `with_images` is the way
    back.
    """
    images: dict[str, str] = {}

    def named(block: dict[str, Any]) -> dict[str, Any]:
        if "base64" not in block:
            return block
        sha256 = _sha256_of(block)
        images[sha256] = block["base64"]
        rest = {key: value for key, value in block.items() if key != "base64"}
        return {**rest, "sha256": sha256}

    return [_with_each_image(message, named) for message in messages], images


def with_images(messages: Sequence[_Message], images: Mapping[str, str]) -> list[_Message]:
    """The messages with their images in place again; one that `images` lacks stays a name."""

    def placed(block: dict[str, Any]) -> dict[str, Any]:
        sha256 = str(block.get("sha256"))
        if sha256 not in images:
            return block
        rest = {key: value for key, value in block.items() if key != "sha256"}
        return {**rest, "base64": images[sha256]}

    return [_with_each_image(message, placed) for message in messages]


def _with_each_image(
    message: _Message, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> _Message:
    """The message with each of its image blocks changed; itself where it has none."""
    content = message.content
    if isinstance(content, str) or not any(_is_image(block) for block in content):
        return message
    changed = [
        change(block) if isinstance(block, dict) and _is_image(block) else block
        for block in content
    ]
    return message.model_copy(update={"content": changed})


def _joined(before: _Message, after: _Message) -> _Message:
    """Text blocks as one text: what has no images needs no blocks."""
    if after is before:
        return before
    return after.model_copy(update={"content": "\n".join(map(_text, after.content))})


def _text(block: str | dict[str, Any]) -> str:
    return block if isinstance(block, str) else str(block.get("text", ""))


def _is_image(block: str | dict[str, Any]) -> bool:
    return isinstance(block, dict) and block.get("type") == "image"


def _sha256_of(block: Mapping[str, Any]) -> str:
    if "base64" not in block:
        return str(block.get("sha256", ""))
    return hashlib.sha256(base64.b64decode(block["base64"])).hexdigest()


def _shown(source: Path | bytes, name: str) -> Image:
    """The pixels of the source as RGB; Refusal where there are none to be had."""
    pillow = _pillow()
    from PIL import ImageOps

    try:
        with pillow.open(_opened(source), formats=_FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _too_large(name)
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            return _rgb(image)
    except (pillow.DecompressionBombError, pillow.DecompressionBombWarning):
        raise _too_large(name) from None
    except FileNotFoundError:
        raise Refusal(f"{name}: there is no such file") from None
    except pillow.UnidentifiedImageError:
        known = ", ".join(_FORMATS)
        raise Refusal(f"{name} is no image that can be shown; these can: {known}") from None
    except _UNREADABLE as error:
        raise Refusal(f"{name} is broken or cut off and cannot be shown ({error})") from None


def _too_large(name: str) -> Refusal:
    return Refusal(f"{name} has more than {MOST_PIXELS:,} pixels; make it smaller")


def _opened(source: Path | bytes) -> Path | io.BytesIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _rgb(image: Image) -> Image:
    if image.mode in _DEEP_GREYS:
        return _spread(image).convert("RGB")
    if image.mode in _SEE_THROUGH or "transparency" in image.info:
        layered = image.convert("RGBA")
        ground = _pillow().new("RGBA", layered.size, "white")
        composed: Image = _pillow().alpha_composite(ground, layered)
        return composed.convert("RGB")
    return image.convert("RGB")


def _spread(image: Image) -> Image:
    """Deep grey over 8 bits. Pillow's own conversion cuts at 255: a 12-bit image turns white."""
    deep = image.convert("I").convert("F") if image.mode.startswith("I") else image
    darkest, brightest = _extremes(deep)
    if not (math.isfinite(darkest) and math.isfinite(brightest)):
        raise ValueError("its pixels are no numbers")
    scale = 255.0 / (brightest - darkest) if brightest > darkest else 0.0
    spread: Image = deep.point(lambda value: value * scale + (0.5 - darkest * scale))
    return spread.convert("L")


def _extremes(image: Image) -> tuple[float, float]:
    low, high = image.getextrema()
    assert isinstance(low, int | float)
    assert isinstance(high, int | float)
    return float(low), float(high)


def _pillow() -> Any:
    try:
        from PIL import Image
    except ModuleNotFoundError:
        raise SettingError("images need the package pillow; install 'clinseek[imaging]'") from None
    return Image
