"""Text that a page holds but does not show: found in its HTML and taken out before it is read.

`drop_hidden` changes a tree of lxml; nothing is fetched, so that style sheets in files of their own
are not known. What is hidden by a sheet in the page itself, by an attribute or inline is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from clinseek.toolkits.browser.guards.injection import has_control_tokens

if TYPE_CHECKING:
    from lxml.html import HtmlElement

Reason = Literal["comment", "never shown", "attribute", "style", "sheet", "colour", "alt"]
"""Why something was dropped: a comment; an element that is never text; `hidden` and `aria-hidden`;
an inline style; a rule of the page's own sheet; letters in the colour of their ground; an `alt`
that describes no image."""

_ELEMENTS = """script style template noscript iframe object embed applet frame noframes noembed
datalist meta link base param"""
_NEVER_SHOWN = frozenset(_ELEMENTS.split())
_ALWAYS_SHOWN = frozenset({"html", "body"})  # hidden only until a script has run
_LONGEST_ALT = 250
_ZERO = r"(?:0*\.?0*(?:px|em|rem|%|pt|ex|ch|vw|vh)?|0*[01](?:\.\d{0,4})?px|0?\.0\d{0,4}r?em)"
_HIDES = re.compile(
    r"(?:^|;)\s*(?:"
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|content-visibility\s*:\s*hidden"
    r"|opacity\s*:\s*(?:0*\.?0*|0?\.0\d*|0*%)\s*(?:!|;|$)"
    rf"|font-size\s*:\s*{_ZERO}\s*(?:!|;|$)|(?:max-)?(?:height|width)\s*:\s*{_ZERO}\s*(?:!|;|$)"
    r"|(?:text-indent|left|right)\s*:\s*-\d{3,}|(?:top|bottom|margin-(?:left|top))\s*:\s*-\d{4,}"
    r"|clip\s*:\s*rect\(\s*(?:0|1px)|clip-path\s*:\s*(?:inset\(\s*(?:50|100)%|circle\(\s*0)"
    r"|transform\s*:[^;]{0,80}(?:scale[xy]?\(\s*0\s*[,)]|translate[xy]?\(\s*-\d{4,})"
    r"|(?:-webkit-text-fill-)?color\s*:\s*(?:transparent|rgba\([^)]{1,40},\s*0*\.?0+\s*\)"
    r"|#[0-9a-f]{6}00\b|#[0-9a-f]{3}0\b)"
    r")",
    re.IGNORECASE,
)
_DECLARATION = re.compile(
    r"(?:^|;)\s*(color|background(?:-color)?)\s*:\s*([^;!]{1,80})", re.IGNORECASE
)
_COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|rgba?\([^)]{5,40}\)|\b[a-z]{3,20}\b", re.IGNORECASE)
_NAMED = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "red": (255, 0, 0),
    "blue": (0, 0, 255),
    "green": (0, 128, 0),
    "yellow": (255, 255, 0),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255),
    "floralwhite": (255, 250, 240),
    "azure": (240, 255, 255),
    "lightgray": (211, 211, 211),
    "lightgrey": (211, 211, 211),
}
_NEAR = 40
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_ESCAPED = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_BRACE = re.compile(r"([{}])")
_SELECTOR = re.compile(r"([a-z][\w-]*)?(?:([.#])([\w-]+))?\Z", re.IGNORECASE)

Colour = tuple[int, int, int]
Selector = tuple[str, str, str]


def drop_hidden(root: HtmlElement) -> Counter[Reason]:
    """Take out of the tree what a reader of the page would not see; how much, by reason.

    Texts that follow a dropped element stay. The root itself stays, emptied if it is hidden.
    """
    dropped: Counter[Reason] = Counter()
    hiding = set(_hiding_selectors(root))
    waiting = [root]
    while waiting:
        element = waiting.pop()
        reason = _reason(element, hiding)
        if reason is None:
            waiting.extend(element)
            continue
        dropped[reason] += 1
        if reason == "alt":
            del element.attrib["alt"]
            waiting.append(element)
        elif element is root:
            root.clear(keep_tail=True)
        else:
            _drop(element)
    return dropped


def _drop(element: HtmlElement) -> None:
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if element.tail and before is None:
        parent.text = (parent.text or "") + element.tail
    elif element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    parent.remove(element)


def _reason(element: HtmlElement, hiding: set[Selector]) -> Reason | None:
    if not isinstance(element.tag, str):
        return "comment"
    if element.tag in _NEVER_SHOWN:
        return "never shown"
    if element.tag in _ALWAYS_SHOWN:
        return None
    if _has_hiding_attribute(element):
        return "attribute"
    alt = element.get("alt", "")
    if alt and (len(alt) > _LONGEST_ALT or has_control_tokens(alt)):
        return "alt"
    return _reason_in_style(element, hiding)


def _reason_in_style(element: HtmlElement, hiding: set[Selector]) -> Reason | None:
    style = _plain(element.get("style", ""))
    if style and _HIDES.search(style):
        return "style"
    if hiding and any(selector in hiding for selector in _selectors_of(element)):
        return "sheet"
    if "color" in style.lower() and _is_in_the_grounds_colour(element, style):
        return "colour"
    return None


def _has_hiding_attribute(element: HtmlElement) -> bool:
    if "hidden" in element.attrib and element.get("hidden", "").lower() != "until-found":
        return True
    if str(element.get("aria-hidden", "")).strip().lower() == "true":
        return True
    return bool(element.tag == "input" and element.get("type", "").lower() == "hidden")


def _is_in_the_grounds_colour(element: HtmlElement, style: str) -> bool:
    letters = _stated(style, "color")
    if letters is None:
        return False
    for each in (element, *element.iterancestors()):
        ground = _stated(_plain(each.get("style", "")), "background") or _colour(
            each.get("bgcolor", "")
        )
        if ground is not None:
            return sum(abs(one - other) for one, other in zip(letters, ground, strict=True)) < _NEAR
    return False


def _stated(style: str, kind: str) -> Colour | None:
    stated = [value for name, value in _DECLARATION.findall(style) if name.lower().startswith(kind)]
    return _colour(stated[-1]) if stated else None


def _colour(written: str) -> Colour | None:
    """The first colour that a value names; None where it is none of those known.

    >>> _colour("#fff"), _colour("rgb(0 0 0 / 50%)"), _colour("url(a.png) white")
    ((255, 255, 255), (0, 0, 0), (255, 255, 255))
    """
    for token in _COLOUR.findall(written.lower()):
        if token.startswith("#"):
            digits = token[1:]
            if len(digits) < 6:
                digits = "".join(2 * digit for digit in digits)
            return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
        if token.startswith("rgb"):
            parts = [int(part) for part in re.findall(r"\d{1,3}", token)[:3]]
            return (parts[0], parts[1], parts[2]) if len(parts) == 3 else None
        if token in _NAMED:
            return _NAMED[token]
    return None


def _hiding_selectors(root: HtmlElement) -> Iterator[Selector]:
    """Tag, kind ("." or "#") and name of the simple selectors that the page's own sheets hide."""
    for sheet in root.iter("style"):
        for selectors, declarations in _rules(sheet.text or ""):
            if not _HIDES.search(_plain(declarations)):
                continue
            for selector in selectors.split(","):
                simple = _SELECTOR.match(_plain(selector).strip())
                if simple is not None and simple.group():
                    tag, kind, name = (part or "" for part in simple.groups())
                    yield tag.lower(), kind, name


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Selectors and declarations of the rules that hold on every medium, in one pass.

    >>> list(_rules("@media print { .a { left: 0 } } @import 'x'; .b /* c */ { top: 0 }"))
    [('.b', 'top: 0')]
    """
    opened: list[str] = []
    said = ""
    for part in _BRACE.split(_without_comments(sheet)):
        if part == "{":
            opened.append(said.rpartition(";")[2].strip())
        elif part == "}" and opened:
            selectors = opened.pop()
            if not opened and not selectors.startswith("@"):
                yield selectors, said.strip()
        else:
            said = part
    if len(opened) == 1 and not opened[0].startswith("@"):
        yield opened[0], said.strip()  # a browser closes the last rule itself


def _without_comments(sheet: str) -> str:
    first, *others = sheet.split("/*")
    return first + "".join(other.partition("*/")[2] for other in others)


def _plain(written: str) -> str:
    r"""A part of a style sheet without its comments, and with escaped characters as they are.

    >>> _plain(r"dis\70 lay/* */: n\6Fne")
    'display : none'
    """
    if "/*" in written:
        written = _COMMENT.sub(" ", written)
    return _ESCAPED.sub(_unescaped, written) if "\\" in written else written


def _unescaped(found: re.Match[str]) -> str:
    number = int(found[1], 16) if found[1] else 0
    return chr(number) if 0 < number <= 0x10FFFF else found[2] or ""


def _selectors_of(element: HtmlElement) -> Iterator[Selector]:
    tag = element.tag
    yield tag, "", ""
    for name in element.get("class", "").split():
        yield "", ".", name
        yield tag, ".", name
    if element.get("id"):
        yield "", "#", element.get("id", "")
        yield tag, "#", element.get("id", "")
