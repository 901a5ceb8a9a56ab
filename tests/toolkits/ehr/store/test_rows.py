"""Csv text is cut into rows as the csv module would; broken rows cost nothing but themselves."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from clinseek.toolkits.ehr.store.header import Header
from clinseek.toolkits.ehr.store.rows import LONGEST_RECORD, Rejected, cut_rows

HEADER = Header(3, {"a": 0, "b": 1, "c": 2}, ())
Row = tuple[str | None, ...]

CELL = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=6
) | st.sampled_from(['"', '""', "\n", ",", 'a "quoted" word', "two\nlines", ""])


def cut(chunks: Iterable[bytes]) -> tuple[list[Row], list[Rejected]]:
    """All rows and all rejections of a text."""
    rows: list[Row] = []
    rejected: list[Rejected] = []
    for piece in cut_rows(iter(chunks), HEADER, first_line=2):
        rows += zip(*(column.to_pylist() for column in piece.cells.columns), strict=True)
        rejected += piece.rejected
    return rows, rejected


def pieces(text: bytes, cuts: Iterable[int]) -> list[bytes]:
    """The text cut at these places."""
    places = [0, *sorted(place % (len(text) + 1) for place in cuts), len(text)]
    return [text[start:end] for start, end in pairwise(places)]


@given(
    st.lists(st.tuples(st.sampled_from("xyz"), CELL, CELL), max_size=20),
    st.lists(st.integers(0, 1_000), max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_well_formed_rows_come_out_whole_wherever_the_text_is_cut(
    rows: list[tuple[str, str, str]], cuts: list[int], end: str, quote_all: bool
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL if quote_all else 0)
    writer.writerows(rows)
    found, rejected = cut(pieces(text.getvalue().encode(), cuts))
    assert found == [tuple(cell or None for cell in row) for row in rows]
    assert rejected == []


@given(
    st.lists(st.sampled_from(["1,2,3", "1,2", "1,2,3,4", '1,"2,3', '1,"2"x,3']), max_size=12),
    st.lists(st.integers(0, 200), max_size=4),
)
def test_good_lines_are_kept_and_broken_ones_are_told_with_their_numbers(
    lines: list[str], cuts: list[int]
) -> None:
    found, rejected = cut(pieces("".join(f"{line}\n" for line in lines).encode(), cuts))
    broken = [(place, line) for place, line in enumerate(lines, start=2) if line != "1,2,3"]
    assert len(found) == len(lines) - len(broken)
    assert [(row.line, row.raw) for row in rejected] == broken


def test_a_quotation_mark_that_never_closes_costs_one_row_even_in_a_large_file() -> None:
    good = b"1,2," + 95 * b"x" + b"\n"
    many = LONGEST_RECORD // 50
    found, rejected = cut(pieces(b'1,"2,3\n' + many * good, range(0, many * 100, 1 << 20)))
    assert len(found) == many
    assert [(row.line, row.reason) for row in rejected] == [(2, "a quotation mark never closes")]


def test_two_stray_marks_do_not_glue_rows_together() -> None:
    found, rejected = cut([b'1,2,"x\n4,5,6\n7,8,"y\n'])
    assert found == [("4", "5", "6")]
    assert [row.line for row in rejected] == [2, 4]


def test_a_row_that_is_not_utf8_is_set_aside_with_its_bytes_shown() -> None:
    found, rejected = cut([b"1,2,3\n1,\xe9,3\n4,5,6\n"])
    assert found == [("1", "2", "3"), ("4", "5", "6")]
    assert rejected == [Rejected(3, "not UTF-8 text", r"1,\xe9,3")]


def test_line_numbers_count_the_lines_inside_quoted_text() -> None:
    _, rejected = cut([b'1,"two\nlines\n",3\n1,2\n'])
    assert [(row.line, row.raw) for row in rejected] == [(5, "1,2")]


def test_a_long_record_over_many_pieces_stays_one_cell() -> None:
    note = "line\n" * 200_000
    found, rejected = cut(pieces(f'1,"{note}",3\n4,5,6\n'.encode(), range(0, 1_000_000, 65_536)))
    assert found == [("1", note, "3"), ("4", "5", "6")]
    assert rejected == []


def test_blank_lines_and_a_missing_last_line_end_do_no_harm() -> None:
    assert cut([b"\n1,2,3\n\n4,5,6"]) == ([("1", "2", "3"), ("4", "5", "6")], [])


def test_empty_cells_are_null_quoted_or_not() -> None:
    assert cut([b'1,,""\n'])[0] == [("1", None, None)]


def test_a_mark_inside_an_unquoted_cell_is_part_of_it() -> None:
    assert cut([b'1,5" needle,3\n']) == ([("1", '5" needle', "3")], [])
