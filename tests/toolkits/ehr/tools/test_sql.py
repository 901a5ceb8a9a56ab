"""One SELECT of the model's own: citable, bounded, and unable to change or reach anything."""

import pytest

from clinseek.toolkits.ehr.case import Case
from drills.attack.sql import ENDLESS, REFUSED
from tests.toolkits.ehr.tools.small_case import LABS, Call, MakeCase, called, table_of


def test_rows_of_one_table_can_be_cited_when_row_id_is_selected(call: Call) -> None:
    text, seen = call(
        "run_sql_query",
        sql_query="SELECT valuenum, row_id, label FROM labevents JOIN d_labitems USING (itemid) "
        "WHERE label = 'Creatinine' ORDER BY charttime DESC LIMIT 2",
    )
    assert seen.row_ids == (4, 3)
    assert seen.table == "labevents"
    assert set(seen.tables) == {"labevents", "d_labitems"}
    assert table_of(text) == [
        {"row": "4", "valuenum": "50", "label": "Creatinine"},
        {"row": "3", "valuenum": "1.9", "label": "Creatinine"},
    ]


def test_rows_without_row_id_are_shown_and_cannot_be_cited_by_row(call: Call) -> None:
    text, seen = call("run_sql_query", sql_query="SELECT max(valuenum) AS m FROM labevents")
    assert (seen.row_ids, seen.table, seen.tables) == ((), None, ("labevents",))
    assert table_of(text) == [{"m": "50"}]


def test_row_ids_of_two_patient_tables_are_ambiguous_and_not_cited(call: Call) -> None:
    _, seen = call(
        "run_sql_query",
        sql_query="SELECT l.row_id FROM labevents l JOIN admissions a ON l.hadm_id = a.hadm_id",
    )
    assert seen.row_ids == ()
    assert set(seen.tables) == {"labevents", "admissions"}


def test_null_stands_as_a_dash_and_a_dash_in_quotes(call: Call) -> None:
    text, _ = call("run_sql_query", sql_query="SELECT NULL AS a, '-' AS b, '' AS c, 0 AS d")
    assert table_of(text) == [{"a": "-", "b": "'-'", "c": "''", "d": "0"}]


def test_a_column_that_was_asked_for_is_shown_even_where_it_is_empty(call: Call) -> None:
    text, _ = call("run_sql_query", sql_query="SELECT flag FROM labevents WHERE row_id = 1")
    assert table_of(text) == [{"flag": "-"}]


def test_a_wide_result_names_its_empty_columns_instead_of_showing_them(call: Call) -> None:
    text, _ = call("run_sql_query", sql_query="SELECT * FROM labevents WHERE row_id = 1")
    assert "empty here: labevent_id, specimen_id," in text
    assert "subject_id" in table_of(text)[0]


def test_no_rows_is_an_answer(call: Call) -> None:
    text, seen = call("run_sql_query", sql_query="SELECT * FROM labevents WHERE itemid = 1")
    assert text == "query over labevents: no rows"
    assert not seen.refused


def test_a_fenced_statement_and_one_with_a_semicolon_are_read(call: Call) -> None:
    for written in (
        "```sql\nSELECT 1 AS one\n```",
        "SELECT 1 AS one;",
        "-- first\nSELECT 1 AS one",
    ):
        assert table_of(call("run_sql_query", sql_query=written)[0]) == [{"one": "1"}]


@pytest.fixture
def busy(make_case: MakeCase) -> Case:
    """A case with 10,000 lab results."""
    return make_case({"labevents": LABS[:1] * 10_000})


def test_ten_thousand_rows_come_in_pages_that_say_so(busy: Case) -> None:
    asked = {"sql_query": "SELECT row_id, valuenum FROM labevents ORDER BY row_id"}
    text, seen = called(busy, "run_sql_query", asked)
    assert (
        "rows 1-200; more rows exist: page with offset=200, add LIMIT/OFFSET or aggregate" in text
    )
    assert seen.row_ids == tuple(range(1, 201))
    text, seen = called(busy, "run_sql_query", {**asked, "offset": 9_990})
    assert "rows 9,991-10,000 of 10,000" in text
    assert seen.row_ids == tuple(range(9_991, 10_001))
    text, seen = called(busy, "run_sql_query", {**asked, "offset": 10_000})
    assert "no rows at offset 10,000 of 10,000" in text


def test_an_offset_too_deep_is_sent_to_sql(busy: Case) -> None:
    text, seen = called(busy, "run_sql_query", {"sql_query": "SELECT 1", "offset": 10_000_000})
    assert seen.refused
    assert "LIMIT and OFFSET" in text


def test_ten_thousand_rows_by_time_are_counted_and_paged(busy: Case) -> None:
    text, seen = called(busy, "get_records_by_time", {"table_name": "labevents", "limit": 2_000})
    shown = len(seen.row_ids)
    assert 200 < shown < 2_000
    assert len(text) < 100_000
    assert f"rows 1-{shown:,} of 10,000" in text
    assert f"only {shown:,} of 2,000 because a reply holds" in text
    assert f"page with offset={shown}" in text
    assert [int(row["row"]) for row in table_of(text)] == list(seen.row_ids)


@pytest.mark.parametrize("statement", REFUSED)
def test_whatever_is_not_one_select_is_refused_and_changes_nothing(
    case: Case, statement: str
) -> None:
    before = case.path.read_bytes()
    text, seen = called(case, "run_sql_query", {"sql_query": statement})
    assert seen.refused, text
    assert text
    assert case.path.read_bytes() == before


def test_the_columns_of_a_table_may_be_asked_by_pragma(call: Call) -> None:
    text, seen = call("run_sql_query", sql_query="PRAGMA table_info(omr)")
    assert not seen.refused
    assert "result_value" in text


@pytest.mark.parametrize("statement", ENDLESS)
def test_a_statement_that_never_ends_is_stopped(
    busy: Case, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinseek.toolkits.ehr.tools.sql.LONGEST_SECONDS", 0.2)
    text, seen = called(busy, "run_sql_query", {"sql_query": statement})
    assert seen.refused
    assert "was stopped" in text


def test_ten_million_rows_give_one_page(call: Call) -> None:
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000000) "
        "SELECT i FROM n"
    )
    text, seen = call("run_sql_query", sql_query=endless)
    assert not seen.refused
    assert "rows 1-200; more rows exist" in text


def test_a_misspelt_table_is_met_with_the_nearest(call: Call) -> None:
    text, seen = call("run_sql_query", sql_query="SELECT * FROM labs")
    assert seen.refused
    assert "no such table: labs; did you mean labevents?" in text


def test_a_misspelt_column_is_met_with_the_nearest(call: Call) -> None:
    text, seen = call("run_sql_query", sql_query="SELECT chartime FROM labevents")
    assert seen.refused
    assert "no such column: chartime; did you mean charttime?" in text
    assert "labevents: row_id, labevent_id" in text


def test_candidate_tables_can_be_joined(call: Call) -> None:
    text, _ = call(
        "run_sql_query",
        sql_query="SELECT DISTINCT candidate FROM labevents "
        "JOIN labevents_candidates USING (itemid) ORDER BY 1",
    )
    assert [row["candidate"] for row in table_of(text)] == ["Creatinine", "Potassium"]
