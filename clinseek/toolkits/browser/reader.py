"""Answers queries and URLs from the web, from an archive, or from both, as the run's mode says.

record    what the archive holds comes from it; everything else from the web, and is kept
replay    everything comes from the archive; what it does not hold is a miss, said so
live      everything comes from the web; the archive keeps what was seen, so that a run that is
          resumed finds its pages
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from clinseek.errors import Refusal, SettingError
from clinseek.toolkits.browser.archive import Answer, Archive, Question
from clinseek.toolkits.browser.arguments import MOST_HITS
from clinseek.toolkits.browser.backends.web import Web
from clinseek.toolkits.browser.guarding import Guards
from clinseek.toolkits.browser.hits import Failed, Fetched, Hit
from clinseek.toolkits.browser.page import Page, digest, packed
from clinseek.toolkits.browser.reading import page_of, source_of
from clinseek.toolkits.browser.stack import BrowserState, Opened
from clinseek.toolkits.browser.urls import checked_url, linked
from clinseek.toolkits.browser.windows import find_page, results_page
from clinseek.toolkits.observation import WebSource

Mode = Literal["record", "replay", "live"]
_SPARE_HITS = 5


class Kept(NamedTuple):
    """A page with what the archive says of it."""

    page: Page
    opened: Opened


class Reader:
    """The web as one run sees it: what it keeps is in the archive, so it is made in no time.

    `web` and `archive` are shared by many runs, `guards` belong to one (they know its case). `web`
    may be None for a replay. Raises SettingError for a record into an archive whose answers
    came from another backend: a page would then not say where it was found.
    """

    def __init__(
        self,
        *,
        web: Web | None,
        archive: Archive,
        mode: Mode,
        guards: Guards,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.guards = guards
        self.mode = mode
        self._web = web
        self._archive = archive
        self._now = now
        if mode == "record" and web is not None:
            others = [name for name in archive.webs() if name != web.name]
            if others:
                raise SettingError(
                    f"the web archive {archive.path} holds answers of {', '.join(others)}, and "
                    f"this run asks {web.name}: record into another file, or replay this one"
                )

    def search(self, query: str, topn: int) -> Kept:
        """The results of a query as a page; Refusal where there are none to be had."""
        wanted = " ".join(query.split())
        if not wanted:
            raise Refusal("query is empty; write what to look for")
        self._let_out(wanted)
        answer = self._answered(
            Question("search", wanted, topn), lambda web: self._searched(web, wanted, topn)
        )
        opened = Opened(
            kind="search", sha256=answer.body, url="", title=wanted, retrieved=answer.retrieved
        )
        return Kept(self._page(opened), opened)

    def open(self, url: str, *, source: bool = False, typed: bool = True) -> Kept:
        """The page behind a URL, or its source; Refusal with the reason where it cannot be shown.

        `typed` is True where the model wrote the URL itself, so that it may carry something out.
        """
        wanted = checked_url(url)
        if typed:
            self._let_out(wanted)
        self._allow(wanted)
        answer = self._answered(Question("page", wanted), lambda web: self._fetched(web, wanted))
        self._allow(answer.url, title=answer.title)
        opened = Opened(
            kind="source" if source else "page",
            sha256=answer.body if source else answer.page,
            url=answer.url,
            title=answer.title,
            retrieved=answer.retrieved,
            mime=(answer.mime or "text/plain") if source else "",
        )
        return Kept(self._page(opened), opened)

    def find(self, state: BrowserState, cursor: int, pattern: str) -> Kept:
        """Where `pattern` stands in the page at `cursor`, as a page; Refusal for other kinds."""
        base = state.at(cursor)
        if base.kind in ("search", "find"):
            raise Refusal(
                "Cannot run `find` on search results page or find results page; open a page first, "
                "or name the cursor of one"
            )
        page = find_page(self._page(base), pattern)
        opened = Opened(
            kind="find",
            sha256=base.sha256,
            url=page.url,
            title=page.title,
            retrieved=base.retrieved,
            mime=base.mime,
            pattern=pattern,
            base=state.cursor_of(cursor),
        )
        return Kept(page, opened)

    def page(self, state: BrowserState, cursor: int = -1) -> Page:
        """The page at `cursor`; Refusal where there is none or it is not held any more."""
        opened = state.at(cursor)
        if opened.kind == "find":
            return find_page(self._page(state.at(opened.base)), opened.pattern)
        return self._page(opened)

    def _answered(
        self, question: Question, ask: Callable[[Web], tuple[Answer, tuple[bytes, ...]]]
    ) -> Answer:
        with _told():
            held = None if self.mode == "live" else self._archive.answer(question)
        again = held is not None and held.sentence and not held.lasting and self.mode == "record"
        if held is None or again:
            if self.mode == "replay" or self._web is None:
                what = "this query" if question.kind == "search" else question.asked
                raise Refusal(
                    f"the archive that this run replays does not hold {what}; nothing is fetched "
                    "in a replay: go on with the pages that it holds"
                )
            answer, blobs = ask(self._web)
            live = self.mode == "live"
            with _told():
                held = self._archive.keep(question, answer, *blobs, replace=live)
            held = answer if live else held
        if held.sentence:
            raise Refusal(held.sentence)
        return held

    def _searched(self, web: Web, query: str, topn: int) -> tuple[Answer, tuple[bytes, ...]]:
        found = web.search(query, topn)
        if isinstance(found, Failed):
            return self._failure(web, found), ()
        hits = self._allowed(found)
        if len(hits) < topn <= len(found) and topn < MOST_HITS:
            # Closed pages took places of the others: asked once more, for more.
            more = web.search(query, min(2 * topn + _SPARE_HITS, MOST_HITS))
            hits = hits if isinstance(more, Failed) else self._allowed(more)
        body = _packed_hits(hits[:topn])
        answer = Answer(title=query, body=digest(body), web=web.name, retrieved=self._moment())
        return answer, (body,)

    def _fetched(self, web: Web, url: str) -> tuple[Answer, tuple[bytes, ...]]:
        fetched = web.fetch(url)
        if isinstance(fetched, Failed):
            return self._failure(web, fetched), ()
        try:
            page = page_of(fetched)
        except Refusal as refusal:
            return self._failure(web, Failed(str(refusal), lasting=True)), ()
        lines = packed(page)
        answer = Answer(
            url=fetched.url,
            title=page.title,
            mime=fetched.mime,
            body=digest(fetched.body),
            page=digest(lines),
            web=web.name,
            retrieved=self._moment(),
        )
        return answer, (fetched.body, lines)

    def _failure(self, web: Web, failed: Failed) -> Answer:
        return Answer(failed.sentence, failed.lasting, web=web.name, retrieved=self._moment())

    def _moment(self) -> str:
        return self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _page(self, opened: Opened) -> Page:
        with _told():
            page = _held(self._archive, opened, self._allowed)
        if page is None:
            raise Refusal(
                f"the page {opened.url or opened.title} is not in the archive any more; "
                "search or open it again"
            )
        return page

    def _let_out(self, words: str) -> None:
        egress = self.guards.egress
        if egress is not None and (refusal := egress.check(words)) is not None:
            raise Refusal(refusal)

    def _allow(self, url: str, *, title: str = "") -> None:
        denied = self.guards.denied
        if denied is not None and (refusal := denied.check(url, title=title)) is not None:
            raise Refusal(refusal)

    def _allowed(self, hits: Sequence[Hit]) -> list[Hit]:
        denied = self.guards.denied
        if denied is None:
            return list(hits)
        return [hit for hit in hits if denied.check(hit.url, title=hit.title) is None]


@contextmanager
def _told() -> Iterator[None]:
    """An archive that fails within a run is an observation, and the run goes on."""
    try:
        yield
    except SettingError as error:
        raise Refusal(f"{error}; this call came to nothing, go on without it") from error


def page_shown(archive: Archive, web: WebSource) -> Page | None:
    """The page of which an observation showed lines `web.first` to `web.last`; None if gone.

    A page of an archive that is damaged is gone: what was cited of it must not end a run.
    """
    kind = web.kind if web.kind != "find" else "source" if web.mime else "page"
    try:
        base = _held(archive, replace(web, kind=kind))
    except SettingError:
        return None
    if web.kind != "find":
        return base
    return None if base is None else find_page(base, web.pattern)


def _held(
    archive: Archive,
    shown: Opened | WebSource,
    allowed: Callable[[Sequence[Hit]], Sequence[Hit]] = tuple,
) -> Page | None:
    """The page of a search, a URL or a source, as the archive has it.

    `allowed` leaves out hits that are closed now: the archive may be of a run to which they were
    open.
    """
    if shown.kind == "page":
        return archive.page(shown.sha256)
    held = archive.blob(shown.sha256)
    if held is None:
        return None
    if shown.kind == "search":
        return results_page(shown.title, allowed(_unpacked_hits(held)))
    return source_of(Fetched(shown.url, shown.mime, held, shown.title))


def _packed_hits(hits: Sequence[Hit]) -> bytes:
    sound = [hit._replace(url=linked(hit.url))._asdict() for hit in hits]
    return json.dumps(sound, ensure_ascii=False).encode("utf-8", "replace")


def _unpacked_hits(held: bytes) -> list[Hit]:
    return [Hit(**hit) for hit in json.loads(held)]
