"""Reading rows by time, the latest, by keyword and by value."""

import pytest

from clinseek.toolkits.ehr.case import Case
from tests.toolkits.ehr.tools.small_case import CUTOFF, LABS, Call, MakeCase, called, table_of

BEFORE = {"table_name": "labevents", "end_time": CUTOFF}


def test_rows_come_in_order_of_time_with_the_names_of_their_codes(call: Call) -> None:
    text, seen = call("get_records_by_time", **BEFORE)
    assert text.startswith(f"labevents: rows 1-4 of 4 to {CUTOFF}, by charttime\n")
    rows = table_of(text)
    assert [row["row"] for row in rows] == ["1", "2", "3", "4"]
    assert [row["label"] for row in rows] == ["Creatinine", "Potassium", "Creatinine", "Creatinine"]
    assert seen.row_ids == (1, 2, 3, 4)
    assert seen.table == "labevents"
    assert seen.tables == ("labevents", "d_labitems")


def test_the_row_number_comes_first_and_the_constant_patient_is_left_out(call: Call) -> None:
    columns = list(table_of(call("get_records_by_time", **BEFORE)[0])[0])
    assert columns[0] == "row"
    assert "subject_id" not in columns
    assert "labevent_id" not in columns


def test_both_ends_of_a_span_belong_to_it(call: Call) -> None:
    text, seen = call(
        "get_records_by_time",
        table_name="labevents",
        start_time="2150-03-01 06:00:00",
        end_time="2150-03-04T23:59:59",
    )
    assert seen.row_ids == (1, 2, 3)
    assert "from 2150-03-01 06:00:00 to 2150-03-04 23:59:59" in text


def test_a_bare_end_date_means_the_end_of_that_day(call: Call) -> None:
    _, seen = call("get_records_by_time", table_name="labevents", end_time="2150-03-04")
    assert seen.row_ids == (1, 2, 3)


def test_a_date_column_is_read_by_days(call: Call) -> None:
    asked = {"table_name": "omr", "start_time": "2150-02-01 12:00:00", "end_time": "2150-02-01"}
    _, seen = call("get_records_by_time", **asked)
    assert seen.row_ids == (1,)


def test_a_span_that_runs_backwards_is_refused(call: Call) -> None:
    text, seen = call(
        "get_records_by_time",
        table_name="labevents",
        start_time="2150-03-02",
        end_time="2150-03-01",
    )
    assert seen.refused
    assert "lies before start_time" in text


@pytest.mark.parametrize("written", ["yesterday", "2150", "2150-13-01", "2150-02-30", "03/05/2150"])
def test_a_time_that_cannot_be_read_is_refused_with_the_form(call: Call, written: str) -> None:
    text, seen = call("get_records_by_time", table_name="labevents", start_time=written)
    assert seen.refused
    assert "start_time" in text
    assert written in text


def test_a_span_past_the_cutoff_is_answered_and_says_where_the_record_ends(call: Call) -> None:
    text, seen = call(
        "get_records_by_time",
        table_name="labevents",
        start_time="2150-03-05",
        end_time="2151-01-01",
    )
    assert not seen.refused
    assert seen.row_ids == (4,)
    assert f"the record ends at {CUTOFF}" in text


def test_rows_without_a_time_are_not_forgotten(call: Call) -> None:
    text, _ = call("get_records_by_time", **BEFORE)
    assert "1 row has no charttime" in text
    assert "charttime IS NULL" in text
    _, seen = call(
        "run_sql_query", sql_query="SELECT row_id FROM labevents WHERE charttime IS NULL"
    )
    assert seen.row_ids == (5,)


def test_no_rows_is_an_answer_that_says_what_there_is(call: Call) -> None:
    text, seen = call("get_records_by_time", table_name="labevents", end_time="2149-01-01")
    assert not seen.refused
    assert seen.table == "labevents"
    assert "no rows to 2149-01-01 23:59:59" in text
    assert "5 rows, charttime from 2150-03-01 06:00:00 to 2150-03-05 06:00:00" in text


def test_an_empty_table_says_so(call: Call) -> None:
    text, seen = call("get_records_by_time", table_name="emar")
    assert text == f"emar: no rows as of {CUTOFF}"
    assert not seen.refused


@pytest.mark.parametrize("name", ["get_records_by_time", "get_latest_records"])
def test_a_table_without_time_names_the_other_ways(call: Call, name: str) -> None:
    text, seen = call(name, table_name="patients")
    assert seen.refused
    assert "patients has no time column" in text
    assert "ehr.run_sql_query" in text


def test_pages_join_up_and_name_the_next_one(call: Call) -> None:
    first, one = call("get_records_by_time", limit=3, **BEFORE)
    assert "rows 1-3 of 4" in first
    assert "narrow by start_time/end_time or page with offset=3" in first
    second, two = call("get_records_by_time", limit=3, offset=3, **BEFORE)
    assert "rows 4-4 of 4" in second
    assert "offset" not in second
    assert one.row_ids + two.row_ids == (1, 2, 3, 4)


def test_a_page_past_the_end_says_how_many_there_are(call: Call) -> None:
    text, seen = call("get_records_by_time", offset=9, **BEFORE)
    assert "no row at offset 9; 4 rows" in text
    assert seen.row_ids == ()


def test_columns_can_be_chosen_dictionary_columns_too(call: Call) -> None:
    text, _ = call("get_records_by_time", columns="valuenum, LABEL", limit=1, **BEFORE)
    assert table_of(text) == [{"row": "1", "valuenum": "1.1", "label": "Creatinine"}]


def test_a_column_that_does_not_exist_is_refused_with_the_nearest(call: Call) -> None:
    text, seen = call("get_records_by_time", column=["valenum"], **BEFORE)
    assert seen.refused
    assert "did you mean valuenum?" in text


def test_the_latest_rows_are_all_that_share_the_latest_time(make_case: MakeCase) -> None:
    late = {**LABS[1], "charttime": "2150-03-05 06:00:00"}
    case = make_case({"labevents": [*LABS, late]})
    text, seen = called(case, "get_latest_records", {"table_name": "labevents"})
    assert seen.row_ids == (4, 6)
    assert "at the latest charttime" in text


def test_a_keyword_is_found_in_text_columns_and_in_the_names_of_codes(call: Call) -> None:
    assert call("get_records_by_keyword", table_name="labevents", keyword="CREAT")[1].row_ids == (
        5, 1, 3, 4,
    )  # fmt: skip
    assert call("get_records_by_keyword", table_name="labevents", keyword="hemol")[1].row_ids == (
        2,
    )
    kidney = call("get_records_by_keyword", table_name="diagnoses_icd", keyword="kidney")
    assert kidney[1].row_ids == (1,)
    assert "Acute kidney failure, unspecified" in kidney[0]


def test_a_code_is_named_by_its_own_version(call: Call) -> None:
    text, _ = call("get_records_by_value", table_name="diagnoses_icd", column_name="icd_code",
                   value="0010")  # fmt: skip
    assert [row["long_title"] for row in table_of(text)] == ["Cholera due to vibrio cholerae"]


@pytest.mark.parametrize(
    ("keyword", "rows"),
    [("50%_ish", (2,)), ("(50%", (2,)), ("%", (2,)), ("_ish)", (2,)), (".*", ()), ("a|b", ()),
     ("\\", ()), ("[a-z]", ()), ("µg", (4,)), ("' OR 1=1 --", ()), ('"', ())],
)  # fmt: skip
def test_a_keyword_is_taken_literally(call: Call, keyword: str, rows: tuple[int, ...]) -> None:
    text, seen = call("get_records_by_keyword", table_name="labevents", keyword=keyword)
    assert not seen.refused, text
    assert seen.row_ids == rows


def test_an_empty_keyword_is_refused(call: Call) -> None:
    assert call("get_records_by_keyword", table_name="labevents", keyword="  ")[1].refused


@pytest.mark.parametrize(
    ("column", "value", "rows"),
    [
        ("itemid", "50912", (5, 1, 3, 4)),
        ("itemid", 50912, (5, 1, 3, 4)),
        ("itemid", "50912.0", (5, 1, 3, 4)),
        ("valuenum", "1.10", (1,)),
        ("valuenum", 50, (4,)),
        ("value", " 1.9 ", (3,)),
        ("value", "1.90", ()),
        ("flag", "ABNORMAL", ()),
        ("label", "Potassium", (2,)),
        ("charttime", "2150-03-01T06:00", (1, 2)),
        ("row_id", "3", (3,)),
    ],
)
def test_a_value_is_matched_exactly_and_numbers_as_numbers(
    call: Call, column: str, value: object, rows: tuple[int, ...]
) -> None:
    text, seen = call(
        "get_records_by_value", table_name="labevents", column_name=column, value=value
    )
    assert not seen.refused, text
    assert seen.row_ids == rows


def test_a_stored_fraction_of_a_second_belongs_to_its_second(make_case: MakeCase) -> None:
    case = make_case({"labevents": [{**LABS[0], "charttime": "2150-03-01 06:00:00.407000"}]})
    asked = {"table_name": "labevents", "end_time": "2150-03-01 06:00:00"}
    assert called(case, "get_records_by_time", asked)[1].row_ids == (1,)
    for written in ("2150-03-01 06:00:00", "2150-03-01 06:00:00.407000"):
        value = {"table_name": "labevents", "column_name": "charttime", "value": written}
        assert called(case, "get_records_by_value", value)[1].row_ids == (1,)


def test_a_number_as_it_is_shown_finds_its_row(call: Call) -> None:
    shown = table_of(call("get_latest_records", table_name="labevents")[0])[0]["valuenum"]
    assert shown == "50"
    _, seen = call(
        "get_records_by_value", table_name="labevents", column_name="valuenum", value=shown
    )
    assert seen.row_ids == (4,)


def test_words_for_a_numeric_column_are_refused_with_the_column_of_names(call: Call) -> None:
    text, seen = call(
        "get_records_by_value", table_name="labevents", column_name="itemid", value="Creatinine"
    )
    assert seen.refused
    assert "label" in text


def test_a_text_with_two_spaces_is_shown_and_found_as_it_is(call: Call) -> None:
    drug = "Potassium Chloride  Replacement"
    text, seen = call(
        "get_records_by_value", table_name="prescriptions", column_name="drug", value=drug
    )
    assert seen.row_ids == (2,)
    assert table_of(text)[0]["drug"] == drug


def test_a_planned_start_after_the_cutoff_is_shown(call: Call) -> None:
    _, seen = call("get_latest_records", table_name="prescriptions")
    assert seen.row_ids == (1,)


@pytest.mark.parametrize(
    "name",
    ["labevents; DROP TABLE labevents", 'labevents" --', "labevents WHERE 1=1", "sqlite_schema",
     "vocabulary_edition", "../labevents", ""],
)  # fmt: skip
def test_a_table_name_is_never_sql(call: Call, name: str) -> None:
    text, seen = call("get_records_by_time", table_name=name)
    assert seen.refused
    assert text.startswith(f"no table {name!r}")


@pytest.mark.parametrize("column", ["flag; DROP TABLE labevents", 'x" OR 1=1 --', "1", "rowid"])
def test_a_column_name_is_never_sql(call: Call, column: str) -> None:
    for name in ("get_records_by_value", "get_unique_values"):
        more = {"value": "1"} if name == "get_records_by_value" else {}
        text, seen = call(name, table_name="labevents", column_name=column, **more)
        assert seen.refused
        assert text.startswith(f"labevents has no column {column!r}")


def test_a_table_that_is_not_there_names_the_nearest_and_all(call: Call) -> None:
    text, seen = call("get_records_by_time", table_name="lab")
    assert seen.refused
    assert "no table 'lab'; did you mean labevents?" in text
    assert "admissions, diagnoses_icd" in text


def test_a_table_that_the_store_does_not_hold_is_told_apart_from_a_misspelt_one(call: Call) -> None:
    text, _ = call("get_records_by_time", table_name="radiology")
    assert "radiology is not in this record" in text


def test_a_schema_prefix_and_other_case_are_understood(call: Call) -> None:
    assert call("get_latest_records", table_name=" mimiciv_hosp.LabEvents ") == call(
        "get_latest_records", table_name="labevents"
    )


def test_candidate_tables_and_dictionaries_are_told_apart_from_records(call: Call) -> None:
    text, seen = call("get_records_by_time", table_name="labevents_candidates")
    assert seen.refused
    assert "ehr.get_candidates_by_keyword" in text
    text, seen = call("get_records_by_keyword", table_name="d_labitems", keyword="x")
    assert seen.refused
    assert "is a dictionary" in text


def test_a_case_without_a_vocabulary_still_reads_rows(make_case: MakeCase) -> None:
    case = make_case({"labevents": LABS}, vocabulary=None)
    text, seen = called(case, "get_records_by_time", {**BEFORE})
    assert seen.row_ids == (1, 2, 3, 4)
    assert "label" not in text
    assert called(case, "get_candidates_by_keyword", {"table_name": "x", "keyword": "y"})[1].refused


def test_equal_calls_give_equal_text(case: Case) -> None:
    asked = {"table_name": "labevents", "keyword": "c"}
    assert called(case, "get_records_by_keyword", asked) == called(
        case, "get_records_by_keyword", asked
    )
