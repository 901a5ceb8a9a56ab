"""URLs as they are asked for."""

from __future__ import annotations

from urllib.parse import urlsplit

from clinseek.errors import Refusal

CORPUS = "corpus"
"""The scheme of documents of the user's own that have no URL: corpus://name/path."""

_LONGEST = 2_000


def linked(url: str) -> str:
    """A URL as pages and services write it, without the spaces that browsers take out of it.

    >>> linked(" https://e.org/dose table.pdf ")
    'https://e.org/dose%20table.pdf'
    """
    return "%20".join(url.split())


def checked_url(url: str) -> str:
    """A URL as it is asked for; Refusal where it is none, or carries a name and password.

    >>> checked_url(" www.nice.org.uk/guidance ")
    'https://www.nice.org.uk/guidance'
    """
    wanted = url.strip().removeprefix("view-source:")
    if "://" not in wanted:
        wanted = f"https://{wanted}"
    try:
        parts = urlsplit(wanted)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or len(wanted) > _LONGEST or any(sign.isspace() for sign in wanted):
        raise Refusal("that is not a URL that can be opened; give a link's number, or search first")
    if parts.scheme not in ("http", "https", CORPUS):
        raise Refusal(f"a URL must begin with https:// or http://, not {parts.scheme}://")
    if "@" in parts.netloc:
        raise Refusal("a URL with a user name or password in it is not opened; leave them out")
    return wanted
