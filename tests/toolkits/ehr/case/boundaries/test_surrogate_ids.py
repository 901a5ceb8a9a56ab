"""Keys whose raw numbers count what is hidden are the case's own, and still join."""

from __future__ import annotations

import pytest

from .invariants import JOINS, NUMBERED, assert_grows, assert_numbered_without_gaps, joined
from .raw_record import Cohort
from .reading import PROFILES, ProfileName, Reader

COHORT = Cohort()
PATIENT = COHORT.patient()
LATE = "2151-01-01 00:00:00"


def at_hour(hour: int) -> str:
    """A moment of 5 March."""
    return f"2150-03-05 {hour:02d}:00:00"


_ORDERS = {
    hour: PATIENT.order(
        at_hour(hour), poe_id=f"{PATIENT.subject_id}-{raw}", order_type=f"at {hour}"
    )
    for hour, raw in ((4, 900), (6, 12), (8, 345), (10, 67), (12, 8), (14, 1100))
}
PATIENT.order(
    at_hour(16),
    poe_id=f"{PATIENT.subject_id}-2",
    order_type="at 16",
    transaction_type="D/C",
    discontinue_of_poe_id=_ORDERS[6],
)
for _table, _row in PATIENT.rows:
    if _table == "poe" and _row["poe_id"] == _ORDERS[6]:
        _row["discontinued_by_poe_id"] = f"{PATIENT.subject_id}-2"
for _number, (_hour, _order) in enumerate(_ORDERS.items()):
    PATIENT.add("poe_detail", poe_id=_order, field_name="Admit to", field_value=f"unit {_hour}")
    PATIENT.add(
        "pharmacy",
        pharmacy_id=90_000 - 13 * _number,
        poe_id=_order,
        entertime=at_hour(_hour + 1),
        medication=f"drug {_hour}",
    )
    PATIENT.add(
        "prescriptions",
        poe_id=_order,
        pharmacy_id=90_000 - 13 * _number,
        starttime=at_hour(_hour + 3),
        drug=f"drug {_hour}",
    )
    _given = PATIENT.add(
        "emar",
        emar_id=f"{PATIENT.subject_id}-{(7, 3, 800, 15, 1, 44)[_number]}",
        poe_id=_order,
        pharmacy_id=90_000 - 13 * _number,
        charttime=at_hour(_hour + 2),
        storetime=at_hour(_hour + 3),
        medication=f"drug {_hour}",
    )
    PATIENT.add("emar_detail", emar_id=_given["emar_id"], dose_given=f"{_hour} mg")
    PATIENT.add(
        "labevents",
        labevent_id=(50, 7, 4_000, 8, 12, 3)[_number],
        itemid=50912,
        charttime=at_hour(_hour),
        storetime=at_hour(_hour + 5),
        valuenum=_hour,
    )
    PATIENT.add(
        "microbiologyevents",
        microevent_id=(9, 70, 2, 3_000, 6, 1)[_number],
        chartdate="2150-03-05",
        charttime=at_hour(_hour),
        storetime=at_hour(_hour + 6),
        storedate="2150-03-05",
        test_name=f"culture {_hour}",
    )
    PATIENT.add(
        "radiology",
        note_id=f"{PATIENT.subject_id}-RR-{(70, 12, 33, 900, 2, 15)[_number]}",
        charttime=at_hour(_hour),
        storetime=at_hour(_hour + 4),
        text=f"report {_hour}",
    )

CONTENT = {
    "labevents": "valuenum",
    "microbiologyevents": "test_name",
    "poe": "order_type",
    "emar": "medication",
    "radiology": "text",
}
"""The column by which a row of each table is known again."""

EVERY_HOUR = [at_hour(hour) for hour in range(4, 24)]


@pytest.mark.parametrize("profile", PROFILES)
def test_surrogate_ids_run_without_gaps_at_every_hour(at: Reader, profile: ProfileName) -> None:
    for moment in EVERY_HOUR:
        assert_numbered_without_gaps(at(PATIENT, moment, profile))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("table", list(CONTENT))
def test_a_surrogate_id_never_changes_as_the_cutoff_moves(
    at: Reader, table: str, profile: ProfileName
) -> None:
    given: dict[object, object] = {}
    for moment in EVERY_HOUR:
        for row in at(PATIENT, moment, profile).table(table):
            first = given.setdefault(row[CONTENT[table]], row[NUMBERED[table]])
            assert row[NUMBERED[table]] == first, moment
    assert len(given) >= 5


@pytest.mark.parametrize("table", list(CONTENT))
def test_surrogate_ids_run_in_the_order_in_which_the_rows_became_known(
    at: Reader, table: str
) -> None:
    """The raw numbers of these rows run in another order, so that a copy of them is seen."""
    arrival: list[object] = []
    for moment in [*EVERY_HOUR, LATE]:
        for row in at(PATIENT, moment).table(table):
            if row[CONTENT[table]] not in arrival:
                arrival.append(row[CONTENT[table]])
    numbered = sorted(at(PATIENT, LATE).table(table), key=lambda row: row[NUMBERED[table]])
    assert [row[CONTENT[table]] for row in numbered] == arrival


@pytest.mark.parametrize("profile", PROFILES)
def test_rows_and_cells_once_told_stay_as_they_are_from_hour_to_hour(
    at: Reader, profile: ProfileName
) -> None:
    views = [at(PATIENT, moment, profile) for moment in EVERY_HOUR]
    for number, earlier in enumerate(views):
        for later in views[number + 1 :: 5]:
            assert_grows(earlier, later)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_keys_of_a_case_join_as_the_raw_keys_do(at: Reader, profile: ProfileName) -> None:
    view = at(PATIENT, LATE, profile)
    pairs = {name: joined(view, name) for name in JOINS}
    hours = sorted(_ORDERS)
    orders = [(f"drug {hour}", at_hour(hour), f"at {hour}") for hour in hours]
    for name in ("prescriptions of orders", "prescriptions of orders by number"):
        assert [(drug, order, kind) for drug, _, order, kind in pairs[name]] == sorted(orders)
    for name in ("pharmacy entries of orders", "administrations of orders"):
        assert [(drug, order, kind) for drug, _, order, kind in pairs[name]] == sorted(orders)
    assert pairs["details of orders"] == sorted(
        ("Admit to", at_hour(hour), f"at {hour}") for hour in hours
    )
    assert [(dose, drug) for dose, _, drug, _ in pairs["details of administrations"]] == sorted(
        (f"{hour} mg", f"drug {hour}") for hour in hours
    )
    assert [(drug, entry) for drug, _, entry, _ in pairs["prescriptions of pharmacy entries"]] == (
        sorted((f"drug {hour}", f"drug {hour}") for hour in hours)
    )
    assert pairs["orders that were stopped"] == [(at_hour(6), "at 6", at_hour(16), "D/C")]
    assert [pair[:3] for pair in pairs["orders that stop"]] == [
        (at_hour(16), "at 16", at_hour(6)),
    ]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_surrogate_id_names_the_patient_and_the_number(at: Reader, profile: ProfileName) -> None:
    view = at(PATIENT, LATE, profile)
    for table in ("poe", "emar"):
        for row in view.table(table):
            made = f"{PATIENT.subject_id}-{row[f'{table}_seq']}"
            assert row[f"{table}_id"] == made
    for row in view.table("radiology"):
        assert row["note_id"] == f"{PATIENT.subject_id}-RR-{row['note_seq']}"
