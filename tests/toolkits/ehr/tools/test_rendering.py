"""Rows become text without loss, within bounds, and so that columns can be told apart."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from clinseek.toolkits.ehr.tools.rendering import MOST_CHARACTERS, Grid, cell, show
from tests.toolkits.ehr.tools.small_case import NOTE, Call, MakeCase, called, table_of

LINE = st.text(st.characters(blacklist_categories=["C", "Z"]) | st.just(" "), max_size=30).map(
    lambda text: text.strip()
)
CELL = st.none() | st.integers() | st.floats(allow_nan=False) | LINE


NAMES = st.lists(st.text("abcxyz_", min_size=1), min_size=1, max_size=5, unique=True)
TABLES = NAMES.flatmap(
    lambda names: st.tuples(
        st.just(names), st.lists(st.tuples(*[CELL] * len(names)), min_size=1, max_size=6)
    )
)


@given(TABLES)
@settings(max_examples=150, deadline=None)
def test_every_cell_can_be_read_back_from_the_dashes(
    drawn: tuple[list[str], list[tuple[Any, ...]]],
) -> None:
    names, rows = drawn
    names = [f"c{i}{name}" for i, name in enumerate(names)]
    numbered = [(i, *row) for i, row in enumerate(rows)]
    text = show(Grid(("row", *names), numbered), room=MOST_CHARACTERS, fold_empty=False).text
    assert [list(row.values()) for row in table_of(text)] == [
        [cell(value).strip() for value in row] for row in numbered
    ]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_keeps_six_significant_digits(value: float) -> None:
    assert abs(float(cell(value)) - value) <= abs(value) * 5e-6


def test_numbers_are_shown_without_the_noise_of_their_storage() -> None:
    shown = [cell(v) for v in (49.9999988, 0.1 + 0.2, 7.35, 100.0, 1e-7, -0.5, 1234567.89, 1e20)]
    assert shown == ["50", "0.3", "7.35", "100", "1e-07", "-0.5", "1234567.89", "1e+20"]


def test_columns_that_are_empty_in_every_row_are_named_below() -> None:
    text = show(Grid(("row", "a", "b"), [(1, None, "x"), (2, None, None)]), room=1000).text
    assert table_of(text) == [{"row": "1", "b": "x"}, {"row": "2", "b": "-"}]
    assert text.endswith("empty here: a")


def test_a_note_stands_whole_below_the_table_under_its_row(call: Call) -> None:
    text, seen = call("get_records_by_time", table_name="discharge")
    assert seen.row_ids == (1, 2)
    assert [row["text"] for row in table_of(text)] == ["[below]", "short"]
    _, block = text.split("text of row 1:\n")
    assert [line[4:] for line in block.splitlines()] == NOTE.splitlines()


def test_no_line_of_a_note_can_pass_for_the_tools_own_words(call: Call) -> None:
    text, _ = call("get_records_by_time", table_name="discharge")
    assert "text of row 2: not a row" in NOTE
    assert not any(line.startswith("text of row 2") for line in text.splitlines())


def test_long_notes_come_in_fewer_rows_that_are_whole(make_case: MakeCase) -> None:
    notes = [{"text": f"{n} " + "word " * 5_000, "charttime": "2149-01-01 00:00:00"}
             for n in range(9)]  # fmt: skip
    case = make_case({"discharge": notes})
    text, seen = called(case, "get_records_by_time", {"table_name": "discharge"})
    assert len(text) < 100_000
    assert seen.row_ids == (1, 2, 3)
    assert "rows 1-3 of 9" in text
    assert "only 3 of 9 because a reply holds 98,000 characters" in text
    assert text.count("word") == 15_000


def test_one_note_longer_than_a_reply_says_where_to_read_on(make_case: MakeCase) -> None:
    long = "".join(f"line {n}\n" for n in range(20_000))
    case = make_case({"discharge": [{"text": long, "charttime": "2149-01-01 00:00:00"}]})
    text, _ = called(case, "get_records_by_time", {"table_name": "discharge"})
    assert len(text) < 100_000
    _, _, block = text.partition("text of row 1, characters 1-")
    end = int(block.split(" ")[0].replace(",", ""))
    assert f"substr(text, {end + 1})" in block
    shown = "\n".join(line[4:] for line in block.splitlines()[1:])
    assert shown == long[:end].rstrip()
    onward = f"SELECT substr(text, {end + 1}, 150) AS rest FROM discharge"
    rest, _ = called(case, "run_sql_query", {"sql_query": onward})
    assert rest.split("rest of line 1:")[1].split() == long[end : end + 150].split()


def test_long_texts_of_a_query_without_row_ids_are_named_by_line(call: Call) -> None:
    text, _ = call("run_sql_query", sql_query="SELECT text FROM discharge ORDER BY row_id")
    assert "text of line 1:" in text


def test_unicode_is_kept_and_aligned(call: Call) -> None:
    text, _ = call("get_records_by_time", table_name="labevents", end_time="2150-03-06")
    assert [row["valueuom"] for row in table_of(text)][-1] == "µg/dL"
