"""search, open and find: from a stack and what a model asks for to a new stack and a text.

A Refusal leaves the stack as it was: whatever goes wrong, no page that was open is lost.
"""

from __future__ import annotations

from typing import NamedTuple

from clinseek.errors import Refusal
from clinseek.toolkits.browser.arguments import Find, Open, Search
from clinseek.toolkits.browser.page import Page
from clinseek.toolkits.browser.reader import Kept, Reader
from clinseek.toolkits.browser.stack import BrowserState, Opened
from clinseek.toolkits.browser.windows import window
from clinseek.toolkits.observation import Observation, WebSource

_LINES_BEFORE_A_MATCH = 4


class Turned(NamedTuple):
    """What an action gives: the stack afterwards, the text for the model, and its origin."""

    state: BrowserState
    text: str
    observation: Observation


def search(state: BrowserState, asked: Search, reader: Reader) -> Turned:
    """Push the results of a query; at most `topn` of them."""
    return _shown(state, reader.search(asked.query, asked.topn), reader)


def open_page(state: BrowserState, asked: Open, reader: Reader) -> Turned:
    """Push a page: a URL's, a link's, or the page at `cursor` again from another line."""
    if isinstance(asked.id, str):
        kept = reader.open(asked.id, source=asked.view_source)
        return _shown(state, kept, reader, loc=asked.loc, num_lines=asked.num_lines)
    here = Kept(reader.page(state, asked.cursor), state.at(asked.cursor))
    loc = asked.loc
    if asked.id >= 0:
        kept, spot = _followed(state, here, asked, reader)
        # A page may be shorter by now than the index remembers it.
        loc = min(spot, len(kept.page.lines) - 1) if loc < 0 else loc
    elif asked.view_source:
        kept = reader.open(_own_url(here.opened), source=True, typed=False)
    else:
        kept = here
    return _shown(state, kept, reader, loc=loc, num_lines=asked.num_lines)


def find(state: BrowserState, asked: Find, reader: Reader) -> Turned:
    """Push where a text stands in the page at `cursor`."""
    if not asked.pattern.strip():
        raise Refusal("pattern is empty; write the text to find")
    return _shown(state, reader.find(state, asked.cursor, asked.pattern), reader)


def _followed(state: BrowserState, here: Kept, asked: Open, reader: Reader) -> tuple[Kept, int]:
    """The page behind a link, and the line at which the link opens it."""
    page, number = here.page, asked.id
    assert isinstance(number, int)
    if number >= len(page.links):
        known = f"links 0 to {len(page.links) - 1}" if page.links else "no links"
        raise Refusal(f"Invalid link id `{number}`: the page at this cursor has {known}.")
    spot = page.spots[number] if page.spots else 0
    spot -= _LINES_BEFORE_A_MATCH if spot > _LINES_BEFORE_A_MATCH else 0
    url = page.links[number]
    if asked.view_source:
        return reader.open(url, source=True, typed=False), 0
    seen = here.opened.base if here.opened.kind == "find" else _seen(state, url)
    if seen is not None:
        return Kept(reader.page(state, seen), state.at(seen)), spot
    return reader.open(url, typed=False), spot


def _seen(state: BrowserState, url: str) -> int | None:
    """The cursor under which a link's page stands already: a link is not fetched twice in a run."""
    for cursor in range(state.current, -1, -1):
        opened = state.stack[cursor]
        if opened.kind == "page" and opened.url == url:
            return cursor
    return None


def _own_url(opened: Opened) -> str:
    if opened.kind not in ("page", "source"):
        raise Refusal("a page of results has no source; open one of its links instead")
    return opened.url


def _shown(
    state: BrowserState, kept: Kept, reader: Reader, *, loc: int = 0, num_lines: int = -1
) -> Turned:
    page, opened = kept
    after = state.pushed(opened)
    loc = max(loc, 0)
    marking = reader.guards.marking
    shown = window(
        page, cursor=after.current, loc=loc, num_lines=num_lines, neutral=marking.neutral
    )
    source = WebSource(
        cursor=after.current,
        kind=opened.kind,
        url=page.url,
        title=page.title,
        first=shown.first,
        last=shown.last,
        retrieved=opened.retrieved,
        sha256=opened.sha256,
        pattern=opened.pattern,
        mime=opened.mime,
    )
    text = marking.wrapped(shown.text, source=page.url or "a search")
    return Turned(after, text, Observation(web=source))


def lines_of(page: Page, first: int, last: int) -> tuple[str, ...]:
    """The lines of a page that a citation names, without marks of links; () where it has none."""
    return page.plain_lines[first : last + 1] if 0 <= first <= last else ()
