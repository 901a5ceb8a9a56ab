"""Patients, stays and what is coded after them: worked cases of the specification."""

import pytest

from clinseek.validity.oracle import OracleProfile
from tests.validity.oracle.worked import STAY, column, known, read, shown

D = "2150-03-05 15:20:00"
_OUTCOME = ("dischtime", "discharge_location", "hospital_expire_flag")


def test_how_an_admission_ended_is_empty_until_it_ended() -> None:
    reading = read(admissions=[STAY])
    (before,) = shown(reading, "admissions", "2150-03-05 15:19:59")
    (after,) = shown(reading, "admissions", D)
    assert [before[name] for name in _OUTCOME] == [None, None, None]
    assert [after[name] for name in _OUTCOME] == [D, "HOME", 0]
    assert reading.at("2150-03-01 05:59:59")["admissions"] == []


def test_d_is_the_later_of_discharge_and_death() -> None:
    died = STAY | {"deathtime": "2150-03-05 18:00:00", "hospital_expire_flag": 1}
    reading = read(admissions=[died])
    assert reading.opens("admissions", 0, "dischtime") == "2150-03-05 18:00:00"
    assert reading.opens("admissions", 0, "deathtime") == "2150-03-05 18:00:00"


def test_d_is_never_before_the_admission_even_when_clocks_are_crossed() -> None:
    crossed = STAY | {"dischtime": "2150-02-28 00:00:00"}
    reading = read(admissions=[crossed], drgcodes=[{"hadm_id": 2}])
    assert reading.known["drgcodes"] == ["2150-03-01 06:00:00"]


def test_of_two_rows_with_one_hadm_id_the_later_end_counts() -> None:
    again = STAY | {"dischtime": "2150-03-09 10:00:00"}
    reading = read(admissions=[again, STAY], diagnoses_icd=[{"hadm_id": 2}])
    assert reading.known["diagnoses_icd"] == ["2150-03-09 10:00:00"]
    assert reading.opens("admissions", 1, "discharge_location") == "2150-03-09 10:00:00"


def test_a_stay_without_an_end_never_shows_its_outcome_or_codes() -> None:
    reading = read(admissions=[STAY | {"dischtime": None}], procedures_icd=[{"hadm_id": 2}])
    assert reading.known["procedures_icd"] == [None]
    assert reading.opens("admissions", 0, "hospital_expire_flag") is None
    assert column(reading, "admissions", "hospital_expire_flag", "2999-01-01 00:00:00") == [None]


@pytest.mark.parametrize("table", ["diagnoses_icd", "procedures_icd", "drgcodes"])
@pytest.mark.parametrize(
    ("profile", "moment"),
    [("available", D), ("event", D), ("strict", "2150-03-08 15:20:00")],
)
def test_no_code_is_known_before_discharge(table: str, profile: OracleProfile, moment: str) -> None:
    assert known(table, profile, hadm_id=2) == moment
    assert known(table, profile, hadm_id=3) is None


def test_an_hcpcs_code_waits_for_discharge_and_for_the_end_of_its_day() -> None:
    assert known("hcpcsevents", hadm_id=2, chartdate="2150-03-02") == D
    assert known("hcpcsevents", hadm_id=2, chartdate="2150-03-05") == "2150-03-06 00:00:00"
    assert known("hcpcsevents", hadm_id=None, chartdate="2150-03-05") is None


def test_age_and_year_are_those_at_the_cutoff() -> None:
    reading = read(patients=[{"anchor_age": 60, "anchor_year": 2153}])
    (patient,) = shown(reading, "patients", "2150-03-01 00:00:00")
    assert (patient["anchor_age"], patient["anchor_year"]) == (57, 2150)


def test_a_death_outside_hospital_is_told_when_its_day_is_over() -> None:
    reading = read(patients=[{"dod": "2151-01-01"}], admissions=[STAY])
    assert column(reading, "patients", "dod", "2151-01-01 23:59:59") == [None]
    assert column(reading, "patients", "dod", "2151-01-02 00:00:00") == ["2151-01-01"]


@pytest.mark.parametrize("how", [{"deathtime": "2150-03-07 09:00:00"}, {"hospital_expire_flag": 1}])
def test_a_death_in_hospital_waits_for_the_end_of_that_stay(how: dict[str, str | int]) -> None:
    died = STAY | {"dischtime": "2150-03-07 09:00:00"} | how
    reading = read(patients=[{"dod": "2150-03-05"}], admissions=[died])
    assert reading.opens("patients", 0, "dod") == "2150-03-07 09:00:00"


def test_ed_disposition_and_icu_length_wait_for_the_way_out() -> None:
    times = {"intime": "2150-03-01 01:00:00", "outtime": "2150-03-01 05:00:00"}
    reading = read(
        edstays=[times | {"stay_id": 5, "disposition": "ADMITTED"}],
        icustays=[times | {"stay_id": 6, "los": 0.2, "last_careunit": "MICU"}],
    )
    for table, cell in [("edstays", "disposition"), ("icustays", "los")]:
        assert column(reading, table, cell, "2150-03-01 04:59:59") == [None]
        assert column(reading, table, cell, "2150-03-01 05:00:00") != [None]


def test_hadm_id_of_an_ed_stay_is_empty_until_the_patient_is_admitted() -> None:
    stay = {"stay_id": 5, "hadm_id": 2, "intime": "2150-03-01 01:00:00"}
    reading = read(admissions=[STAY], edstays=[stay, stay | {"hadm_id": 3}])
    assert column(reading, "edstays", "hadm_id", "2150-03-01 05:59:59") == [None, None]
    assert column(reading, "edstays", "hadm_id", "2150-03-01 06:00:00") == [2, None]
    assert reading.opens("edstays", 1, "hadm_id") is None


def test_triage_and_ed_codes_hang_on_their_ed_stay() -> None:
    stay = {"stay_id": 5, "intime": "2150-03-01 01:00:00", "outtime": "2150-03-01 05:00:00"}
    tables = {"triage": [{"stay_id": 5}], "diagnosis": [{"stay_id": 5}, {"stay_id": 9}]}
    usual, strict = read(edstays=[stay], **tables), read("strict", edstays=[stay], **tables)
    assert usual.known["triage"] == ["2150-03-01 01:00:00"]
    assert strict.known["triage"] == ["2150-03-01 01:15:00"]
    assert usual.known["diagnosis"] == ["2150-03-01 05:00:00", None]
    assert strict.known["diagnosis"] == ["2150-03-04 05:00:00", None]


def test_medrecon_without_charttime_is_known_when_the_ed_stay_ends() -> None:
    stay = {"stay_id": 5, "intime": "2150-03-01 01:00:00", "outtime": "2150-03-01 05:00:00"}
    reading = read(edstays=[stay], medrecon=[{"stay_id": 5}])
    assert reading.known["medrecon"] == ["2150-03-01 05:00:00"]


def test_a_drug_taken_from_pyxis_before_arrival_does_not_name_the_ed_stay() -> None:
    stay = {"stay_id": 5, "intime": "2150-03-01 01:00:00"}
    reading = read(edstays=[stay], pyxis=[{"stay_id": 5, "charttime": "2150-03-01 00:50:00"}])
    assert column(reading, "pyxis", "stay_id", "2150-03-01 00:50:00") == [None]
    assert column(reading, "pyxis", "stay_id", "2150-03-01 01:00:00") == [5]


def test_when_a_transfer_ends_is_empty_until_then() -> None:
    transfer = {"intime": "2150-03-01 07:00:00", "outtime": "2150-03-02 07:00:00", "hadm_id": 2}
    reading = read(admissions=[STAY], transfers=[transfer])
    assert column(reading, "transfers", "outtime", "2150-03-02 06:59:59") == [None]
    assert column(reading, "transfers", "outtime", "2150-03-02 07:00:00") != [None]
