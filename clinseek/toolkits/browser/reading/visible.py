"""What of an HTML tree is to be seen: scripts, comments, controls and hidden text taken out.

Text that a reader does not see is where pages hide orders for machines.
"""

from __future__ import annotations

import re
from typing import Any

_NEVER_SHOWN = (
    "head", "script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "canvas",
    "audio", "video", "button", "select", "textarea", "input", "map", "dialog",
)  # fmt: skip
_HIDING = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|opacity:0(?:\.0+)?(?:[;!]|$)"
    r"|font-size:0(?:\.0+)?(?:px|pt|em|rem|%)?(?:[;!]|$)"
    r"|(?:text-indent|left|top|right|bottom|margin-left|margin-top):-\d{3,}"
    r"|clip:rect\((?:0|1px)|clip-path:inset\((?:50|100)%"
    r"|(?<![\w-])(?:max-)?(?:height|width):[01](?:px)?;(?:.*;)?overflow:hidden",
    re.IGNORECASE,
)
_SCREEN_READERS_ONLY = frozenset(
    {"sr-only", "visually-hidden", "visuallyhidden", "screen-reader-text", "usa-sr-only", "d-none"}
)
_CONDITIONAL = re.compile(r"@[\w-]+[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SIMPLE = re.compile(r"(?:[a-z]+)?([.#])([\w-]+)", re.IGNORECASE)


def drop_unseen(root: Any) -> None:
    """Take out of an lxml tree, in place, what a reader of the page would not see."""
    classes, ids = _hidden_by_sheet(root)
    classes |= _SCREEN_READERS_ONLY
    doomed = [
        element
        for element in root.iter()
        if not isinstance(element.tag, str)
        or element.tag in _NEVER_SHOWN
        or (element.attrib and _hidden(element.attrib, classes, ids))
    ]
    for element in doomed:
        # A body that is hidden hides a page that a script would have shown.
        if element.tag != "body":
            drop(element)


def drop(element: Any) -> None:
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


def _hidden(attributes: Any, classes: frozenset[str], ids: frozenset[str]) -> bool:
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    if style and _HIDING.search("".join(style.split())):
        return True
    named = attributes.get("class")
    if named and not classes.isdisjoint(named.split()):
        return True
    return bool(ids) and attributes.get("id") in ids


def _hidden_by_sheet(root: Any) -> tuple[frozenset[str], frozenset[str]]:
    """Classes and ids that the page's own style sheet hides outright, on every medium."""
    classes: set[str] = set()
    ids: set[str] = set()
    for sheet in root.iter("style"):
        rules = _CONDITIONAL.sub("", _COMMENT.sub("", sheet.text or ""))
        for selectors, declared in _RULE.findall(rules):
            if not _HIDING.search("".join(declared.split())):
                continue
            for selector in selectors.split(","):
                if simple := _SIMPLE.fullmatch(selector.strip()):
                    (classes if simple[1] == "." else ids).add(simple[2])
    return frozenset(classes), frozenset(ids)
