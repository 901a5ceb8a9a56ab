"""What a run asked of the web, in the archives that keep it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.errors import Refusal, SettingError
from clinseek.purging.removal import Removal, erasing
from clinseek.purging.searching import SQLITE, Mark
from clinseek.settings import web_folder
from clinseek.toolkits.browser.archive import APPLICATION
from clinseek.toolkits.browser.urls import checked_url

_SHORTEST = 12


class WebUse(NamedTuple):
    """The queries that were sent and the addresses that were opened."""

    queries: frozenset[str]
    urls: frozenset[str]

    def __or__(self, other: object) -> WebUse:
        """Both together."""
        if not isinstance(other, WebUse):
            return NotImplemented
        return WebUse(self.queries | other.queries, self.urls | other.urls)


NONE = WebUse(frozenset(), frozenset())


def used_in(entries: Iterable[Mapping[str, Any]]) -> WebUse:
    """What the entries of a ledger say was asked.

    >>> used_in([{"tool": "browser.search", "arguments": {"query": " renal  dose "}}])
    WebUse(queries=frozenset({'renal dose'}), urls=frozenset())
    """
    queries, urls = set(), set()
    for entry in entries:
        asked, shown = entry["arguments"], entry.get("web")
        if entry["tool"] == "browser.search":
            queries.add(" ".join(str(asked.get("query", "")).split()))
        elif entry["tool"] == "browser.open" and isinstance(asked.get("id"), str):
            urls |= _url(asked["id"])
        if shown and shown["kind"] == "search":
            queries.add(shown["title"])
        elif shown:
            urls.add(shown["url"])
    return WebUse(frozenset(queries), frozenset(urls))


def archives(named: Iterable[Path]) -> list[Path]:
    """The web archives of CLINSEEK_HOME, and those among the files and folders named."""
    found = {file.resolve() for file in web_folder().glob("*.sqlite") if _is_archive(file)}
    for place in named:
        inside = place.rglob("*") if place.is_dir() else [place]
        found |= {file.resolve() for file in inside if _is_archive(file)}
    return sorted(found)


def of_use(use: WebUse, files: Sequence[Path]) -> Iterator[Removal]:
    """The queries and pages of `use` in archives."""
    for file in files:
        asked = _asked(file, use)
        if asked:
            yield Removal("queries and pages", file, len(asked), lambda at=file: _erase(at, use))  # type: ignore[misc]


def marks(use: WebUse) -> list[Mark]:
    """The queries themselves; addresses of public pages may stand in any corpus."""
    return [Mark("a query", query.encode()) for query in sorted(use.queries)
            if len(query) >= _SHORTEST]  # fmt: skip


def _url(written: str) -> set[str]:
    try:
        return {checked_url(written)}
    except Refusal:
        return set()


def _is_archive(file: Path) -> bool:
    if file.is_symlink() or not file.is_file():
        return False
    with file.open("rb") as opened:
        head = opened.read(72)
    return head.startswith(SQLITE) and head[68:72] == APPLICATION.to_bytes(4, "big")


def _asked(file: Path, use: WebUse) -> list[tuple[str, str, int]]:
    try:
        with closing(sqlite3.connect(file)) as connection:
            return _questions(connection, use)
    except sqlite3.Error as error:
        raise SettingError(
            f"{file}: the archive cannot be read ({error}); nothing was removed so far; stop who "
            "writes it, or move it away, and purge again"
        ) from error


def _questions(connection: sqlite3.Connection, use: WebUse) -> list[tuple[str, str, int]]:
    return [
        (kind, asked, topn)
        for kind, asked, topn, url in connection.execute(
            "SELECT kind, asked, topn, url FROM answers"
        )
        if (asked in use.queries if kind == "search" else {asked, url} & use.urls)
    ]


def _erase(file: Path, use: WebUse) -> None:
    """Remove answers, and those of their bytes that no other answer has."""
    one = "kind = ? AND asked = ? AND topn = ?"
    with erasing(file) as connection:
        for question in _questions(connection, use):
            shown = f"SELECT body, page FROM answers WHERE {one}"
            addresses = connection.execute(shown, question).fetchone()
            connection.execute(f"DELETE FROM answers WHERE {one}", question)
            connection.execute(
                "DELETE FROM blobs WHERE sha256 IN (?, ?) AND sha256 NOT IN "
                "(SELECT body FROM answers UNION SELECT page FROM answers)",
                addresses,
            )
