"""What a tool wrote as a table is read back cell by cell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.nodes.shortening import shorten
from clinseek.offline.sheets import read_sheet, row_of
from clinseek.toolkits.ehr.tools.rendering import Grid, show

_PRINTED = st.characters(codec="utf-8", exclude_categories=["C", "Z"])
_CELL = st.one_of(
    st.none(),
    st.integers(-(10**9), 10**9),
    st.text(_PRINTED, min_size=1, max_size=30),
    st.sampled_from(["-", "[below]", "two words", "a: b", "2150-03-05 08:00:00", "--", "'"]),
)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    width = draw(st.integers(1, 4))
    names = draw(st.lists(st.from_regex(r"[a-z]{1,12}", fullmatch=True), min_size=width,
                          max_size=width, unique=True))  # fmt: skip
    rows = draw(st.lists(st.tuples(*[_CELL] * width), min_size=1, max_size=8))
    return Grid(("row", *names), [(at, *row) for at, row in enumerate(rows, start=3)])


@given(grids())
def test_every_cell_of_a_rendered_table_is_read_back(grid: Grid) -> None:
    text = show(grid, room=100_000, fold_empty=False).text
    sheet = read_sheet(f"labevents: rows 1-{len(grid.rows)} of {len(grid.rows)}\n\n{text}")
    assert sheet is not None
    assert sheet.columns == grid.columns
    read = [tuple(line[name] for name in grid.columns) for line in sheet.lines]
    assert read == [tuple(None if c is None else str(c) for c in row) for row in grid.rows]
    assert [row_of(line) for line in sheet.lines] == [row[0] for row in grid.rows]


@given(st.lists(st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=201,
                        max_size=300), min_size=1, max_size=3))  # fmt: skip
def test_long_texts_below_the_table_come_back_into_their_cells(texts: list[str]) -> None:
    grid = Grid(("row", "comments"), list(enumerate(texts, start=1)))
    sheet = read_sheet("labevents\n\n" + show(grid, room=100_000).text)
    assert sheet is not None
    assert [line["comments"] for line in sheet.lines] == texts


def test_a_page_knows_that_rows_follow_it() -> None:
    table = "\n\nrow  value\n---  -----\n1    2"
    page = read_sheet(f"labevents: rows 1-200 of 4,312; narrow by time{table}")
    last = read_sheet(f"labevents: rows 4,201-4,312 of 4,312{table}")
    assert page is not None
    assert last is not None
    assert (page.total, page.goes_on, last.goes_on) == (4312, True, False)


def test_the_sentence_about_left_out_lines_is_no_row() -> None:
    grid = Grid(("row", "value"), [(at, f"value {at}") for at in range(200)])
    shown = shorten("labevents: rows 1-200 of 200\n\n" + show(grid, room=100_000).text, 1_000)
    sheet = read_sheet(shown)
    assert sheet is not None
    assert 10 < len(sheet.lines) < 200
    assert all(line["value"] == f"value {line['row']}" for line in sheet.lines)


@pytest.mark.parametrize(
    "text", ["query over labevents: no rows", "no table 'lab'; did you mean labevents?", "", "---"]
)
def test_a_text_without_a_table_has_no_rows(text: str) -> None:
    assert read_sheet(text) is None
