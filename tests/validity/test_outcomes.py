"""The headline outcomes: who is asked about, when, and what the raw record answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.outcomes import OUTCOMES, Asked, RawRows, instances, outcome_named
from clinseek.validity.outcomes.model import UNTOLD
from clinseek.validity.probe.lookups import LOOK_UPS

SUBJECT = 10000019


def at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def admission(**cells: Any) -> dict[str, Any]:
    return {
        "hadm_id": 20,
        "admittime": at("2150-03-01 10:00"),
        "dischtime": at("2150-03-06 15:00"),
        "deathtime": None,
        "discharge_location": "HOME",
        "hospital_expire_flag": 0,
        **cells,
    }


def icu_stay(**cells: Any) -> dict[str, Any]:
    return {
        "hadm_id": 20,
        "stay_id": 30,
        "intime": at("2150-03-01 12:00"),
        "outtime": at("2150-03-04 12:00"),
        **cells,
    }


def ed_visit(**cells: Any) -> dict[str, Any]:
    return {
        "hadm_id": 20,
        "stay_id": 40,
        "intime": at("2150-03-01 04:00"),
        "outtime": at("2150-03-01 11:00"),
        **cells,
    }


def asked(name: str, **tables: list[dict[str, Any]]) -> Asked:
    rows: RawRows = {
        "admissions": [],
        "icustays": [],
        "edstays": [],
        "transfers": [],
        "diagnoses_icd": [],
        "patients": [],
        **tables,
    }
    return instances(OUTCOMES[name], SUBJECT, rows)


def truths(name: str, **tables: list[dict[str, Any]]) -> list[Any]:
    return [(each.cutoff, each.truth) for each in asked(name, **tables).instances]


def test_every_outcome_reads_tables_that_there_are_and_has_look_ups() -> None:
    assert set(LOOK_UPS) == set(OUTCOMES)
    for outcome in OUTCOMES.values():
        assert set(outcome.needs) <= set(TABLES)
        assert outcome.definition
        assert LOOK_UPS[outcome.name]


def test_an_unknown_outcome_is_refused_with_those_there_are() -> None:
    with pytest.raises(SettingError, match="no outcome 'los_30d'; choose of in_hospital_death, "):
        outcome_named("los_30d")


def test_a_length_of_stay_is_asked_after_a_day_in_hospital() -> None:
    assert truths("los_3d", admissions=[admission()]) == [("2150-03-02 10:00:00", "yes")]
    assert truths("los_7d", admissions=[admission()]) == [("2150-03-02 10:00:00", "no")]


def test_a_stay_of_exactly_three_days_is_not_longer_than_three() -> None:
    ends = admission(dischtime=at("2150-03-04 10:00"))
    assert truths("los_3d", admissions=[ends]) == [("2150-03-02 10:00:00", "no")]


@pytest.mark.parametrize("ends", ["2150-03-02 09:00", "2150-03-02 10:00"])
def test_a_stay_that_is_over_by_then_is_settled_and_not_asked(ends: str) -> None:
    found = asked("los_3d", admissions=[admission(dischtime=at(ends))])
    assert found == Asked((), 1)


def test_a_stay_without_an_end_is_not_asked_and_not_settled() -> None:
    found = asked("los_3d", admissions=[admission(dischtime=None)])
    assert found == Asked((), 0, {UNTOLD: 1})


@pytest.mark.parametrize(
    "died", [{"hospital_expire_flag": 1}, {"deathtime": at("2150-03-06 14:00")}]
)
def test_who_died_in_the_stay_is_not_asked_about_readmission_and_is_counted(
    died: dict[str, Any],
) -> None:
    found = asked("readmission_30d", admissions=[admission(**died)])
    assert found == Asked((), 0, {"died in the stay": 1})


def test_a_death_is_told_by_the_flag_or_by_its_time() -> None:
    by_flag = admission(hospital_expire_flag=1)
    by_time = admission(deathtime=at("2150-03-06 14:00"), hospital_expire_flag=None)
    unknown = admission(hospital_expire_flag=None)
    found = truths("in_hospital_death", admissions=[admission(), by_flag, by_time, unknown])
    assert [truth for _, truth in found] == ["no", "yes", "yes"]


def test_an_icu_death_lies_within_the_icu_stay() -> None:
    died = admission(hospital_expire_flag=1, deathtime=at("2150-03-06 14:00"))
    early = icu_stay()
    last = icu_stay(stay_id=31, intime=at("2150-03-05 08:00"), outtime=at("2150-03-06 16:00"))
    found = truths("icu_death", icustays=[early, last], admissions=[died])
    assert found == [("2150-03-02 12:00:00", "no"), ("2150-03-06 08:00:00", "yes")]


def test_an_icu_death_without_a_deathtime_is_at_discharge() -> None:
    died = admission(hospital_expire_flag=1)
    stay = icu_stay(outtime=at("2150-03-06 15:00"))
    assert truths("icu_death", icustays=[stay], admissions=[died])[0][1] == "yes"


@pytest.mark.parametrize("name", ["icu_death", "icu_stay_7d", "icu_stay_14d"])
@pytest.mark.parametrize("died", ["2150-03-02 11:00", "2150-03-02 12:00"])
def test_who_died_within_the_first_icu_day_is_settled_whatever_the_outtime(
    name: str, died: str
) -> None:
    dead = admission(hospital_expire_flag=1, deathtime=at(died))
    found = asked(name, icustays=[icu_stay()], admissions=[dead])
    assert found == Asked((), 1)


def test_an_icu_stay_of_exactly_seven_days_counts_as_the_published_rule_has_it() -> None:
    stay = icu_stay(outtime=at("2150-03-08 12:00"))
    assert truths("icu_stay_7d", icustays=[stay]) == [("2150-03-02 12:00:00", "yes")]
    assert truths("icu_stay_14d", icustays=[stay]) == [("2150-03-02 12:00:00", "no")]


def test_an_ed_admission_is_asked_in_the_last_second_unless_it_is_in_the_record() -> None:
    home = ed_visit(hadm_id=None)
    assert truths("ed_admission", edstays=[home]) == [("2150-03-01 10:59:59", "no")]
    before_leaving = admission(admittime=at("2150-03-01 09:30"))
    assert asked("ed_admission", edstays=[ed_visit()], admissions=[before_leaving]) == Asked((), 1)
    afterwards = admission(admittime=at("2150-03-01 11:05"))
    found = truths("ed_admission", edstays=[ed_visit()], admissions=[afterwards])
    assert found == [("2150-03-01 10:59:59", "yes")]


def test_an_ed_admission_asked_early_is_asked_an_hour_after_arrival() -> None:
    later = admission(admittime=at("2150-03-01 09:30"))
    found = truths("ed_admission_early", edstays=[ed_visit()], admissions=[later])
    assert found == [("2150-03-01 05:00:00", "yes")]
    at_once = admission(admittime=at("2150-03-01 04:40"))
    assert asked("ed_admission_early", edstays=[ed_visit()], admissions=[at_once]).settled == 1


def test_an_icu_stay_counts_within_twelve_hours_of_leaving_the_ed() -> None:
    admitted = [admission(admittime=at("2150-03-01 09:30"))]
    within = [icu_stay(intime=at("2150-03-01 22:59"))]
    too_late = [icu_stay(intime=at("2150-03-01 23:00"))]
    earlier = [icu_stay(intime=at("2150-02-01 23:00"))]
    for stays, truth in ((within, "yes"), (too_late, "no"), (earlier, "no")):
        found = asked(
            "ed_to_icu_12h", edstays=[ed_visit()], admissions=admitted, icustays=stays
        ).instances
        assert [(each.truth, each.state) for each in found] == [(truth, "admitted")]


def test_a_patient_in_the_icu_already_is_not_asked_about_it() -> None:
    there = [icu_stay(intime=at("2150-03-01 10:00"))]
    assert asked("ed_to_icu_12h", edstays=[ed_visit()], icustays=there) == Asked((), 1)


def test_a_readmission_is_asked_at_discharge_of_those_who_left_alive() -> None:
    first = admission()
    again = admission(
        hadm_id=21,
        admittime=at("2150-04-10 10:00"),
        dischtime=at("2150-04-20 10:00"),
        hospital_expire_flag=1,
    )
    stays = [first, again]
    assert truths("readmission_30d", admissions=stays) == [("2150-03-06 15:00:00", "no")]
    assert truths("readmission_60d", admissions=stays) == [("2150-03-06 15:00:00", "yes")]


def test_a_discharge_location_is_asked_two_minutes_before() -> None:
    found = truths("discharge_location", admissions=[admission()])
    assert found == [("2150-03-06 14:58:00", "HOME")]
    unknown = admission(discharge_location=None)
    assert asked("discharge_location", admissions=[unknown]) == Asked((), 0, {UNTOLD: 1})


def test_a_next_unit_is_asked_a_minute_before_a_transfer_only() -> None:
    moves = [
        {"transfer_id": 1, "eventtype": "admit", "careunit": "Med", "intime": at("2150-03-01")},
        {"transfer_id": 2, "eventtype": "transfer", "careunit": "MICU", "intime": at("2150-03-02")},
        {"transfer_id": 3, "eventtype": "discharge", "careunit": None, "intime": at("2150-03-03")},
    ]
    assert truths("next_care_unit", transfers=moves) == [("2150-03-01 23:59:00", "MICU")]


def test_next_units_are_compared_among_those_who_are_in_the_same_unit() -> None:
    moves = [
        {"transfer_id": 1, "eventtype": "admit", "careunit": "Med", "intime": at("2150-03-01")},
        {"transfer_id": 2, "eventtype": "transfer", "careunit": "MICU", "intime": at("2150-03-02")},
        {"transfer_id": 3, "eventtype": "transfer", "careunit": "Med", "intime": at("2150-03-03")},
    ]
    found = asked("next_care_unit", transfers=moves).instances
    assert [(each.state, each.truth) for each in found] == [("Med", "MICU"), ("MICU", "Med")]
    (first,) = asked("next_care_unit", transfers=moves[1:2]).instances
    assert first.state == ""


def test_what_is_asked_otherwise_than_published_is_declared() -> None:
    same = {name for name, outcome in OUTCOMES.items() if not outcome.differs}
    assert same == {"los_3d", "los_7d"}
    assert "only of those still there after a day" in " ".join(OUTCOMES["icu_stay_7d"].differs)
    assert "at dischtime, not at the discharge note" in OUTCOMES["readmission_30d"].differs


def test_discharge_diagnoses_are_the_codes_of_the_stay() -> None:
    codes = [
        {"hadm_id": 20, "icd_code": "I10"},
        {"hadm_id": 20, "icd_code": "N179"},
        {"hadm_id": 21, "icd_code": "E119"},
    ]
    patients = [{"anchor_year_group": "2014 - 2016"}]
    (one,) = asked(
        "discharge_diagnoses", admissions=[admission()], diagnoses_icd=codes, patients=patients
    ).instances
    assert one.truth == frozenset({"I10", "N179"})
    assert one.state == "2014 - 2016, no ICU"
    assert one.ids == {"hadm_id": 20}


@given(hours=st.integers(0, 24 * 30), dies=st.booleans())
def test_no_outcome_of_a_stay_is_asked_after_its_end(hours: int, dies: bool) -> None:
    begin = datetime(2150, 3, 1, 10)
    end = begin + timedelta(hours=hours)
    stay = admission(
        admittime=begin, dischtime=end, deathtime=end if dies else None, hospital_expire_flag=dies
    )
    for name in ("in_hospital_death", "los_3d", "los_7d", "discharge_location"):
        found = asked(name, admissions=[stay])
        assert len(found.instances) + found.settled == 1
        assert all(datetime.fromisoformat(each.cutoff) < end for each in found.instances)
