"""Opening the record, its tables, columns, descriptions, counts and distinct values."""

import pytest

from clinseek.toolkits.ehr.case import Case
from tests.toolkits.ehr.tools.small_case import CUTOFF, LABS, Call, MakeCase, called, table_of


def test_opening_lists_tables_with_rows_and_times_and_the_candidates(call: Call) -> None:
    text, seen = call("load_ehr")
    rows = {row["table"]: row for row in table_of(text)}
    assert rows["labevents"]["rows"] == "5"
    assert rows["labevents"]["last"] == "2150-03-05 06:00:00"
    assert rows["patients"]["by"] == "-"
    assert "no rows as of this moment: emar" in text
    assert "candidate tables: labevents_candidates" in text
    assert "vocabulary_edition" not in text
    assert "labevents" in seen.tables


def test_table_names_come_sorted_and_apart(call: Call) -> None:
    text, _ = call("get_table_names")
    tables = "admissions, diagnoses_icd, discharge, emar, labevents, omr, patients, prescriptions"
    assert text.splitlines() == [
        f"patient tables: {tables}",
        "candidate tables: labevents_candidates",
        "dictionaries: d_icd_diagnoses, d_labitems",
    ]


def test_column_names_tell_what_is_joined_from_dictionaries(call: Call) -> None:
    text, _ = call("get_column_names", table_name="labevents")
    assert text.startswith("labevents: row_id, labevent_id, subject_id,")
    assert "joined from d_labitems by itemid: label, fluid, category" in text
    assert call("get_column_names", table_name="d_labitems")[0] == (
        "d_labitems: itemid, label, fluid, category"
    )


def test_a_description_tells_units_pitfalls_masks_and_the_row_number(call: Call) -> None:
    text, seen = call("get_table_description", table_name="labevents")
    assert "- row_id (integer)" in text
    assert "charttime (time): When the specimen was taken." in text
    assert "join: itemid = d_labitems.itemid" in text
    assert not seen.refused
    assert "empty until" in call("get_table_description", table_name="admissions")[0]


def test_a_candidate_table_is_described_by_its_use(call: Call) -> None:
    text, _ = call("get_table_description", table_name="labevents_candidates")
    assert "itemid, candidate, fluid, category" in text


@pytest.mark.parametrize("name", ["get_column_names", "get_table_description"])
def test_an_unknown_table_is_refused_with_the_nearest(call: Call, name: str) -> None:
    text, seen = call(name, table_name="labevent")
    assert seen.refused
    assert "did you mean labevents?" in text


def test_counts_cover_every_table_and_tell_the_timeless_apart(call: Call) -> None:
    text, seen = call("get_event_counts_by_time", start_time="2150-03-01", end_time="2150-03-04")
    assert text.startswith("event counts from 2150-03-01 00:00:00 to 2150-03-04 23:59:59: 5 rows")
    rows = {row["table"]: row["rows"] for row in table_of(text)}
    assert rows == {"admissions": "1", "labevents": "3", "prescriptions": "1"}
    assert "none in this span: discharge, emar, omr" in text
    assert "rows without a time, not counted: labevents 1" in text
    assert "tables without a time column, counted whole: diagnoses_icd 2, patients 1" in text
    assert set(seen.tables) >= {"labevents", "emar", "patients"}


def test_counts_agree_with_the_rows_by_time(call: Call) -> None:
    for day in ("2150-02-01", "2150-03-01", "2150-03-04", "2150-03-06"):
        text, _ = call("get_event_counts_by_time", start_time=day, end_time=day)
        counted = {row["table"]: int(row["rows"]) for row in table_of(text)} if "--" in text else {}
        for table in ("labevents", "omr", "prescriptions"):
            _, seen = call("get_records_by_time", table_name=table, start_time=day, end_time=day)
            assert len(seen.row_ids) == counted.get(table, 0)


def test_counts_past_the_cutoff_say_where_the_record_ends(call: Call) -> None:
    assert (
        f"the record ends at {CUTOFF}" in call("get_event_counts_by_time", end_time="2151-01-01")[0]
    )
    assert "the record ends" not in call("get_event_counts_by_time", end_time=CUTOFF)[0]
    assert call("get_event_counts_by_time", start_time="2151", end_time="2150")[1].refused


def test_distinct_values_come_with_their_rows_null_among_them(call: Call) -> None:
    text, _ = call("get_unique_values", table_name="labevents", column_name="flag")
    assert text.startswith("labevents.flag: 2 distinct values")
    assert table_of(text) == [{"flag": "-", "rows": "4"}, {"flag": "abnormal", "rows": "1"}]
    text, seen = call("get_unique_values", table_name="labevents", column_name="label")
    assert {row["label"]: row["rows"] for row in table_of(text)} == {
        "Creatinine": "4", "Potassium": "1",
    }  # fmt: skip
    assert seen.tables == ("labevents", "d_labitems")


def test_more_than_fifty_values_are_refused_with_the_first_ten(make_case: MakeCase) -> None:
    case = make_case({"labevents": [{**LABS[0], "value": f"v{n:03}"} for n in range(51)]})
    text, seen = called(
        case, "get_unique_values", {"table_name": "labevents", "column_name": "value"}
    )
    assert seen.refused
    assert "has 51 distinct values, more than 50" in text
    assert "v000, v001, v002, v003, v004, v005, v006, v007, v008, v009;" in text


def test_exactly_fifty_values_are_shown(make_case: MakeCase) -> None:
    case = make_case({"labevents": [{**LABS[0], "value": f"v{n:03}"} for n in range(50)]})
    text, seen = called(
        case, "get_unique_values", {"table_name": "labevents", "column_name": "value"}
    )
    assert not seen.refused
    assert len(table_of(text)) == 50


def test_distinct_values_of_an_empty_table_say_so(case: Case) -> None:
    text, seen = called(case, "get_unique_values", {"table_name": "emar", "column_name": "route"})
    assert seen.refused
    text, seen = called(
        case, "get_unique_values", {"table_name": "emar", "column_name": "medication"}
    )
    assert text == f"emar: no rows as of {CUTOFF}"
