"""What `available` keeps back, by hand and by a plain count."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from clinseek.validity.oracle import RawRecord, Reading, read_record
from clinseek.validity.page.waiting import FRESH, Waiting, arrival_times, waiting_rows
from tests.validity.oracle.worked import STAY, Cells, row

ADMITTED = datetime.fromisoformat("2150-03-01 06:00:00")


def record_of(**tables: Sequence[Cells]) -> RawRecord:
    """A record with these rows beside the admission `STAY`."""
    rows = {"admissions": [STAY], **tables}
    return {name: [row(name, **cells) for cells in each] for name, each in rows.items()}


def readings(record: RawRecord) -> tuple[Reading, Reading]:
    """The record as `available` and as `event` read it."""
    return (
        read_record(record, "available", bedside_items=frozenset()),
        read_record(record, "event", bedside_items=frozenset()),
    )


def waiting(**tables: Sequence[Cells]) -> Waiting:
    """What waits of that record."""
    record = record_of(**tables)
    return waiting_rows(record, *readings(record))


def test_a_lab_drawn_and_not_stored_at_a_prediction_time_waits_there_and_nowhere_else() -> None:
    lab = {"charttime": "2150-03-01 06:30:00", "storetime": "2150-03-01 07:30:00"}
    found = waiting(labevents=[lab])
    by_time = {
        name: (each.happened, each.waiting, each.fresh, each.fresh_waiting)
        for name, each in found.by_time.items()
    }
    # The admission's own row has happened too, and is known.
    assert by_time == {
        "admission + 1 h": (2, 1, 2, 1),
        "admission + 6 h": (2, 0, 2, 0),
        "admission + 24 h": (2, 0, 1, 0),
        "admission + 48 h": (2, 0, 0, 0),
    }
    assert found.delays["labevents"] == {timedelta(hours=1): 1}


def test_a_row_that_is_never_known_waits_at_each_later_time_and_has_no_delay() -> None:
    note = {"note_id": "1-RR-1", "note_type": "RR", "charttime": "2150-03-01 06:30:00"}
    detail = {"note_id": "1-RR-1", "field_name": "cpt_code", "field_value": "71045"}
    found = waiting(radiology=[note], radiology_detail=[detail])
    assert found.never["radiology_detail"] == 0, "a billing code never happens either"
    assert found.by_table["radiology_detail"].happened == 0
    assert found.delays["radiology"] == {timedelta(hours=24): 1}


def test_an_order_for_tomorrow_has_not_happened_and_so_cannot_wait() -> None:
    order = {"ordertime": "2150-03-01 06:10:00", "poe_id": "1-1"}
    drug = {"poe_id": "1-1", "starttime": "2150-03-02 12:00:00", "drug": "Heparin"}
    found = waiting(poe=[order], prescriptions=[drug])
    assert found.by_table["prescriptions"].happened == 1, "only 48 hours after admission"
    assert found.by_table["prescriptions"].waiting == 0


def test_prediction_times_look_at_arrivals_alone() -> None:
    alive = record_of(icustays=[{"stay_id": 3, "intime": "2150-03-02 06:00:00"}])
    dead = {**STAY, "deathtime": "2150-03-02 07:00:00", "dischtime": "2150-03-02 07:00:00"}
    short = alive | {"admissions": [row("admissions", **dead)]}
    assert [time.drawn_as for time in arrival_times(alive)] == [
        "admission + 1 h",
        "admission + 6 h",
        "admission + 24 h",
        "ICU arrival + 24 h",
        "admission + 48 h",
    ]
    assert arrival_times(short) == arrival_times(alive)


MINUTES = st.integers(min_value=-3000, max_value=6000)


@given(st.lists(st.tuples(MINUTES, st.none() | MINUTES), max_size=12))
def test_the_counts_are_those_of_a_plain_look_at_every_row(
    clocks: list[tuple[int, int | None]],
) -> None:
    labs = [{"charttime": moment(drawn), "storetime": moment(stored)} for drawn, stored in clocks]
    record = record_of(labevents=labs)
    available, event = readings(record)
    counted = waiting_rows(record, available, event).by_table["labevents"]
    happened = waits = fresh = fresh_waits = 0
    for time in arrival_times(record):
        begins = str(datetime.fromisoformat(time.cutoff) - FRESH)
        for drawn, known in zip(
            event.known["labevents"], available.known["labevents"], strict=True
        ):
            assert drawn is not None
            there = drawn <= time.cutoff
            late = there and (known is None or known > time.cutoff)
            happened, waits = happened + there, waits + late
            recent = drawn > begins
            fresh, fresh_waits = fresh + (there and recent), fresh_waits + (late and recent)
    assert (counted.happened, counted.waiting) == (happened, waits)
    assert (counted.fresh, counted.fresh_waiting) == (fresh, fresh_waits)


def moment(minutes: int | None) -> str | None:
    """Minutes after admission as a moment."""
    return None if minutes is None else str(ADMITTED + timedelta(minutes=minutes))
