"""What the published rule shows too early, by hand and against the cases of both profiles."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from clinseek.toolkits.ehr.case import open_case
from clinseek.toolkits.ehr.store import Store
from clinseek.validity.audit.dictionaries import bedside_items
from clinseek.validity.audit.prediction_times import routine_times
from clinseek.validity.oracle import published_shown_from, read_record, stored_record
from clinseek.validity.page.early import TEXT_OF_ADMISSIONS, Early, early_by_table
from tests.validity.oracle.worked import STAY, Cells, row

ADMITTED, DISCHARGED = "2150-03-01 06:00:00", "2150-03-05 15:20:00"


def early(**tables: Sequence[Cells]) -> dict[str, Early]:
    """The figures of a record with these rows beside the admission `STAY`."""
    rows = {"admissions": [STAY], **tables}
    record = {name: [row(name, **cells) for cells in each] for name, each in rows.items()}
    return early_by_table(record, read_record(record, "available", bedside_items=frozenset()))


def test_a_lab_drawn_at_0750_and_stored_at_0910_is_80_minutes_early() -> None:
    lab = {"charttime": "2150-03-02 07:50:00", "storetime": "2150-03-02 09:10:00", "value": "4.1"}
    labs = early(labevents=[lab])["labevents"]
    assert (labs.rows.total, labs.rows.early, labs.rows.never) == (1, 1, 0)
    assert labs.rows.by == {timedelta(minutes=80): 1}


def test_the_cells_of_a_late_row_are_counted_with_the_row_and_not_again() -> None:
    lab = {"charttime": "2150-03-02 07:50:00", "storetime": "2150-03-02 09:10:00", "value": "4.1"}
    labs = early(labevents=[lab])["labevents"]
    assert (labs.cells.total, labs.cells.early) == (4, 0)


def test_what_only_the_discharge_decides_is_early_by_the_whole_stay() -> None:
    admissions = early()["admissions"]
    assert admissions.rows.early == 0
    assert set(admissions.columns) == {"dischtime", "discharge_location", "hospital_expire_flag"}
    assert admissions.cells.by == {timedelta(days=4, hours=9, minutes=20): 3}


def test_the_id_of_an_admission_to_come_is_an_early_cell_of_a_lab() -> None:
    lab = {"charttime": "2150-03-01 04:00:00", "storetime": "2150-03-01 05:00:00", "hadm_id": 2}
    labs = early(labevents=[lab])["labevents"]
    assert labs.columns == {"hadm_id": 1}
    assert labs.cells.by == {timedelta(hours=2): 1}


def test_a_status_at_extraction_is_early_and_never_known() -> None:
    order = {"ordertime": "2150-03-02 07:50:00", "poe_id": "1-1", "order_status": "Inactive"}
    orders = early(poe=[order])["poe"]
    assert orders.rows.early == 0
    assert (orders.columns, orders.cells.never, orders.cells.by) == ({"order_status": 1}, 1, {})


def test_a_billing_code_of_radiology_is_early_and_never_known() -> None:
    note = {
        "note_id": "1-RR-1",
        "note_type": "RR",
        "charttime": "2150-03-02 07:50:00",
        "storetime": "2150-03-02 09:10:00",
    }
    detail = {"note_id": "1-RR-1", "field_name": "cpt_code", "field_value": "71045"}
    details = early(radiology=[note], radiology_detail=[detail])["radiology_detail"]
    assert (details.rows.early, details.rows.never, details.rows.by) == (1, 1, {})
    assert details.cells.early == 0


def test_a_table_shown_whole_is_counted_from_the_first_arrival_on() -> None:
    earlier_visit = {"stay_id": 5, "intime": "2150-02-28 06:00:00"}
    drg = {"hadm_id": 2, "drg_code": "871"}
    codes = early(edstays=[earlier_visit], drgcodes=[drg])["drgcodes"]
    assert codes.rows.by == {timedelta(days=5, hours=9, minutes=20): 1}
    assert codes.withheld == 0


def test_a_row_known_before_the_first_arrival_is_neither_early_nor_withheld() -> None:
    order = {"ordertime": "2150-02-28 07:50:00", "poe_id": "1-1"}
    detail = {"poe_id": "1-1", "field_name": "Admit to", "field_value": "Medicine"}
    details = early(poe=[order], poe_detail=[detail])["poe_detail"]
    assert (details.rows.total, details.rows.early, details.withheld) == (1, 0, 0)


def test_a_prescription_that_starts_tomorrow_is_withheld_by_the_published_rule() -> None:
    order = {"ordertime": "2150-03-02 07:50:00", "poe_id": "1-1"}
    drug = {"poe_id": "1-1", "starttime": "2150-03-03 08:00:00", "drug": "Heparin"}
    prescriptions = early(poe=[order], prescriptions=[drug])["prescriptions"]
    assert (prescriptions.rows.early, prescriptions.withheld) == (0, 1)


def test_pharmacy_leaks_nothing_for_it_is_always_emptied() -> None:
    entry = {"entertime": "2150-03-02 07:50:00", "status": "Discontinued", "pharmacy_id": 7}
    pharmacy = early(pharmacy=[entry])["pharmacy"]
    assert (pharmacy.rows.early, pharmacy.cells.early, pharmacy.withheld) == (0, 0, 1)


def test_the_text_of_an_admission_is_early_from_admission_to_the_stored_summary() -> None:
    summary = {
        "note_id": "1-DS-1",
        "note_type": "DS",
        "hadm_id": 2,
        "charttime": "2150-03-05 00:00:00",
        "storetime": "2150-03-06 06:00:00",
        "text": "…",
    }
    addendum = {**summary, "note_id": "1-AD-2", "note_type": "AD"}
    found = early(discharge=[addendum, summary])
    assert found["discharge"].rows.by == {timedelta(days=1, hours=6): 2}
    texts = found[TEXT_OF_ADMISSIONS]
    assert (texts.rows.total, texts.rows.by) == (1, {timedelta(days=5): 1})


def test_the_moments_that_are_compared_are_those_of_the_cases_of_both_profiles(
    cohort: Path, tmp_path: Path
) -> None:
    store = Store.open(cohort)
    compared = 0
    for subject_id in store.subjects()[:3]:
        record = stored_record(store, subject_id)
        reading = read_record(record, "available", bedside_items=bedside_items(store))
        for time in routine_times(record)[::9]:
            for profile in ("available", "reference"):
                case = open_case(
                    store, subject_id, cutoff=time.cutoff, profile=profile, folder=tmp_path
                )
                for table in case.tables:
                    shown = case.select(f"SELECT count(*) FROM {table}").rows[0][0]
                    if profile == "available":
                        there = [m for m in reading.known[table] if m is not None]
                        expected = sum(moment <= time.cutoff for moment in there)
                    else:
                        moments = [published_shown_from(table, r, record) for r in record[table]]
                        expected = sum(m is not None and m < time.cutoff for m in moments)
                    assert shown == expected, (subject_id, time, profile, table)
                    compared += 1
                case.close()
    assert compared > 100
