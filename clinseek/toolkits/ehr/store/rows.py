"""Cutting csv text into rows: a fast road for clean text, a strict one that finds broken rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from clinseek.toolkits.ehr.store.header import Header

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_RECORD = 8 << 20
"""Bytes after which an open quotation mark is taken for a broken row and not for long text."""

# A quotation mark with a separator (or another mark) on neither side: not csv as MIMIC writes it.
_LONE_QUOTE = re.compile(rb'"(?![,\r\n"])(?<![,\n"]")(?<!\A")')


class Rejected(NamedTuple):
    """A row that is not taken in: the line it starts at (1 is the header), why, and its text."""

    line: int
    reason: str
    raw: str


class Lines:
    """The physical lines of a piece of text, numbered as in the file."""

    def __init__(self, text: bytes, first: int) -> None:
        self._text = text
        self.first = first

    @cached_property
    def all(self) -> list[bytes]:
        """Every line with its line end."""
        lines = self._text.split(b"\n")
        tail = lines.pop()
        return [line + b"\n" for line in lines] + ([tail] if tail else [])


@dataclass(frozen=True)
class Rows:
    """Rows cut from a piece of text: their cells as strings (NULL where empty), by column.

    `spans` gives each row's first and last line in `lines`; None means one line a row.
    """

    cells: pa.Table
    lines: Lines
    spans: list[tuple[int, int]] | None = None
    rejected: list[Rejected] = field(default_factory=list)

    def reject(self, row: int, reason: str) -> Rejected:
        """The rejection of one of these rows, with its line number and raw text."""
        start, end = (row, row + 1) if self.spans is None else self.spans[row]
        return _rejected(self.lines, start, end, reason)


def cut_rows(chunks: Iterator[bytes], header: Header, *, first_line: int) -> Iterator[Rows]:
    """The rows of a csv text that comes in pieces (without its header line), in file order."""
    held = b""
    line = first_line
    coming = iter(chunks)
    chunk = next(coming, None)
    while chunk is not None:
        held += chunk
        chunk = next(coming, None)
        last = chunk is None
        end = len(held) if last else _end_of_records(held)
        if end == 0 and not last:
            if len(held) <= LONGEST_RECORD:
                continue
            end = held.rfind(b"\n") + 1
        rows, used = _cut(held[:end], header, line, complete=last)
        yield rows
        line += held.count(b"\n", 0, used)
        held = held[used:]


def _end_of_records(text: bytes) -> int:
    """The end of the last line at which no quotation mark is open; 0 where there is none."""
    end = text.rfind(b"\n") + 1
    is_open = text.count(b'"', 0, end) % 2 == 1
    while is_open and end > 0:
        before = text.rfind(b"\n", 0, end - 1) + 1
        is_open ^= text.count(b'"', before, end) % 2 == 1
        end = before
    return end


def _cut(text: bytes, header: Header, first: int, *, complete: bool) -> tuple[Rows, int]:
    lines = Lines(text, first)
    cells = _cut_fast(text, header)
    if cells is not None:
        return Rows(cells, lines), len(text)
    return _cut_strictly(lines, header, complete=complete)


def _cut_fast(text: bytes, header: Header) -> pa.Table | None:
    """The cells if every line is one well-formed row, else None."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    quotes = text.count(b'"')
    if quotes % 2 or (quotes and _LONE_QUOTE.search(text)):
        return None
    names = [str(place) for place in range(header.width)]
    wanted = {column: names[place] for column, place in header.position.items()}
    try:
        cells = arrow_csv.read_csv(
            pa.BufferReader(text),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=2 << 20),
            convert_options=arrow_csv.ConvertOptions(
                column_types={name: pa.string() for name in names},
                include_columns=list(wanted.values()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        return None
    one_line_a_row = cells.num_rows == text.count(b"\n") + (not text.endswith(b"\n"))
    return cells.rename_columns(list(wanted)) if one_line_a_row else None


def _cut_strictly(lines: Lines, header: Header, *, complete: bool) -> tuple[Rows, int]:
    """Row by row: what is broken is set aside, and reading goes on at the next line.

    A quotation mark that never closes must not swallow the rows behind it, so after a malformed
    row only its first line is set aside. Returns the rows and the bytes used; an unfinished last
    row is left for the next piece unless the text is complete.
    """
    feed = _Feed(lines)
    rejected: list[Rejected] = []
    spans: list[tuple[int, int]] = []
    rows: list[list[str]] = []
    with _long_fields():
        reader = csv.reader(feed, strict=True)
        while (start := feed.next) < len(lines.all):
            try:
                row = next(reader)
            except UnicodeDecodeError:
                rejected.append(_rejected(lines, start, start + 1, "not UTF-8 text"))
                feed.next = start + 1
                continue
            except csv.Error as error:
                if feed.ran_out and not complete and _length(lines, start) < LONGEST_RECORD:
                    feed.next = start
                    break
                reason = "a quotation mark never closes" if feed.ran_out else str(error)
                rejected.append(_rejected(lines, start, start + 1, reason))
                feed.next = start + 1
                continue
            if len(row) == header.width:
                rows.append(row)
                spans.append((start, feed.next))
            elif row:
                reason = f"{len(row)} fields instead of {header.width}"
                rejected.append(_rejected(lines, start, feed.next, reason))
    cells = _as_table(rows, header)
    used = sum(len(line) for line in lines.all[: feed.next])
    return Rows(cells, lines, spans, rejected), used


class _Feed:
    """Lines for `csv.reader`, which can be set back to an earlier line."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines.all
        self.next = 0
        self.ran_out = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.ran_out = self.next >= len(self._lines)
        if self.ran_out:
            raise StopIteration
        self.next += 1
        return self._lines[self.next - 1].decode()


@contextmanager
def _long_fields() -> Iterator[None]:
    # The limit is the interpreter's own, for all readers: set it back.
    before = csv.field_size_limit(LONGEST_RECORD * 2)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _length(lines: Lines, start: int) -> int:
    return sum(len(line) for line in lines.all[start:])


def _rejected(lines: Lines, start: int, end: int, reason: str) -> Rejected:
    raw = b"".join(lines.all[start:end]).rstrip(b"\r\n")
    return Rejected(lines.first + start, reason, raw.decode(errors="backslashreplace"))


def _as_table(rows: list[list[str]], header: Header) -> pa.Table:
    import pyarrow as pa

    return pa.table(
        {
            column: pa.array([row[place] or None for row in rows], pa.string())
            for column, place in header.position.items()
        }
    )
