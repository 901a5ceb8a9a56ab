"""The clocks of the raw record that a rule has to guess at or to believe."""

from collections.abc import Sequence

from clinseek.validity.oracle import read_record
from clinseek.validity.page.raw_clocks import RawClocks, raw_clocks
from tests.validity.oracle.worked import STAY, Cells, row

UNIT = "Medical Intensive Care Unit (MICU)"


def clocks(**tables: Sequence[Cells]) -> RawClocks:
    """The clocks of a record with these rows beside the admission `STAY`."""
    rows = {"admissions": [STAY], **tables}
    record = {name: [row(name, **cells) for cells in each] for name, each in rows.items()}
    reading = read_record(record, "available", bedside_items=frozenset())
    return raw_clocks(record, reading, icu_units={UNIT})


def test_storetimes_that_are_missing_too_early_or_weeks_late_are_counted_apart() -> None:
    drawn = "2150-03-02 08:00:00"
    found = clocks(
        labevents=[
            {"charttime": drawn, "storetime": None},
            {"charttime": drawn, "storetime": "2150-03-02 07:59:00"},
            {"charttime": drawn, "storetime": "2150-03-02 09:00:00"},
            {"charttime": drawn, "storetime": "2150-03-20 09:00:00"},
        ]
    )
    assert found.storable["labevents"] == 4
    assert found.unstored["labevents"] == 1
    assert found.stored_before["labevents"] == 1
    assert found.stored_weeks_after["labevents"] == 1
    assert found.never_stored == []


def test_a_table_without_any_storetime_is_named() -> None:
    found = clocks(chartevents=[{"charttime": "2150-03-02 08:00:00", "itemid": 220045}])
    assert found.never_stored == ["chartevents"]


def test_a_procedure_of_hours_that_was_stored_at_its_end_is_counted() -> None:
    lasting = {"starttime": "2150-03-02 08:00:00", "endtime": "2150-03-02 20:00:00"}
    found = clocks(
        procedureevents=[
            {**lasting, "storetime": "2150-03-02 20:00:00"},
            {**lasting, "storetime": "2150-03-02 08:05:00"},
            {**lasting, "endtime": "2150-03-02 08:01:00", "storetime": "2150-03-02 08:05:00"},
        ]
    )
    assert found.lasting["procedureevents"] == 2
    assert found.stored_at_end["procedureevents"] == 1


def test_a_prescription_that_began_before_its_order_is_told_apart_by_entry_and_dose() -> None:
    order = {"poe_id": "1-1", "ordertime": "2150-03-03 08:00:00"}
    begun = {"poe_id": "1-1", "starttime": "2150-03-02 08:00:00"}
    entry = {"pharmacy_id": 7, "entertime": "2150-03-02 07:00:00"}
    given = {
        "pharmacy_id": 7,
        "charttime": "2150-03-02 09:00:00",
        "storetime": "2150-03-02 09:01:00",
        "event_txt": "Administered",
    }
    found = clocks(
        poe=[order],
        pharmacy=[entry],
        emar=[given],
        prescriptions=[
            {**begun, "pharmacy_id": 7},
            {**begun, "pharmacy_id": 8},
            {**begun, "starttime": "2150-03-03 09:00:00"},
        ],
    )
    assert found.prescriptions == {
        "ordered": 3,
        "begun first": 2,
        "entered first": 1,
        "given first": 1,
    }


def test_a_start_ahead_of_its_order_is_a_plan_that_is_shown() -> None:
    order = {"poe_id": "1-1", "ordertime": "2150-03-02 08:00:00"}
    drug = {"poe_id": "1-1", "starttime": "2150-03-03 08:00:00"}
    found = clocks(poe=[order], prescriptions=[drug])
    assert found.ahead["prescriptions", "starttime"] == 1


def test_an_icu_stay_with_a_ward_in_between_is_a_bridge() -> None:
    stay = {
        "stay_id": 3,
        "intime": "2150-03-02 06:00:00",
        "outtime": "2150-03-04 06:00:00",
        "first_careunit": UNIT,
    }
    ward = {"transfer_id": 1, "intime": "2150-03-03 06:00:00", "careunit": "Medicine"}
    after = {"transfer_id": 2, "intime": "2150-03-04 06:00:00", "careunit": "Medicine"}
    unit = {"transfer_id": 3, "intime": "2150-03-02 06:00:00", "careunit": UNIT}
    assert clocks(icustays=[stay], transfers=[unit, after]).icu == {"stays": 1, "bridging": 0}
    assert clocks(icustays=[stay], transfers=[unit, ward]).icu == {"stays": 1, "bridging": 1}


def test_a_consult_status_without_a_time_is_never_known() -> None:
    order = {"poe_id": "1-1", "ordertime": "2150-03-02 08:00:00"}
    status = {"poe_id": "1-1", "field_name": "Consult Status", "field_value": "Completed"}
    assert clocks(poe=[order], poe_detail=[status]).consults == {"rows": 1, "never": 1}
