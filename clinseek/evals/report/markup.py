"""HTML made of elements: whatever is put into one is escaped, so no text can become markup."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


class Markup(str):
    """Text that is HTML already; only this module makes it."""

    __slots__ = ()


Child = str | None
_VOID = frozenset({"img", "input", "link", "meta"})


def element(
    name: str, /, *children: Child | Iterable[Child], **attributes: str | bool | None
) -> Markup:
    """One element. A trailing `_` of an attribute's name is dropped, other `_` become `-`.

    >>> element("a", "1 < 2", href="#E3", class_="tag")
    '<a href="#E3" class="tag">1 &lt; 2</a>'
    """
    opened = name + "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{opened}>")
    return Markup(f"<{opened}>{join(*children)}</{name}>")


def join(*children: Child | Iterable[Child]) -> Markup:
    """Children one after the other; None is nothing.

    >>> join("<", None, element("b", "x"))
    '&lt;<b>x</b>'
    """
    return Markup("".join(_inner(children)))


def scrolled(table: Markup, label: str) -> Markup:
    """A table in a frame of its own, which scrolls where the page is narrow, by keys as well."""
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label=label)


def style(sheet: str) -> Markup:
    """A style sheet of our own, as it stands."""
    return Markup(f"<style>{sheet}</style>")


def document(head: Markup, body: Markup) -> str:
    """A whole page."""
    return f'<!doctype html>\n<html lang="en">{head}{body}</html>\n'


def _inner(children: Iterable[Child | Iterable[Child]]) -> Iterable[str]:
    for child in children:
        if child is None:
            continue
        if isinstance(child, Markup):
            yield child
        elif isinstance(child, str):
            yield escape(child, quote=False)
        else:
            yield from _inner(child)


def _attribute(key: str, value: str | bool | None) -> str:  # noqa: FBT001 - HTML has such
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(value)}"'
