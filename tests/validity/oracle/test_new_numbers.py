"""Ids are numbered anew in the order of first knowledge, so that gaps count nothing."""

from tests.validity.oracle.worked import Cells, column, read

EARLY, LATE = "2150-03-02 08:00:00", "2150-03-04 08:00:00"


def test_labs_are_numbered_as_they_become_known_ties_by_the_raw_number() -> None:
    def lab(number: int, stored: str) -> Cells:
        return {"labevent_id": number, "charttime": EARLY, "storetime": stored, "itemid": number}

    reading = read(labevents=[lab(100, LATE), lab(30, EARLY), lab(7, LATE)])
    assert column(reading, "labevents", "itemid", LATE) == [30, 100, 7]
    assert column(reading, "labevents", "labevent_id", LATE) == [1, 3, 2]


def test_orders_of_one_second_are_numbered_by_their_raw_id_as_text() -> None:
    order = {"ordertime": EARLY}
    reading = read(
        poe=[
            order | {"poe_id": "1-9", "order_type": "second"},
            order | {"poe_id": "1-10", "order_type": "first"},
        ]
    )
    found = dict(
        zip(
            column(reading, "poe", "order_type", EARLY),
            column(reading, "poe", "poe_seq", EARLY),
            strict=True,
        )
    )
    assert found == {"first": 1, "second": 2}


def test_a_row_that_is_never_known_takes_no_number() -> None:
    reading = read(labevents=[{"labevent_id": 1}, {"labevent_id": 2, "storetime": EARLY}])
    assert column(reading, "labevents", "labevent_id", LATE) == [1]


def test_notes_count_within_their_type() -> None:
    def note(note_id: str, kind: str, stored: str) -> Cells:
        return {
            "note_id": note_id,
            "note_type": kind,
            "charttime": EARLY,
            "storetime": stored,
        }

    reading = read(
        radiology=[
            note("1-RR-3", "RR", EARLY),
            note("1-AR-4", "AR", LATE),
            note("1-RR-9", "RR", LATE),
        ]
    )
    ids = column(reading, "radiology", "note_id", LATE)
    assert ids == ["10000001-RR-1", "10000001-AR-1", "10000001-RR-2"]
    assert column(reading, "radiology", "note_seq", LATE) == [1, 1, 2]


def test_tests_of_one_specimen_rank_as_they_become_known() -> None:
    def culture(number: int, seq: int, stored: str) -> Cells:
        return {
            "microevent_id": number,
            "micro_specimen_id": 50,
            "test_seq": seq,
            "chartdate": "2150-03-01",
            "storetime": stored,
        }

    reading = read(microbiologyevents=[culture(1, 3, LATE), culture(2, 5, EARLY)])
    assert column(reading, "microbiologyevents", "test_seq", EARLY) == [1]
    assert column(reading, "microbiologyevents", "test_seq", LATE) == [1, 2]
