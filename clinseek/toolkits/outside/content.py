"""What a server answered, as a model reads it: text and images, without what changes by chance.

Pure functions. The blocks have no ids, so the same answer is the same bytes in every run.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from clinseek.toolkits.observation import Observation

if TYPE_CHECKING:
    from mcp.types import CallToolResult

Content = str | list[str | dict[str, Any]]

EXPIRED = "clinseek/expired"
"""True in the `_meta` of a clinseek server's answer that only says that the session expired."""

_OURS = frozenset({"text", "refused", "table", "row_ids", "tables"})
_MOST_IMAGES = 8
_LONGEST_IMAGE = 16_000_000


class Said(NamedTuple):
    """The content of a tool message, and where it came from."""

    content: Content
    origin: Observation


def said(result: CallToolResult, *, max_chars: int, same_case: bool) -> Said:
    """What a result says, at most `max_chars` of it.

    Only a server of the run's own case (`same_case`) may say which rows it showed: row numbers
    of any other record would be looked up in the wrong one.
    """
    blocks = [block.model_dump(by_alias=True, exclude_none=True) for block in result.content]
    texts, images = list(_texts(blocks)), list(_images(blocks))
    texts.extend(f"[another {image['mime_type']}: not shown]" for image in images[_MOST_IMAGES:])
    structured = result.structuredContent
    if not texts and not images and structured is not None:
        texts.append(json.dumps(structured, ensure_ascii=False, sort_keys=True))
    text = cut("\n".join(texts), max_chars)
    shown = images[:_MOST_IMAGES]
    content: Content = [{"type": "text", "text": text}, *shown] if shown else text
    return Said(content, _origin(result, text, same_case=same_case))


def cut(text: str, most: int) -> str:
    """At most `most` characters, with a word about the rest.

    >>> print(cut("abcdef", 3))
    abc
    [cut here: 3 of 6 characters are shown; ask for less at once]
    """
    if len(text) <= most:
        return text
    shown = f"{most:,} of {len(text):,} characters are shown"
    return f"{text[:most]}\n[cut here: {shown}; ask for less at once]"


def _texts(blocks: list[dict[str, Any]]) -> Iterator[str]:
    for block in blocks:
        match block["type"]:
            case "text":
                yield block["text"]
            case "resource_link":
                yield f"[see {block.get('name', '')} at {block['uri']}]"
            case "resource":
                yield _embedded(block["resource"])
            case "image" if _image(block) is None:
                yield "[an image that cannot be read]"
            case "image":
                continue
            case kind:
                yield f"[{kind}, {block.get('mimeType', 'of unknown type')}: cannot be shown]"


def _embedded(resource: Mapping[str, Any]) -> str:
    if "text" in resource:
        return f"[{resource['uri']}]\n{resource['text']}"
    return f"[{resource['uri']}, {resource.get('mimeType', 'bytes')}: cannot be shown]"


def _images(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        if block["type"] == "image" and (image := _image(block)) is not None:
            yield image


def _image(block: Mapping[str, Any]) -> dict[str, Any] | None:
    """The block as LangChain has images; None where its bytes or its type are no image's."""
    sent, kind = block["data"], block["mimeType"]
    if not kind.startswith("image/") or not 0 < len(sent) <= _LONGEST_IMAGE:
        return None
    try:
        base64.b64decode(sent, validate=True)
    except (binascii.Error, ValueError):
        return None
    return {"type": "image", "base64": sent, "mime_type": kind}


def _origin(result: CallToolResult, text: str, *, same_case: bool) -> Observation:
    structured = result.structuredContent or {}
    if structured.keys() == _OURS and same_case:
        return Observation(
            tables=tuple(map(str, structured["tables"])),
            table=structured["table"],
            row_ids=tuple(map(int, structured["row_ids"])),
            refused=bool(structured["refused"]),
        )
    return Observation(refused=result.isError or _failed(structured or _read_json(text)))


def _failed(answer: Mapping[str, Any]) -> bool:
    """Whether an answer has the shape in which the published image tools tell a failure."""
    about = answer.get("metadata")
    return isinstance(about, Mapping) and about.get("analysis_status") == "failed"


def _read_json(text: str) -> Mapping[str, Any]:
    if not (text.startswith("{") and "analysis_status" in text):
        return {}
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
