"""The published cutoff rule to the letter: what it shows too early, hides, and makes up."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clinseek.errors import CutoffError
from clinseek.toolkits.ehr.availability.published import PUBLISHED, cut_column
from clinseek.toolkits.ehr.case import Case, Limits, hidden, open_case
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.tables import TABLES
from tests.toolkits.ehr.case.boundaries.raw_record import LONG_BEFORE, Cohort
from tests.toolkits.ehr.tools.small_case import called

ADMITTED, DISCHARGED = "2150-03-01 10:00:00", "2150-03-05 15:20:00"
IN_THE_STAY = "2150-03-02 08:00:00"
LATE = "2199-01-01 00:00:00"

COHORT = Cohort()
ANN = COHORT.patient(anchor_age=61, anchor_year=2152, dod="2151-01-09")
STAY = ANN.stay(
    ADMITTED,
    DISCHARGED,
    deathtime=DISCHARGED,
    discharge_location="DIED",
    hospital_expire_flag=1,
    edouttime="2150-03-01 12:00:00",
)
NEXT_STAY = ANN.stay("2150-09-01 10:00:00", "2150-09-03 11:00:00")
VISIT = ANN.visit(
    "2150-03-01 06:00:00", "2150-03-01 12:00:00", hadm_id=STAY, disposition="ADMITTED"
)
NEXT_VISIT = ANN.visit("2150-09-01 04:00:00", "2150-09-01 09:30:00", disposition="HOME")
ICU_STAY = ANN.icu(
    "2150-03-01 20:00:00", "2150-03-04 20:00:00", hadm_id=STAY, last_careunit="MICU", los=3.0
)
ANN.add("triage", stay_id=VISIT, chiefcomplaint="cough")
ANN.add("triage", stay_id=NEXT_VISIT, chiefcomplaint="fall")
for stay in (STAY, NEXT_STAY):
    ANN.add("drgcodes", hadm_id=stay, drg_code="871", drg_mortality=4)
    ANN.add("diagnoses_icd", hadm_id=stay, seq_num=1, icd_code="A419", icd_version=10)
ANN.add("diagnoses_icd", hadm_id=29_999_999, seq_num=1, icd_code="I10", icd_version=10)
ANN.add("diagnosis", stay_id=VISIT, seq_num=1, icd_code="R05", icd_version=10)
ANN.add("procedures_icd", hadm_id=STAY, seq_num=1, chartdate="2150-03-02", icd_code="3961")
ANN.add("hcpcsevents", hadm_id=STAY, seq_num=1, chartdate="2150-03-02", hcpcs_cd="G0378")
FIRST_LAB = ANN.add(
    "labevents",
    hadm_id=STAY,
    itemid=50912,
    charttime="2150-03-02 07:50:00",
    storetime="2150-03-02 09:10:00",
    value="1.4",
    valuenum=1.4,
)["labevent_id"]
ANN.add("labevents", itemid=50912, charttime=IN_THE_STAY, value="1.5", valuenum=1.5)
ANN.add("labevents", itemid=51301, charttime="", storetime="2150-03-01 11:00:00", value="9")
ANN.add(
    "microbiologyevents",
    chartdate="2150-03-02 00:00:00",
    charttime="2150-03-02 18:00:00",
    storedate="2150-03-06 00:00:00",
    storetime="2150-03-06 07:00:00",
    org_name="ESCHERICHIA COLI",
    interpretation="R",
)
ORDER = ANN.order("2150-03-02 07:00:00", order_status="Inactive")
LATER_ORDER = ANN.order("2150-03-03 07:00:00", order_type="Consults")
ANN.add("poe_detail", poe_id=LATER_ORDER, field_name="Discharge Planning", field_value="Finalized")
DOSE = ANN.add("emar", charttime="2150-03-04 07:00:00", medication="Heparin")["emar_id"]
ANN.add("emar_detail", emar_id=DOSE, dose_given="5000")
ANN.add("pharmacy", pharmacy_id=7, starttime="2150-03-01 11:00:00", entertime=ADMITTED)
ANN.add(
    "prescriptions",
    starttime="2150-03-01 11:00:00",
    stoptime="2150-03-09 11:00:00",
    drug="Heparin",
)
ANN.add(
    "inputevents",
    stay_id=ICU_STAY,
    starttime="2150-03-02 06:00:00",
    endtime="2150-03-02 12:00:00",
    storetime="2150-03-02 12:05:00",
    amount=600,
    statusdescription="FinishedRunning",
)
SUMMARY = "Chief Complaint: cough\nMajor Procedure: none\nPhysical Exam: frail\nPhysical Exam: dead"
ANN.add(
    "discharge",
    hadm_id=STAY,
    note_id=f"{ANN.subject_id}-DS-21",
    charttime="2150-03-05 00:00:00",
    storetime="2150-03-06 09:00:00",
    text=SUMMARY,
)
ANN.add(
    "discharge",
    hadm_id=STAY,
    note_id=f"{ANN.subject_id}-DS-35",
    charttime="2150-03-05 00:00:00",
    text="A second summary",
)
ANN.add("discharge", hadm_id=STAY, note_type="AD", charttime="2150-03-07 00:00:00", text="Addendum")

BOB = COHORT.patient()
WITHOUT_NOTE = BOB.stay(ADMITTED, DISCHARGED)
WITHOUT_EXAM = BOB.stay("2150-06-01 10:00:00", "2150-06-05 15:20:00")
BOB.add("discharge", hadm_id=WITHOUT_EXAM, charttime="2150-06-05 00:00:00", text="No exam here")

CUTS = {
    "admissions": "admittime",
    "chartevents": "charttime",
    "datetimeevents": "charttime",
    "diagnoses_icd": "charttime",
    "diagnosis": "charttime",
    "discharge": "charttime",
    "discharge_detail": None,
    "drgcodes": None,
    "edstays": "intime",
    "emar": "charttime",
    "emar_detail": None,
    "hcpcsevents": "chartdate",
    "icustays": "intime",
    "ingredientevents": "starttime",
    "inputevents": "starttime",
    "labevents": "charttime",
    "medrecon": "charttime",
    "microbiologyevents": "chartdate",
    "omr": "chartdate",
    "outputevents": "charttime",
    "patients": None,
    "pharmacy": "starttime",
    "poe": "ordertime",
    "poe_detail": None,
    "prescriptions": "starttime",
    "procedureevents": "starttime",
    "procedures_icd": "chartdate",
    "pyxis": "charttime",
    "radiology": "charttime",
    "radiology_detail": None,
    "cxr": "studydatetime",
    "services": "transfertime",
    "transfers": "intime",
    "triage": None,
    "vitalsign": "charttime",
}

Rows = list[dict[str, Any]]
Shown = Callable[..., Rows]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    ingest([COHORT.write(folder / "raw")], folder / "store")
    return folder / "store"


@pytest.fixture(scope="module")
def opened(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Case]:
    """`opened(cutoff)`: the case of a patient under the published rule."""
    folder, cases = tmp_path_factory.mktemp("cases"), dict[tuple[int, str], Case]()

    def case(cutoff: str, patient: int = ANN.subject_id) -> Case:
        if (patient, cutoff) not in cases:
            cases[patient, cutoff] = open_case(
                store, patient, cutoff=cutoff, profile="reference", folder=folder
            )
        return cases[patient, cutoff]

    return case


@pytest.fixture(scope="module")
def shown(opened: Callable[..., Case]) -> Shown:
    """`shown(table, cutoff, column=value)`: the rows of the case that hold these cells."""

    def rows(
        table: str, cutoff: str, patient: int = ANN.subject_id, /, **cells: Any
    ) -> list[dict[str, Any]]:
        found = opened(cutoff, patient).select(f"SELECT * FROM {table} ORDER BY row_id")
        held = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
        return [row for row in held if all(row[name] == cell for name, cell in cells.items())]

    return rows


def assert_shown_after(shown: Shown, moment: str, table: str, **cells: Any) -> None:
    """A row is absent at `moment` and there a second later: the cut is strict."""
    assert not shown(table, moment, **cells)
    assert len(shown(table, f"{moment[:-2]}01", **cells)) == 1


def test_every_table_is_cut_at_its_first_column_named_time_or_date() -> None:
    assert {name: cut_column(table) for name, table in PUBLISHED.items()} == CUTS
    assert set(CUTS) == {name for name, table in TABLES.items() if not table.is_dictionary}


def test_an_admission_shows_how_it_will_end(shown: Shown) -> None:
    assert_shown_after(shown, ADMITTED, "admissions", hadm_id=STAY)
    (row,) = shown("admissions", IN_THE_STAY)
    assert row["dischtime"] == row["deathtime"] == DISCHARGED
    assert (row["discharge_location"], row["hospital_expire_flag"]) == ("DIED", 1)


def test_the_patient_is_shown_whole_with_death_and_raw_age(shown: Shown) -> None:
    (row,) = shown("patients", IN_THE_STAY)
    assert row["dod"] == "2151-01-09"
    assert (row["anchor_age"], row["anchor_year"]) == (61, 2152)


def test_drg_codes_of_stays_to_come_are_there(shown: Shown) -> None:
    assert [row["hadm_id"] for row in shown("drgcodes", IN_THE_STAY)] == [STAY, NEXT_STAY]


def test_triage_of_visits_to_come_is_there(shown: Shown) -> None:
    complaints = [row["chiefcomplaint"] for row in shown("triage", IN_THE_STAY)]
    assert complaints == ["cough", "fall"]


def test_details_of_orders_and_doses_to_come_are_there(shown: Shown) -> None:
    assert shown("poe_detail", IN_THE_STAY, poe_id=LATER_ORDER)
    assert not shown("poe", IN_THE_STAY, poe_id=LATER_ORDER)
    assert shown("emar_detail", IN_THE_STAY, emar_id=DOSE)
    assert not shown("emar", IN_THE_STAY, emar_id=DOSE)


def test_an_ed_stay_shows_its_disposition_and_admission_from_arrival(shown: Shown) -> None:
    (row,) = shown("edstays", "2150-03-01 06:00:01")
    assert (row["disposition"], row["hadm_id"]) == ("ADMITTED", STAY)
    assert row["outtime"] == "2150-03-01 12:00:00"


def test_an_icu_stay_shows_its_length_from_its_beginning(shown: Shown) -> None:
    (row,) = shown("icustays", "2150-03-01 20:00:01")
    assert (row["los"], row["last_careunit"]) == (3.0, "MICU")


def test_a_lab_is_shown_from_the_draw_on_whatever_its_storetime(shown: Shown) -> None:
    assert_shown_after(shown, "2150-03-02 07:50:00", "labevents", labevent_id=FIRST_LAB)
    assert shown("labevents", IN_THE_STAY, labevent_id=FIRST_LAB)[0]["value"] == "1.4"


def test_a_row_at_the_very_cutoff_is_not_shown(shown: Shown) -> None:
    assert_shown_after(shown, IN_THE_STAY, "labevents", value="1.5")


def test_a_row_without_its_moment_vanishes(shown: Shown) -> None:
    assert not shown("labevents", LATE, value="9")
    assert not shown("diagnoses_icd", LATE, icd_code="I10")


@pytest.mark.parametrize("table", ["procedures_icd", "hcpcsevents"])
def test_a_bare_date_counts_and_is_shown_as_the_end_of_its_day(shown: Shown, table: str) -> None:
    assert_shown_after(shown, "2150-03-02 23:59:00", table)
    assert shown(table, LATE)[0]["chartdate"] == "2150-03-02 23:59:00"


def test_a_measurement_of_the_day_is_shown_with_its_hour(shown: Shown) -> None:
    assert shown("omr", IN_THE_STAY)[0]["chartdate"] == f"{LONG_BEFORE} 23:59:00"


def test_a_culture_counts_from_the_midnight_before_it_was_drawn(shown: Shown) -> None:
    assert_shown_after(shown, "2150-03-02 00:00:00", "microbiologyevents")
    (row,) = shown("microbiologyevents", IN_THE_STAY)
    assert row["chartdate"] == "2150-03-02 00:00:00"
    assert row["charttime"] == "2150-03-02 18:00:00"
    assert (row["org_name"], row["interpretation"]) == ("ESCHERICHIA COLI", "R")


def test_diagnosis_codes_have_a_charttime_a_minute_before_discharge(shown: Shown) -> None:
    assert_shown_after(shown, "2150-03-05 15:19:00", "diagnoses_icd", hadm_id=STAY)
    (row,) = shown("diagnoses_icd", DISCHARGED)
    assert row["charttime"] == "2150-03-05 15:19:00"
    assert list(row)[-1] == "charttime"


def test_ed_diagnoses_have_a_charttime_a_minute_before_the_stay_ends(shown: Shown) -> None:
    assert_shown_after(shown, "2150-03-01 11:59:00", "diagnosis")
    assert shown("diagnosis", LATE)[0]["charttime"] == "2150-03-01 11:59:00"


def test_a_summary_is_shown_from_the_midnight_of_the_day_of_discharge(shown: Shown) -> None:
    note_id = f"{ANN.subject_id}-DS-21"
    assert_shown_after(shown, "2150-03-05 00:00:00", "discharge", note_id=note_id)
    assert shown("discharge", "2150-03-05 08:00:00", note_id=note_id)[0]["text"] == SUMMARY


def test_the_head_of_the_first_summary_is_there_from_admission_on(shown: Shown) -> None:
    (row,) = shown("admissions", f"{ADMITTED[:-2]}01")
    assert row["text"] == "Chief Complaint: cough\nMajor Procedure: none\n"
    assert list(row)[-1] == "text"


def test_without_an_exam_the_whole_note_and_without_a_note_an_empty_text(shown: Shown) -> None:
    texts = {row["hadm_id"]: row["text"] for row in shown("admissions", LATE, BOB.subject_id)}
    assert texts == {WITHOUT_NOTE: "", WITHOUT_EXAM: "No exam here"}


def test_pharmacy_is_always_empty(shown: Shown) -> None:
    assert shown("pharmacy", LATE) == []


def test_what_is_to_come_stands_in_infusions_orders_and_prescriptions(shown: Shown) -> None:
    (infusion,) = shown("inputevents", IN_THE_STAY)
    assert (infusion["endtime"], infusion["amount"]) == ("2150-03-02 12:00:00", 600)
    assert shown("poe", IN_THE_STAY)[0]["order_status"] == "Inactive"
    assert shown("prescriptions", IN_THE_STAY)[0]["stoptime"] == "2150-03-09 11:00:00"


def test_ids_are_the_raw_ones_and_rows_are_numbered_by_their_cut(shown: Shown) -> None:
    assert [row["poe_id"] for row in shown("poe", LATE)] == [ORDER, LATER_ORDER]
    labs = shown("labevents", LATE)
    assert [row["row_id"] for row in labs] == [1, 2]
    assert [row["charttime"] for row in labs] == ["2150-03-02 07:50:00", IN_THE_STAY]
    assert labs[0]["labevent_id"] == FIRST_LAB


def test_the_case_is_read_in_time_by_the_column_it_is_cut_by(opened: Callable[..., Case]) -> None:
    case = opened(IN_THE_STAY)
    assert {table: case.event_time(table) for table in case.tables} == CUTS
    assert case.event_time("d_labitems") is None
    assert case.schema("omr").type_of("chartdate") == "time"
    assert case.schema("patients").type_of("dod") == "date"


def test_no_cell_is_hidden_only_rows_are_counted(store: Path) -> None:
    found = hidden(store, ANN.subject_id, cutoff=IN_THE_STAY, profile="reference")
    counted = {each.table: (each.rows, each.known) for each in found}
    assert not any(each.cells for each in found)
    assert counted["admissions"] == (2, 1)
    assert counted["drgcodes"] == (2, 2)
    assert counted["pharmacy"] == (1, 0)
    rules = {each.table: each.rule for each in found}
    assert rules["omr"] == "chartdate at 23:59:00, strictly before the cutoff"


def test_before_a_record_without_whole_tables_the_first_moment_is_named(store: Path) -> None:
    named = f"{LONG_BEFORE} 23:59:01"
    with pytest.raises(CutoffError, match=f"begins at {named}"):
        open_case(store, BOB.subject_id, cutoff="2100-01-01", profile="reference")
    open_case(store, BOB.subject_id, cutoff=named, profile="reference").close()


def test_the_same_key_gives_the_same_bytes(store: Path, tmp_path: Path) -> None:
    first, second = (
        open_case(store, ANN.subject_id, cutoff=LATE, profile="reference", folder=tmp_path / name)
        for name in ("a", "b")
    )
    assert first.path.read_bytes() == second.path.read_bytes()


def test_tools_find_the_added_columns_and_the_moved_dates(opened: Callable[..., Case]) -> None:
    case = opened(LATE)
    text, seen = called(
        case, "get_records_by_keyword", {"table_name": "admissions", "keyword": "major procedure"}
    )
    assert seen.row_ids == (1,)
    assert "Major Procedure: none" in text
    for moment, rows in (("2150-03-02 23:59:00", 1), ("2150-03-02 23:58:59", 0)):
        _, seen = called(
            case, "get_records_by_time", {"table_name": "procedures_icd", "end_time": moment}
        )
        assert len(seen.row_ids) == rows
    _, seen = called(
        case,
        "get_records_by_value",
        {"table_name": "omr", "column_name": "chartdate", "value": f"{LONG_BEFORE} 23:59:00"},
    )
    assert seen.row_ids == (1,)
    text, _ = called(case, "get_latest_records", {"table_name": "diagnoses_icd"})
    assert "at the latest charttime" in text
    text, _ = called(case, "get_latest_records", {"table_name": "labevents"})
    assert "labevent_id" in text


def test_the_descriptions_tell_the_added_columns_and_speak_of_no_mask(
    opened: Callable[..., Case],
) -> None:
    told = {
        table: called(opened(LATE), "get_table_description", {"table_name": table})[0]
        for table in PUBLISHED
    }
    for table, schema in PUBLISHED.items():
        for column in schema.columns:
            assert f"- {column.name} ({column.type}): " in told[table], (table, column)
        assert "[" not in told[table], table
        assert "re-numbered" not in told[table]
    assert "A row enters the record at: chartdate at 23:59:00." in told["omr"]


@pytest.fixture(scope="module")
def demo_case(
    demo_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[int, str], Case]:
    folder = tmp_path_factory.mktemp("published-demo")
    return lambda subject_id, cutoff: open_case(
        demo_store, subject_id, cutoff=cutoff, profile="reference", folder=folder
    )


WIDE_RECORD = 10014354
WHOLE = Limits(rows=100_000, bytes=500_000_000, seconds=60)


def test_on_the_demo_a_table_holds_the_raw_rows_before_the_cutoff_cell_by_cell(
    demo_store: Path, demo_case: Callable[[int, str], Case]
) -> None:
    cutoff = "2148-08-16 12:00:00"
    case = demo_case(WIDE_RECORD, cutoff)
    raw = Store.open(demo_store).read_subject(WIDE_RECORD)
    for table in ("labevents", "emar", "inputevents", "edstays", "transfers", "poe", "icustays"):
        by = CUTS[table]
        assert by is not None
        cut = sorted(
            (row for row in raw[table].to_pylist() if row[by] and str(row[by]) < cutoff),
            key=lambda row: str(row[by]),
        )
        columns = TABLES[table].column_names
        found = case.select(
            f"SELECT {', '.join(columns)} FROM {table} ORDER BY row_id", limits=WHOLE
        )
        assert [_plain(row) for row in found.rows] == [
            _plain(tuple(row[column] for column in columns)) for row in cut
        ]


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(cell if isinstance(cell, int | float | None) else str(cell) for cell in row)


def test_on_the_demo_what_the_rules_hide_the_published_rule_shows(
    demo_store: Path, demo_case: Callable[[int, str], Case]
) -> None:
    cutoff = "2148-08-16 12:00:00"
    ours = {each.table: each for each in hidden(demo_store, WIDE_RECORD, cutoff=cutoff)}
    case = demo_case(WIDE_RECORD, cutoff)
    held = {table: case.select(f"SELECT count(*) FROM {table}").rows[0][0] for table in case.tables}
    assert held["drgcodes"] == ours["drgcodes"].rows == 27
    assert held["triage"] == ours["triage"].rows == 23
    assert held["emar_detail"] == ours["emar_detail"].rows == 8017
    assert held["microbiologyevents"] > ours["microbiologyevents"].known
    (missing,) = case.select("SELECT count(*) FROM admissions WHERE dischtime IS NULL").rows
    assert missing == (0,)
