"""Laboratory, cultures, charts and infusions: worked cases of the specification."""

import pytest

from clinseek.validity.oracle import OracleProfile
from tests.validity.oracle.worked import HEART_RATE, STAY, column, known, read, shown

DRAWN = "2150-03-05 07:50:00"


def test_a_lab_drawn_before_the_cutoff_and_stored_after_it_is_hidden() -> None:
    lab = {"labevent_id": 7, "charttime": DRAWN, "storetime": "2150-03-05 09:10:00"}
    assert shown(read(labevents=[lab]), "labevents", "2150-03-05 08:00:00") == []
    (early,) = shown(read("event", labevents=[lab]), "labevents", "2150-03-05 08:00:00")
    assert (early["charttime"], early["storetime"]) == (DRAWN, None)


def test_the_cutoff_is_inclusive() -> None:
    lab = {"labevent_id": 7, "charttime": DRAWN, "storetime": "2150-03-05 09:10:00"}
    reading = read(labevents=[lab])
    assert shown(reading, "labevents", "2150-03-05 09:09:59") == []
    assert len(shown(reading, "labevents", "2150-03-05 09:10:00")) == 1


@pytest.mark.parametrize(
    ("profile", "hadm_id", "moment"),
    [
        ("available", 2, "2150-03-05 07:50:00"),
        ("strict", 2, "2150-03-05 15:20:00"),
        ("strict", None, None),
        ("event", None, "2150-03-04 07:50:00"),
    ],
)
def test_a_lab_without_storetime_waits_a_day_or_under_strict_for_discharge(
    profile: OracleProfile, hadm_id: int | None, moment: str | None
) -> None:
    lab = {"charttime": "2150-03-04 07:50:00", "hadm_id": hadm_id}
    assert known("labevents", profile, **lab) == moment


def test_under_strict_a_lab_without_storetime_drawn_at_discharge_waits_its_day_too() -> None:
    assert known("labevents", "strict", charttime=DRAWN, hadm_id=2) == "2150-03-06 07:50:00"


def test_a_lab_without_any_clock_is_never_known() -> None:
    assert known("labevents", "available") is None
    assert known("labevents", "event") is None


def test_an_ed_lab_does_not_name_the_admission_to_come() -> None:
    lab = {"charttime": "2150-03-01 02:00:00", "storetime": "2150-03-01 03:00:00", "hadm_id": 2}
    reading = read(admissions=[STAY], labevents=[lab])
    assert column(reading, "labevents", "hadm_id", "2150-03-01 03:00:00") == [None]
    assert column(reading, "labevents", "hadm_id", "2150-03-01 06:00:00") == [2]


@pytest.mark.parametrize(
    ("cells", "moment"),
    [
        ({"charttime": "2150-03-01 08:00:00", "storetime": "2150-03-04 10:00:00"}, "04 10:00:00"),
        ({"charttime": "2150-03-01 08:00:00", "storedate": "2150-03-04"}, "05 00:00:00"),
        ({"storetime": "2150-03-01 10:00:00"}, "02 00:00:00"),
        ({"charttime": "2150-03-01 08:00:00"}, "08 00:00:00"),
    ],
)
def test_a_culture_is_known_at_its_last_update_and_dates_count_from_their_end(
    cells: dict[str, str], moment: str
) -> None:
    found = known("microbiologyevents", chartdate="2150-03-01", **cells)
    assert found == f"2150-03-{moment}"


def test_under_event_a_culture_counts_from_its_drawing() -> None:
    culture = {"chartdate": "2150-03-01", "storetime": "2150-03-04 10:00:00"}
    assert known("microbiologyevents", "event", **culture) == "2150-03-02 00:00:00"


def test_a_chart_without_storetime_is_known_at_once_only_for_bedside_items() -> None:
    assert known("chartevents", itemid=HEART_RATE, charttime=DRAWN) == DRAWN
    assert known("chartevents", itemid=220645, charttime=DRAWN) == "2150-03-06 07:50:00"
    assert known("chartevents", "event", itemid=220645, charttime=DRAWN) == DRAWN


@pytest.mark.parametrize("table", ["chartevents", "datetimeevents", "outputevents", "emar"])
def test_of_two_clocks_the_later_counts(table: str) -> None:
    early, late = "2150-03-05 07:00:00", "2150-03-05 09:00:00"
    assert known(table, charttime=early, storetime=late) == late
    assert known(table, charttime=late, storetime=early) == late
    assert known(table, "event", charttime=early, storetime=late) == early


def test_a_date_that_staff_noted_may_lie_ahead_but_not_under_strict() -> None:
    noted = {"charttime": DRAWN, "storetime": DRAWN, "value": "2150-03-09 00:00:00"}
    usual, strict = read(datetimeevents=[noted]), read("strict", datetimeevents=[noted])
    assert column(usual, "datetimeevents", "value", DRAWN) == ["2150-03-09 00:00:00"]
    assert column(strict, "datetimeevents", "value", DRAWN) == [None]
    assert column(strict, "datetimeevents", "value", "2150-03-09 00:00:00") != [None]


def test_a_measurement_of_the_office_is_known_when_its_day_is_over() -> None:
    assert known("omr", chartdate="2150-03-05") == "2150-03-06 00:00:00"


def test_an_icu_chart_does_not_name_the_icu_stay_before_it_began() -> None:
    stay = {"stay_id": 6, "intime": "2150-03-05 10:00:00"}
    chart = {"stay_id": 6, "charttime": DRAWN, "itemid": HEART_RATE}
    reading = read(icustays=[stay], chartevents=[chart])
    assert column(reading, "chartevents", "stay_id", DRAWN) == [None]
    assert column(reading, "chartevents", "stay_id", "2150-03-05 10:00:00") == [6]


def test_of_a_running_infusion_the_rate_is_shown_and_what_its_end_tells_is_not() -> None:
    infusion = {
        "starttime": "2150-03-05 06:00:00",
        "endtime": "2150-03-05 12:00:00",
        "storetime": "2150-03-05 06:05:00",
        "rate": 5.0,
        "amount": 30.0,
        "statusdescription": "Stopped",
        "continueinnextdept": 1,
    }
    (running,) = shown(read(inputevents=[infusion]), "inputevents", "2150-03-05 08:00:00")
    assert running["rate"] == 5.0
    for name in ("endtime", "amount", "statusdescription", "continueinnextdept"):
        assert running[name] is None
    (over,) = shown(read(inputevents=[infusion]), "inputevents", "2150-03-05 12:00:00")
    assert (over["amount"], over["statusdescription"]) == (30.0, "Stopped")


def test_what_an_end_tells_waits_for_storing_and_never_comes_without_an_end() -> None:
    procedure = {
        "starttime": "2150-03-05 06:00:00",
        "endtime": "2150-03-05 07:00:00",
        "storetime": "2150-03-05 09:00:00",
        "value": 60.0,
        "originalamount": 60.0,
    }
    reading = read("event", procedureevents=[procedure, procedure | {"endtime": None}])
    assert reading.known["procedureevents"] == ["2150-03-05 06:00:00"] * 2
    for name in ("value", "originalamount"):
        assert reading.opens("procedureevents", 0, name) == "2150-03-05 09:00:00"
        assert reading.opens("procedureevents", 1, name) is None
