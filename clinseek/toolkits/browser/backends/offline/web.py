"""The offline backend: queries and URLs answered from an index of the user's corpora."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from clinseek.toolkits.browser.backends.offline.documents import (
    documents_of,
    files_of,
    fingerprint_of,
)
from clinseek.toolkits.browser.backends.offline.index import Index, Passage, built
from clinseek.toolkits.browser.backends.offline.words import words_of
from clinseek.toolkits.browser.hits import Failed, Fetched, Hit

_PASSAGES_A_HIT = 4
_LONGEST_SNIPPET = 300
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+")


class OfflineWeb:
    """Corpora as a small web. Nothing is sent anywhere.

    `corpora` are JSONL files (`.jsonl`, `.jsonl.gz`) and folders of text, HTML and PDF; none means
    the demo's own. The index is built at the first use into `folder`, and found there afterwards.
    Raises SettingError for a corpus that is absent or cannot be read.
    """

    def __init__(self, corpora: Sequence[Path] = (), *, folder: Path) -> None:
        files = files_of(tuple(corpora) or (DEMO_CORPUS,))
        fingerprint = fingerprint_of(files)
        self.name = f"offline {fingerprint[:16]}"
        self._index = Index(built(folder, documents_of(files), fingerprint=fingerprint))

    def search(self, query: str, topn: int) -> Sequence[Hit] | Failed:
        """The documents whose passages fit best, each once, at its best passage."""
        found: dict[str, Passage] = {}
        for passage in self._index.search(query, topn * _PASSAGES_A_HIT):
            found.setdefault(passage.url, passage)
        words = words_of(query)
        return [
            Hit(passage.url, passage.title, snippet(passage.text, words), passage.line)
            for passage in list(found.values())[:topn]
        ]

    def fetch(self, url: str) -> Fetched | Failed:
        """The document at `url`."""
        fetched = self._index.document(url)
        if fetched is None:
            return Failed(
                f"the offline corpus has no page {url}; search it and open a result", lasting=True
            )
        return fetched


DEMO_CORPUS = Path(__file__).parents[2] / "demo"
"""A few pages in our own words, so that the tools can be tried without a network."""


def snippet(text: str, words: Sequence[str]) -> str:
    """The sentence with most of `words` and what follows it, at most 300 characters.

    >>> snippet("Salt. Potassium above 6.5 is an emergency. Call.", ["potassium", "emergency"])
    'Potassium above 6.5 is an emergency. Call.'
    """
    flat = " ".join(text.split())
    best, most, at = 0, -1, 0
    for sentence in _SENTENCE_END.split(flat):
        lower = sentence.lower()
        count = sum(word in lower for word in words)
        if count > most:
            best, most = at, count
        at = flat.find(sentence, at) + len(sentence) + 1
    shown = flat[best:]
    return shown if len(shown) <= _LONGEST_SNIPPET else f"{shown[: _LONGEST_SNIPPET - 3]}..."
