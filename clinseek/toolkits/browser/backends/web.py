"""What answers queries and URLs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from clinseek.toolkits.browser.hits import Failed, Fetched, Hit


class Web(Protocol):
    """One backend; used from several threads at once."""

    @property
    def name(self) -> str:
        """What an archive notes as the source of its answers; another source, another name."""
        ...

    def search(self, query: str, topn: int) -> Sequence[Hit] | Failed:
        """At most `topn` hits, best first; Failed where the question could not be asked."""
        ...

    def fetch(self, url: str) -> Fetched | Failed:
        """The bytes behind a URL; Failed with the reason where there are none."""
        ...
