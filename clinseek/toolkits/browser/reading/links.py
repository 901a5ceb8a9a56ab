"""The links of a page, numbered in the order in which they are met."""

from __future__ import annotations

from urllib.parse import urldefrag, urljoin, urlsplit

from clinseek.toolkits.browser.page import link_mark
from clinseek.toolkits.browser.urls import linked

_LONGEST = 2_000


class Links:
    """Numbers the links of the page at `url`; a URL that is met again keeps its number."""

    def __init__(self, url: str, base: str = "") -> None:
        self.urls: list[str] = []
        self._numbers: dict[str, int] = {}
        self._here = urlsplit(url).hostname or ""
        self._page = urldefrag(url).url
        try:
            self._base = urljoin(url, base)
        except ValueError:
            self._base = url

    def mark(self, target: str, text: str) -> str:
        """The mark of a link to `target`, or its text alone where it leads nowhere else."""
        target = linked(target)
        if not text or not target or target.startswith("#") or len(target) > _LONGEST:
            return text
        try:
            url = urljoin(self._base, target)
            parts = urlsplit(url)
            domain = parts.hostname or ""
        except ValueError:
            return text
        if parts.scheme not in ("http", "https") or not domain or urldefrag(url).url == self._page:
            return text
        number = self._numbers.setdefault(url, len(self.urls))
        if number == len(self.urls):
            self.urls.append(url)
        return link_mark(number, text, domain=domain, here=self._here)
