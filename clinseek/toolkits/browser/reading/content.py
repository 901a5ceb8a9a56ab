"""Which part of a page is what it is about, and which is the frame around it."""

from __future__ import annotations

from typing import Any

LONGEST_FOR_EXTRACTION = 200_000
"""Characters of text: trafilatura takes more than a second a megabyte."""

_FRAME = frozenset({
    "head", "nav", "footer", "svg", "canvas", "audio", "video", "button", "select", "textarea",
    "input", "map", "dialog",
})  # fmt: skip
_FRAME_ROLES = frozenset({"navigation", "contentinfo", "search", "banner"})
_LEAST_SHARE = 0.4
_NEARLY_ALL = 0.95


def content_of(root: Any) -> Any:
    """The element of an lxml tree to read: `main`, `article`, or where trafilatura finds content.

    The whole body less its navigation, where none of them holds two fifths of its text. What
    trafilatura extracts is only looked up in the tree, never shown: it loses raised figures (10^9
    becomes 109) and what spans rows of a table.
    """
    body = root.find("body")
    body = root if body is None else body
    _drop_frame(body)
    whole = _length(body)
    landmark = _landmark(body)
    if landmark is not None and _length(landmark) >= _LEAST_SHARE * whole:
        return landmark
    if whole > LONGEST_FOR_EXTRACTION:
        return body
    region = _region(body, _extracted(root))
    return region if _length(region) >= _LEAST_SHARE * whole else body


def _drop(element: Any) -> None:
    """Take an element out of its tree and leave the text that follows it; a root stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
    parent.remove(element)


def _drop_frame(body: Any) -> None:
    doomed = [
        element
        for element in body.iter()
        if element.tag in _FRAME or (element.attrib and element.get("role") in _FRAME_ROLES)
    ]
    for element in doomed:
        if element is not body:
            _drop(element)


def _landmark(body: Any) -> Any:
    """The main part that the page declares, or its longest article."""
    mains = body.xpath(".//main | .//*[@role='main']")
    return max(mains or body.iter("article"), key=_length, default=None)


def _extracted(root: Any) -> list[str]:
    """The beginnings of the paragraphs that trafilatura takes for content."""
    import trafilatura
    from lxml import etree

    markup = etree.tostring(root, encoding="unicode", method="html")
    text = trafilatura.extract(markup, include_comments=False, favor_recall=True, fast=True)
    lines = (_folded(line) for line in (text or "").split("\n"))
    return [line[:40] for line in lines if len(line) >= 20]


def _region(body: Any, beginnings: list[str]) -> Any:
    """The smallest element of `body` that holds nearly all of the paragraphs."""
    region = body
    while beginnings:
        for child in region.iterchildren():
            held = _folded("".join(child.itertext()))
            if sum(line in held for line in beginnings) >= _NEARLY_ALL * len(beginnings):
                region = child
                break
        else:
            break
    return region


def _length(element: Any) -> int:
    return sum(map(len, element.itertext()))


def _folded(text: str) -> str:
    return " ".join(text.split())
