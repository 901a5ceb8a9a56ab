"""Orders, dispensing and administrations: worked cases of the specification."""

from tests.validity.oracle.worked import STAY, Cells, column, read, shown

EARLY, LATE = "2150-03-02 08:00:00", "2150-03-04 08:00:00"


def test_an_order_does_not_name_the_order_that_will_end_it() -> None:
    reading = read(
        poe=[
            {"poe_id": "1-9", "poe_seq": 9, "ordertime": EARLY, "discontinued_by_poe_id": "1-40"},
            {"poe_id": "1-40", "poe_seq": 40, "ordertime": LATE, "discontinue_of_poe_id": "1-9"},
        ]
    )
    assert column(reading, "poe", "discontinued_by_poe_id", "2150-03-03 00:00:00") == [None]
    ids = ["10000001-1", "10000001-2"]
    assert column(reading, "poe", "poe_id", LATE) == ids
    assert column(reading, "poe", "discontinued_by_poe_id", LATE) == [ids[1], None]
    assert column(reading, "poe", "discontinue_of_poe_id", LATE) == [None, ids[0]]


def test_an_order_that_is_not_in_the_record_is_never_named() -> None:
    order = {"poe_id": "1-9", "ordertime": EARLY, "discontinued_by_poe_id": "1-77"}
    assert read(poe=[order]).opens("poe", 0, "discontinued_by_poe_id") is None


def test_what_became_of_an_order_at_extraction_is_never_shown() -> None:
    reading = read(
        poe=[{"poe_id": "1-9", "ordertime": EARLY, "order_status": "Inactive"}],
        pharmacy=[{"pharmacy_id": 3, "entertime": EARLY, "status": "Discontinued via patient"}],
    )
    assert column(reading, "poe", "order_status", "2999-01-01 00:00:00") == [None]
    assert column(reading, "pharmacy", "status", "2999-01-01 00:00:00") == [None]


def test_how_a_consult_was_answered_waits_for_the_answer() -> None:
    order = {"poe_id": "1-9", "ordertime": EARLY}

    def detail(name: str, value: str, poe_id: str = "1-9") -> Cells:
        return {"poe_id": poe_id, "field_name": name, "field_value": value}

    reading = read(
        poe=[order, order | {"poe_id": "1-10"}],
        poe_detail=[
            detail("Level of Urgency", "Routine"),
            detail("Consult Status", "Accepted"),
            detail("Consult Status Time", LATE),
            detail("Consult Status", "Accepted", "1-10"),
            detail("Level of Urgency", "Routine", "1-11"),
        ],
    )
    assert reading.known["poe_detail"] == [EARLY, LATE, LATE, None, None]


def test_a_consult_answered_on_a_bare_date_counts_from_the_end_of_that_day() -> None:
    detail = {"poe_id": "1-9", "field_name": "Consult Status Time", "field_value": "2150-03-04"}
    reading = read(poe=[{"poe_id": "1-9", "ordertime": EARLY}], poe_detail=[detail])
    assert reading.known["poe_detail"] == ["2150-03-04 23:59:59"]


def test_a_prescription_is_known_when_ordered_else_entered_else_begun() -> None:
    start = "2150-03-06 08:00:00"
    tables: dict[str, list[Cells]] = {
        "poe": [{"poe_id": "1-9", "ordertime": EARLY}],
        "pharmacy": [{"pharmacy_id": 3, "entertime": LATE}],
        "prescriptions": [
            {"poe_id": "1-9", "pharmacy_id": 3, "starttime": start},
            {"poe_id": "1-8", "pharmacy_id": 3, "starttime": start},
            {"poe_id": None, "pharmacy_id": 4, "starttime": start},
        ],
    }
    assert read(**tables).known["prescriptions"] == [EARLY, LATE, start]
    assert read("event", **tables).known["prescriptions"] == [start, start, start]


def test_a_planned_start_is_shown_and_a_later_stop_is_not() -> None:
    start, stop = "2150-03-06 08:00:00", "2150-03-09 08:00:00"
    reading = read(
        poe=[{"poe_id": "1-9", "ordertime": EARLY}],
        prescriptions=[{"poe_id": "1-9", "starttime": start, "stoptime": stop}],
    )
    (ordered,) = shown(reading, "prescriptions", EARLY)
    assert (ordered["starttime"], ordered["stoptime"]) == (start, None)


def test_the_pharmacy_entry_is_named_only_once_it_is_entered() -> None:
    reading = read(
        poe=[{"poe_id": "1-9", "ordertime": EARLY}],
        pharmacy=[{"pharmacy_id": 3, "poe_id": "1-9", "entertime": LATE}],
        prescriptions=[{"poe_id": "1-9", "pharmacy_id": 3}],
    )
    assert column(reading, "prescriptions", "pharmacy_id", "2150-03-03 00:00:00") == [None]
    assert column(reading, "prescriptions", "pharmacy_id", LATE) == [3]


def test_what_is_dispensed_waits_for_verification_and_never_comes_without() -> None:
    entry = {
        "pharmacy_id": 3,
        "entertime": EARLY,
        "verifiedtime": LATE,
        "dispensation": "Omnicell",
        "expirationdate": "2151-03-02 23:59:59",
    }
    reading = read(pharmacy=[entry, entry | {"verifiedtime": None}])
    for name in ("dispensation", "expirationdate"):
        assert reading.opens("pharmacy", 0, name) == LATE
        assert reading.opens("pharmacy", 1, name) is None
    assert reading.known["pharmacy"] == [EARLY, EARLY]


def test_a_dose_due_later_is_shown_and_its_detail_comes_with_it() -> None:
    dose = {"emar_id": "1-5", "emar_seq": 5, "charttime": EARLY, "storetime": EARLY, "hadm_id": 2}
    dose |= {"scheduletime": LATE}
    details = [{"emar_id": "1-5", "emar_seq": 5}, {"emar_id": "1-6", "emar_seq": 6}]
    reading = read(admissions=[STAY], emar=[dose], emar_detail=details)
    assert column(reading, "emar", "scheduletime", EARLY) == [LATE]
    assert reading.known["emar_detail"] == [EARLY, None]
    (detail,) = shown(reading, "emar_detail", EARLY)
    assert (detail["emar_id"], detail["emar_seq"]) == ("10000001-1", 1)
