"""Notes: worked cases of the specification."""

from tests.validity.oracle.worked import STAY, Cells, column, known, read, shown

_SUMMARY = {"note_id": "1-DS-4", "note_type": "DS", "note_seq": 4, "hadm_id": 2}
_CHARTED = "2150-03-05 00:00:00"
_D = "2150-03-05 15:20:00"


def test_a_discharge_summary_is_hidden_on_the_morning_of_its_day() -> None:
    note = _SUMMARY | {"charttime": _CHARTED, "storetime": "2150-03-05 14:00:00"}
    reading = read(admissions=[STAY], discharge=[note])
    assert shown(reading, "discharge", "2150-03-05 08:00:00") == []
    assert reading.known["discharge"] == [_D]


def test_a_discharge_summary_waits_for_storing_or_two_days() -> None:
    stored = "2150-03-06 09:00:00"
    assert known("discharge", hadm_id=2, charttime=_CHARTED, storetime=stored) == stored
    assert known("discharge", hadm_id=2, charttime=_CHARTED) == "2150-03-07 00:00:00"
    assert known("discharge", "event", hadm_id=2, charttime=_CHARTED) == "2150-03-06 00:00:00"


def test_a_discharge_summary_of_an_admission_that_is_not_there_is_never_known() -> None:
    assert known("discharge", hadm_id=9, charttime=_CHARTED) is None
    assert known("discharge", "event", hadm_id=9, charttime=_CHARTED) is None


def test_a_report_is_known_when_stored_or_a_day_after_the_examination() -> None:
    examined, stored = "2150-03-02 08:00:00", "2150-03-02 17:00:00"
    assert known("radiology", charttime=examined, storetime=stored) == stored
    assert known("radiology", charttime=examined) == "2150-03-03 08:00:00"
    assert known("radiology", "event", charttime=examined, storetime=stored) == examined


def test_details_come_with_their_note_billing_codes_never_and_links_with_both_notes() -> None:
    first, addendum = "2150-03-02 17:00:00", "2150-03-04 09:00:00"

    def detail(name: str, value: str) -> Cells:
        return {"note_id": "1-RR-8", "field_name": name, "field_value": value}

    reading = read(
        radiology=[
            {"note_id": "1-RR-8", "note_type": "RR", "charttime": first, "storetime": first},
            {"note_id": "1-AR-9", "note_type": "AR", "charttime": first, "storetime": addendum},
        ],
        radiology_detail=[
            detail("exam_name", "CHEST (PA AND LAT)"),
            detail("cpt_code", "71046"),
            detail("addendum_note_id", "1-AR-9"),
            detail("addendum_note_id", "1-AR-99"),
        ],
    )
    assert reading.known["radiology_detail"] == [first, None, addendum, None]
    values = column(reading, "radiology_detail", "field_value", addendum)
    assert values == ["CHEST (PA AND LAT)", "10000001-AR-1"]
    ids = column(reading, "radiology_detail", "note_id", addendum)
    assert ids == ["10000001-RR-1", "10000001-RR-1"]
