"""What a search and a fetch bring home, before it is a page."""

from __future__ import annotations

from typing import NamedTuple


class Hit(NamedTuple):
    """One result of a search; `line` is where the page is to be opened."""

    url: str
    title: str
    snippet: str
    line: int = 0


class Fetched(NamedTuple):
    """The answer to a URL: where it came from in the end, its type as declared, its bytes.

    `title` is what the source calls it where the bytes themselves do not say.
    """

    url: str
    mime: str
    body: bytes
    title: str = ""


class Failed(NamedTuple):
    """Why there is no answer, as a sentence for the model.

    `lasting` is True where asking again would bring the same, `turned_away` where the host lets
    no programs in but might let others.
    """

    sentence: str
    lasting: bool = False
    turned_away: bool = False
