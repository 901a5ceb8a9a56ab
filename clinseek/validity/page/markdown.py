"""Markdown tables, and numbers as a person reads them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 100
"""Characters of a line of prose."""


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> str:
    """A Markdown table whose first `words` columns are words, the others numbers.

    >>> print(table(["table", "rows"], [["omr", "2,964"]]))
    | table | rows |
    |---|---:|
    | omr | 2,964 |
    """
    rule = ["---"] * words + ["---:"] * (len(columns) - words)
    lines = [f"| {' | '.join(map(_escaped, cells))} |" for cells in (columns, *rows)]
    return "\n".join([lines[0], f"|{'|'.join(rule)}|", *lines[1:]])


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


def paragraph(text: str) -> str:
    """Prose in lines of at most `WIDTH` characters; a word, a name in code type too, stays whole.

    >>> paragraph("in code type, as `poe`")
    'in code type, as `poe`'
    """
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def bullets(items: Iterable[str]) -> str:
    """A list with an item a bullet, wrapped as a paragraph is; empty items are left out.

    >>> print(bullets(["one", "", "another"]))
    - one
    - another
    """
    return "\n".join(
        textwrap.fill(
            item,
            WIDTH,
            initial_indent="- ",
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for item in items
        if item
    )


def count(number: int) -> str:
    """A count.

    >>> count(107727)
    '107,727'
    """
    return f"{number:,}"


def share(part: int, whole: int) -> str:
    """A share in per cent; what is not none is never shown as 0, what is not all never as 100.

    >>> share(1, 8), share(1, 9_000), share(8_999, 9_000), share(0, 0)
    ('12.5 %', '<0.1 %', '>99.9 %', '-')
    """
    if whole == 0:
        return "-"
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "<0.1 %"
    if 99.9 < percent < 100:
        return ">99.9 %"
    return f"{percent:.1f} %"


def minutes(number: float | None) -> str:
    """Whole minutes.

    >>> minutes(1374.9), minutes(0.25), minutes(None)
    ('1,375', '<1', '-')
    """
    if number is None:
        return "-"
    return "<1" if number < 1 else f"{number:,.0f}"


def spoken(number: float | None) -> str:
    """Minutes in the unit in which a person would say them.

    >>> spoken(66), spoken(1440), spoken(4306), spoken(None)
    ('66 minutes', '24 hours', '3.0 days', 'no time')
    """
    if number is None:
        return "no time"
    if number < 120:
        return f"{number:.0f} minute{'' if round(number) == 1 else 's'}"
    if number < 2 * 24 * 60:
        return f"{number / 60:.0f} hours"
    return f"{number / 24 / 60:.1f} days"


def names(tables: Iterable[str]) -> str:
    """Names in code type, parted by commas.

    >>> names(["omr", "poe"])
    '`omr`, `poe`'
    """
    return ", ".join(f"`{name}`" for name in tables)
