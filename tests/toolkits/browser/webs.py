"""A web in memory, and the parts of a browser over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from clinseek.toolkits.arguments import Arguments
from clinseek.toolkits.browser.archive import Archive
from clinseek.toolkits.browser.arguments import Find, Open, Search
from clinseek.toolkits.browser.backends.web import Web
from clinseek.toolkits.browser.guarding import Denied, Egress, Guards
from clinseek.toolkits.browser.guards import injection
from clinseek.toolkits.browser.guards.addresses import Addresses
from clinseek.toolkits.browser.hits import Failed, Fetched, Hit
from clinseek.toolkits.browser.reader import Mode, Reader
from clinseek.toolkits.browser.session import BrowserSession
from clinseek.toolkits.browser.stack import BrowserState

TOOLS: dict[str, type[Arguments]] = {"search": Search, "open": Open, "find": Find}


@dataclass
class Shelf:
    """A web of a few pages; `asked` is everything that it was asked.

    `failing` is what every search comes to, `mime` the type of every page, where they are set;
    `cuts` where a search gives no more hits than are asked for.
    """

    pages: Mapping[str, str] = field(default_factory=dict)
    hits: Sequence[Hit] = ()
    name: str = "shelf"
    failing: Failed | None = None
    mime: str = ""
    cuts: bool = False
    asked: list[str] = field(default_factory=list)

    def search(self, query: str, topn: int) -> Sequence[Hit] | Failed:
        self.asked.append(query)
        if self.failing is not None:
            return self.failing
        if query == "closed":
            return Failed("the shelf is closed")
        return list(self.hits[:topn] if self.cuts else self.hits)

    def fetch(self, url: str) -> Fetched | Failed:
        self.asked.append(url)
        text = self.pages.get(url)
        if text is None:
            return Failed(f"no page {url}")
        mime = "text/html" if "<" in text else "text/plain"
        return Fetched(url, self.mime or mime, text.encode())


def guards(*, egress: Egress | None = None, denied: Denied | None = None) -> Guards:
    return Guards(egress=egress, addresses=Addresses(), denied=denied, marking=injection)


class Clock:
    """A clock that is a second later at each look."""

    def __init__(self) -> None:
        self._at = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._at += timedelta(seconds=1)
        return self._at


def reader(
    web: Web | None, path: Path, *, mode: Mode = "record", guarded: Guards | None = None
) -> Reader:
    archive = Archive.open(path, writes=mode != "replay")
    return Reader(web=web, archive=archive, mode=mode, guards=guarded or guards(), now=Clock())


def session(
    web: Web | None, path: Path, *, mode: Mode = "record", state: BrowserState | None = None
) -> BrowserSession:
    return BrowserSession(reader(web, path, mode=mode), state)


LONG = "\n".join(f"Line {number} of a long page about potassium." for number in range(300))

SHELF = {
    "https://a.example.org/k": (
        '<main><h1>Potassium</h1><p>See <a href="/na">sodium</a> and '
        '<a href="https://b.example.org/mg">magnesium</a>. Above 6.5 mmol/L act.</p></main>'
    ),
    "https://a.example.org/na": "<main><h1>Sodium</h1><p>Water, mostly.</p></main>",
    "https://b.example.org/mg": "<main><h1>Magnesium</h1><p>Give it first.</p></main>",
    "https://a.example.org/long": LONG,
}
HITS = tuple(
    Hit(f"https://a.example.org/{name}", name.upper(), f"About {name}.")
    for name in ("k", "na", "long", "gone")
)


def shelf() -> Shelf:
    return Shelf(SHELF, HITS)
