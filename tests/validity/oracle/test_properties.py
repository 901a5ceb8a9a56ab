"""What holds for every record, also one with missing, crossed and dangling clocks and ids."""

from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from clinseek.toolkits.ehr.tables import TABLES, Column, Table
from clinseek.validity.oracle import (
    AGEING,
    PLANNED,
    Cell,
    Moment,
    OracleProfile,
    RawRecord,
    RawRow,
    Reading,
    read_record,
)
from tests.validity.oracle.worked import HEART_RATE, SUBJECT

_DAYS = tuple(f"2150-03-{day:02}" for day in range(1, 13))
_MOMENTS = tuple(f"{day} {hour}:00:00" for day in _DAYS for hour in ("00", "08", "23"))
_OWN_ID = {
    "admissions": "hadm_id",
    "icustays": "stay_id",
    "edstays": "stay_id",
    "pharmacy": "pharmacy_id",
    "labevents": "labevent_id",
    "microbiologyevents": "microevent_id",
    "poe": "poe_id",
    "emar": "emar_id",
    "discharge": "note_id",
    "radiology": "note_id",
}
"""The id that a table's rows do not share."""

_TEXTS = {
    "field_name": ("Consult Status", "Consult Status Time", "exam_name", "addendum_note_id"),
    "field_value": ("2150-03-04 08:00:00", "1", "2", "CHEST"),
    "note_type": ("RR", "AR"),
}
_PATIENTS_TABLES = [table for table in TABLES.values() if not table.is_dictionary]
_PROFILES = st.sampled_from(get_args(OracleProfile))
_CUTOFFS = st.sampled_from(_MOMENTS)


def _cell(column: Column) -> st.SearchStrategy[Cell]:
    name, type_ = column
    if type_ == "time":
        return st.none() | st.sampled_from(_MOMENTS)
    if type_ == "date":
        return st.none() | st.sampled_from(_DAYS)
    if name == "itemid":
        return st.sampled_from([HEART_RATE, 220645])
    if type_ == "text" and not name.endswith("_id"):
        return st.sampled_from(_TEXTS.get(name, ("a",)))
    if type_ == "text":
        return st.sampled_from([None, "1", "2", "9"])
    return st.sampled_from([None, 1, 2, 9])


@st.composite
def _rows(draw: st.DrawFn, table: Table) -> list[RawRow]:
    count = 1 if table.name == "patients" else draw(st.integers(0, 2))
    rows: list[RawRow] = []
    for place in range(1, count + 1):
        row: RawRow = {column.name: draw(_cell(column)) for column in table.columns}
        row["subject_id"] = SUBJECT
        own = _OWN_ID.get(table.name)
        if own is not None:
            row[own] = str(place) if table.type_of(own) == "text" else place
        rows.append(row)
    return rows


@st.composite
def _records(draw: st.DrawFn) -> RawRecord:
    """Always the patient and stays; of the other tables a few at a time, so that many are met."""
    stays = ("patients", "admissions", "edstays", "icustays", "poe", "pharmacy", "emar")
    others = draw(st.sets(st.sampled_from([t.name for t in _PATIENTS_TABLES]), max_size=6))
    names = dict.fromkeys([*stays, *sorted(others)])
    return {name: draw(_rows(TABLES[name])) for name in names}


def _read(record: RawRecord, profile: OracleProfile) -> Reading:
    return read_record(record, profile, bedside_items=frozenset({HEART_RATE}))


def has_come(moment: Moment, cutoff: str) -> bool:
    return moment is not None and moment <= cutoff


@settings(max_examples=60)
@given(_records(), _PROFILES, _CUTOFFS)
def test_a_row_is_there_from_its_known_moment_on(
    record: RawRecord, profile: OracleProfile, cutoff: str
) -> None:
    reading = _read(record, profile)
    for table, rows in reading.at(cutoff).items():
        moments = reading.known[table]
        due = {place for place, moment in enumerate(moments) if has_come(moment, cutoff)}
        assert {place for place, _ in rows} == due
        assert all(tuple(row) == TABLES[table].column_names for _, row in rows)
        order = [moments[place] or "" for place, _ in rows]
        assert order == sorted(order)


@settings(max_examples=60)
@given(_records(), _PROFILES, _CUTOFFS)
def test_a_cell_is_there_from_its_opening_on_and_never_before_its_row(
    record: RawRecord, profile: OracleProfile, cutoff: str
) -> None:
    reading = _read(record, profile)
    for table, rows in reading.at(cutoff).items():
        for place, row in rows:
            for column, cell in row.items():
                if record[table][place][column] is None or (table, column) in AGEING:
                    continue
                opens = reading.opens(table, place, column)
                assert (cell is not None) == has_come(opens, cutoff)
                assert opens is None or opens >= (reading.known[table][place] or "")


@settings(max_examples=60)
@given(_records(), _PROFILES, _CUTOFFS)
def test_no_moment_after_the_cutoff_is_shown_except_planned_ones(
    record: RawRecord, profile: OracleProfile, cutoff: str
) -> None:
    for table, rows in _read(record, profile).at(cutoff).items():
        for column, type_ in TABLES[table].columns:
            if type_ not in {"time", "date"} or (table, column) in PLANNED:
                continue
            cells = [row[column] for _, row in rows if row[column] is not None]
            assert all(isinstance(cell, str) and cell <= cutoff for cell in cells)


@settings(max_examples=60)
@given(_records(), _PROFILES, _CUTOFFS, _CUTOFFS)
def test_what_is_shown_stays_and_never_changes(
    record: RawRecord, profile: OracleProfile, one: str, other: str
) -> None:
    reading = _read(record, profile)
    before, after = reading.at(min(one, other)), reading.at(max(one, other))
    for table, rows in before.items():
        later = dict(after[table])
        for place, row in rows:
            for column, cell in row.items():
                if cell is not None and (table, column) not in AGEING:
                    assert later[place][column] == cell


def _in_order(record: RawRecord) -> RawRecord:
    """The record with every stay begun, and before it ended."""
    first, last = _MOMENTS[0], _MOMENTS[-1]
    for stay in record["admissions"]:
        stay["admittime"] = stay["admittime"] or first
    for stay in record["edstays"]:
        begun, ended = str(stay["intime"] or first), str(stay["outtime"] or last)
        stay["intime"], stay["outtime"] = min(begun, ended), max(begun, ended)
    return record


@settings(max_examples=120)
@given(_records().map(_in_order), st.sampled_from(["available", "strict"]), _CUTOFFS)
def test_a_record_in_which_nothing_of_the_future_was_written_yet_reads_the_same(
    record: RawRecord, profile: OracleProfile, cutoff: str
) -> None:
    reading = _read(record, profile)
    written_by_then: RawRecord = {
        table: [
            {
                column: cell if has_come(reading.opens(table, place, column), cutoff) else None
                for column, cell in record[table][place].items()
            }
            for place, _ in rows
        ]
        for table, rows in reading.at(cutoff).items()
    }
    again = _read(written_by_then, profile).at(cutoff)
    for table, rows in reading.at(cutoff).items():
        assert [row for _, row in again[table]] == [row for _, row in rows]


@settings(max_examples=60)
@given(_records(), _CUTOFFS)
def test_strict_shows_no_row_that_available_hides(record: RawRecord, cutoff: str) -> None:
    usual = _read(record, "available").at(cutoff)
    for table, rows in _read(record, "strict").at(cutoff).items():
        assert {place for place, _ in rows} <= {place for place, _ in usual[table]}
