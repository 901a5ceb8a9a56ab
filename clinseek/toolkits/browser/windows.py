"""What is shown of a page at once: a window of about 1,024 tokens under a head that says where.

[4] Hyperkalaemia (https://example.org/hyperkalaemia)
**viewing lines [0 - 31] of 210**

L0: # Hyperkalaemia
L1: ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import quote, unquote

from clinseek.errors import Refusal
from clinseek.toolkits.browser.hits import Hit
from clinseek.toolkits.browser.page import Page, clean, domain_of, link_mark, page_of_text

WINDOW_CHARS = 4 * 1024
"""About 1,024 tokens, a token taken as four characters: no tokenizer has to be fetched."""

MOST_CHARS = 90_000
"""No window is longer, whatever number of lines was asked for: harnesses cut at 100,000."""

MOST_MATCHES = 50
LINES_A_MATCH = 4
_LONGEST_URL = 1024
_LINK_BEGINS = "\ue000"
"""Stands for the bracket of our links meanwhile; pages keep no character of private use."""


class Window(NamedTuple):
    """The text of a window, and the first and last line of the page that it shows."""

    text: str
    first: int
    last: int


def window(
    page: Page,
    *,
    cursor: int,
    loc: int,
    num_lines: int,
    neutral: Callable[[str], str],
) -> Window:
    """The window of `page` from line `loc`: `num_lines` lines, or about 1,024 tokens when < 1.

    Raises Refusal with the last line's number when there is no line `loc`. `neutral` is applied
    to everything that the page says.
    """
    last = len(page.lines) - 1
    if not 0 <= loc <= last:
        raise Refusal(f"Invalid location parameter: `{loc}`. Cannot exceed page maximum of {last}.")
    shown: list[str] = []
    room = MOST_CHARS if num_lines > 0 else WINDOW_CHARS
    for line in page.lines[loc : loc + num_lines if num_lines > 0 else None]:
        if room <= 0:
            break
        room -= len(f"L{loc + len(shown)}: {line}\n")
        shown.append(line)
    end = loc + len(shown) - 1
    safe = _neutral_lines(shown, neutral)
    body = "\n".join(f"L{number}: {line}" for number, line in enumerate(safe, start=loc))
    head = f"[{cursor}] {neutral(page.title)}{_where(page.url, neutral)}"
    return Window(f"{head}\n**viewing lines [{loc} - {end}] of {last}**\n\n{body}", loc, end)


def _neutral_lines(lines: list[str], neutral: Callable[[str], str]) -> list[str]:
    """The lines made neutral, our links among them kept: only we write their brackets."""
    held = "\n".join(lines).replace("【", _LINK_BEGINS)
    together = neutral(held).split("\n")
    if len(together) != len(lines):  # line numbers must hold whatever a page is made of
        together = [" ".join(neutral(line).split()) for line in held.split("\n")]
    return [line.replace(_LINK_BEGINS, "【") for line in together]


def _where(url: str, neutral: Callable[[str], str]) -> str:
    shown = neutral(clean(unquote(url)))
    if len(shown) > _LONGEST_URL:
        shown = f"{shown[: _LONGEST_URL - 3]}..."
    return f" ({shown})" if shown else ""


def results_page(query: str, hits: Iterable[Hit]) -> Page:
    """The page of a search: each hit a link with its host and a snippet."""
    lines = ["# Search Results", ""]
    found = list(hits)
    for number, hit in enumerate(found):
        title = " ".join(clean(hit.title).split()) or domain_of(hit.url) or "untitled"
        mark = link_mark(number, title, domain=domain_of(hit.url), here="")
        lines.append(f"  * {mark} {' '.join(clean(hit.snippet).split())}")
    if not found:
        lines.append("Nothing was found; ask in other or fewer words.")
    return page_of_text(
        "\n".join(lines),
        url="",
        title=clean(query),
        links=[hit.url for hit in found],
        spots=[hit.line for hit in found],
    )


def find_page(page: Page, pattern: str) -> Page:
    """Where `pattern` stands in `page`: up to 50 matches of four lines, each a link to its line.

    The pattern is literal; case and the places where lines were wrapped do not matter.
    """
    said = clean(pattern)
    starts = matches(page, pattern)
    blocks = [
        f"# 【{number}†match at L{start}】\n"
        + "\n".join(page.plain_lines[start : start + LINES_A_MATCH])
        for number, start in enumerate(starts)
    ]
    return page_of_text(
        "\n\n".join(blocks) or f"No `find` results for pattern: `{said}`",
        url=f"{page.url}/find?pattern={quote(pattern, errors='replace')}",
        title=f"Find results for text: `{said}` in `{page.title}`",
        links=[page.url] * len(starts),
        spots=starts,
    )


def matches(page: Page, pattern: str) -> list[int]:
    """The lines at which a match begins; the next match is looked for four lines on.

    >>> matches(Page("", "", ("Serum", "potassium", "falls")), "SERUM potassium")
    [0]
    """
    wanted = " ".join(pattern.lower().split())
    text = page.searchable
    flat = text.replace("\n", " ")
    found: list[int] = []
    line = at = 0
    while wanted and len(found) < MOST_MATCHES:
        hit = flat.find(wanted, at)
        if hit < 0:
            break
        line += text.count("\n", at, hit)
        found.append(line)
        for _ in range(LINES_A_MATCH):
            step = text.find("\n", hit)
            if step < 0:
                return found
            hit, line = step + 1, line + 1
        at = hit
    return found
