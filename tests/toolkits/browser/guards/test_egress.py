"""What leaves for the web, and what does not, beside one open case."""

from __future__ import annotations

import base64
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.toolkits.browser.guards.case_index import CaseIndex
from clinseek.toolkits.browser.guards.egress import Egress

NOTE = (
    "Mr. ___ is a pleasant man who was found down at home by his neighbour after he had fallen "
    "from a ladder while cleaning his gutters. Seen by Dr. Okonkwo on 2150-03-09."
)
ROWS: dict[str, list[dict[str, Any]]] = {
    "patients": [{"row_id": 1, "subject_id": 10014354, "anchor_age": 91, "dod": "2151-02-11"}],
    "admissions": [{"hadm_id": 29600294, "dischtime": "2150-03-05 14:37:00"}],
    "icustays": [{"subject_id": 10014354, "stay_id": 34600477, "intime": "2150-03-06 02:11:00"}],
    "labevents": [
        {"subject_id": 10014354, "specimen_id": 55500123, "itemid": 50912, "valuenum": 2.37},
        {"subject_id": 10014354, "specimen_id": 55500124, "itemid": 51006, "valuenum": 1043.7},
        {"subject_id": 10014354, "specimen_id": 55500125, "itemid": 50971, "valuenum": 4.1},
        {"subject_id": 10014354, "specimen_id": 55500126, "itemid": 50813, "valuenum": 13.8},
        {"order_provider_id": "P34QWX", "comments": "SPECIMEN CLOTTED, NURSE MOREAU TOLD BY PHONE"},
    ],
    "omr": [{"subject_id": 10014354, "result_name": "Weight", "result_value": "187.25"}],
    "datetimeevents": [{"stay_id": 34600477, "value": "2150-03-07 08:00:00"}],
    "discharge": [{"note_id": "10014354-DS-3", "subject_id": 10014354, "text": NOTE}],
}  # fmt: skip


def guard(strictness: str = "balanced") -> Egress:
    return Egress(CaseIndex.of_rows(ROWS), strictness=strictness)


def kinds(text: str, strictness: str = "balanced") -> tuple[str, ...]:
    return guard(strictness).kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "creatinine of patient 10014354",
        "hadm_id=29600294 sepsis",
        "stay 34600477",
        "specimen 55500123",
        "10014354-DS-3",
        "order by P34QWX",
        "order by p34qwx",
        "id10014354x",
        "unknown patient 18273645",
        "https://example.org/?q=10014354",
        "https://example.org/10014354/labs",
    ],
)
def test_an_identifier_does_not_leave(text: str) -> None:
    assert kinds(text) == ("identifier",)


@pytest.mark.parametrize(
    "date",
    [
        "2150-03-05",
        "2150/03/05",
        "2150.03.05",
        "05/03/2150",
        "03/05/2150",
        "3/5/2150",
        "5.3.2150",
        "05-03-2150",
        "March 5 2150",
        "March 5th, 2150",
        "mar. 5, 2150",
        "5 March 2150",
        "5th of March 2150",
        "05-MAR-2150",
        "2150 March 5",
        "20500305 no, 2150-03-05T14:37",
        "2150-03-07",
        "2151-02-11",
        *(
            "03/05/50",
            "3/5/50",
            "5.3.50",
            "5-Mar-50",
            "March 5 '50",
            "March 5, \u201950",
            "50-03-05",
        ),
        *("03052150", "2150:03:05", "03:05:2150", "5 Mar 50"),
        "in 2150",
        "since March 2150",
        "admitted 2187",
    ],
)
def test_a_date_of_the_record_does_not_leave(date: str) -> None:
    assert "date" in kinds(f"sepsis guideline {date}")


@pytest.mark.parametrize(
    "figures",
    ["03/08/50", "5-10-15 mg", "March 8 '50", "titer 1:3:50", "3/5/2024", "CIN 1/2/3", "v3.5.51"],
)
@pytest.mark.parametrize("strictness", ["balanced", "strict"])
def test_a_short_date_that_the_record_has_not_may_leave(figures: str, strictness: str) -> None:
    assert kinds(f"dosing {figures}", strictness) == ()


def test_a_date_that_was_never_shifted_does_not_leave_either() -> None:
    held = CaseIndex.of_rows({"visits": [{"visit_id": 77123, "visit_date": "2019-11-23"}]})
    assert Egress(held).kinds("influenza on 23 November 2019") == ("date",)
    assert Egress(held).kinds("influenza on 24 November 2019") == ()
    assert Egress(held).kinds("encounter 77123") == ("identifier",)


@pytest.mark.parametrize("time", ["at 14:37", "14:37:00", "@ 2:11", "14:37 hrs", "2:11 am"])
def test_a_time_to_the_minute_does_not_leave(time: str) -> None:
    assert kinds(f"lactate {time}") == ("time",)


@pytest.mark.parametrize(
    "age",
    ["93-year-old", "93 yo", "93 y/o", "aged 91", "age: 97", "104 years old", "91M with", "95 F, "],
)
def test_an_age_over_89_does_not_leave(age: str) -> None:
    assert kinds(f"hip fracture {age}") == ("age",)


@pytest.mark.parametrize(
    "text",
    ["value 1043.7", "1,043.7 ng/mL", "weight 187.25", "creatinine 2.37 and calcium 13.8"],
)
def test_measured_values_that_are_rare_do_not_leave(text: str) -> None:
    assert kinds(text) == ("figures",)


def test_one_value_of_three_digits_leaves_unless_strict() -> None:
    assert kinds("creatinine 2.37 mg/dL") == ()
    assert kinds("creatinine 2.37 mg/dL", "strict") == ("figures",)


@pytest.mark.parametrize(
    "text",
    [
        "found down at home by his neighbour after he had fallen",
        "FOUND DOWN, at home; by his neighbour (after he had) fallen from",
        "why was found   down at\nhome by his neighbour after he falling",
        "specimen clotted nurse moreau told by phone",
        "pleasant man who was found down at home",
    ],
)
def test_words_of_a_note_do_not_leave(text: str) -> None:
    assert kinds(text) == ("wording",)


@pytest.mark.parametrize(
    "name", ["Dr. Okonkwo", "Okonkwo", "Mr. Smith", "Mrs Jones", "Ms. Li-Chen"]
)
def test_a_name_does_not_leave(name: str) -> None:
    assert kinds(f"falls in the elderly {name}") == ("name",)


def test_a_column_of_names_is_known_as_such() -> None:
    held = CaseIndex.of_rows({"person": [{"first_name": "Ottilie", "last_name": "Brandauer"}]})
    assert Egress(held).kinds("Brandauer anaemia") == ("name",)
    assert Egress(held).kinds("brandauer anaemia") == ()
    assert Egress(held, strictness="strict").kinds("brandauer anaemia") == ("name",)


def _spaced(text: str) -> str:
    return " ".join(text)


DISGUISES: list[Callable[[str], str]] = [
    lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    lambda text: quote("".join(f"%{byte:02x}" for byte in text.encode())),
    lambda text: base64.b64encode(text.encode()).decode(),
    lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    lambda text: base64.b64encode(base64.b64encode(text.encode())).decode(),
    lambda text: base64.b32encode(text.encode()).decode(),
    lambda text: text.encode().hex(),
    lambda text: text.encode().hex(" "),
    lambda text: "".join(f"&#{ord(mark)};" for mark in text),
    lambda text: "".join(f"&#x{ord(mark):x};" for mark in text),
    lambda text: text[::-1],
    lambda text: quote(text.translate({ord(str(digit)): 0xFF10 + digit for digit in range(10)})),
    lambda text: f"{text[:3]}\u200b{text[3:5]}\u200b{text[5:]}",
    lambda text: f"{text[:2]}\u00ad{text[2:]}",
    lambda text: text.translate({ord(str(digit)): 0xFF10 + digit for digit in range(10)}),
    lambda text: text.translate({ord(str(digit)): 0x0660 + digit for digit in range(10)}),
]


@pytest.mark.parametrize("matter", ["10014354", "2150-03-05", "29600294"])
@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguise_does_not_help(matter: str, disguise: Callable[[str], str]) -> None:
    assert kinds(f"heart failure {disguise(matter)} guideline")
    assert kinds(f"https://example.org/a?b={disguise(matter)}&c=d")


@pytest.mark.parametrize(
    "split",
    [
        "1001 4354",
        "1001-4354",
        "10/01/43/54",
        "1 0 0 1 4 3 5 4",
        "a=1001&b=4354",
        "one zero zero one four three five four",
        "one oh oh one four three five four",
    ],
)
def test_an_identifier_in_pieces_does_not_leave(split: str) -> None:
    assert "identifier" in kinds(f"heart failure {split}")


MEDICAL = [
    "What is (are) Abdominal Pain ?",
    "potassium 2.7 with U waves treatment",
    "KDIGO 2024 guideline chronic kidney disease",
    "sepsis in adults over 90 years of age",
    "HbA1c 6.5 percent and glucose above 126 mg/dL",
    "pH 7.35-7.45 normal range",
    "diet of 2150 kcal and 2200 mg sodium",
    "PMID 31234567 and NCT01234567",
    "https://pubmed.ncbi.nlm.nih.gov/31234567/",
    "https://doi.org/10.1056/NEJMoa2034577",
    "N Engl J Med 2020;383:2119-2132",
    "I:E ratio 1:2, antibody titre 1:40",
    "dose every 8 hours at 8:00 and 20:00",
    "Parkinson disease and Dr. Google",
    "creatinine clearance by Cockcroft-Gault, weight 72 kg, age 80",
    "fall from a ladder while cleaning gutters",
    "temperature 38.3 neutropenia",
    "body temperature below 95 F is an emergency",
    "https://doi.org/10.1073/s21291111-x",
    "normal sodium 135-145 mmol/L",
    "https://www.nice.org.uk/guidance/ng203/2021-08-25",
    "",
]


@pytest.mark.parametrize("text", MEDICAL)
def test_a_medical_question_leaves(text: str) -> None:
    assert guard().check(text) is None


def test_nothing_is_held_back_where_the_guard_is_off(tmp_path: Path) -> None:
    off = Egress.of_case(tmp_path / "no case is read.sqlite", strictness="off")
    assert off.check("patient 10014354 on 2150-03-05") is None


def test_the_refusal_says_what_to_do_and_repeats_nothing() -> None:
    said = guard().check("Mr. Smith 10014354 sepsis on 2150-03-05")
    assert said == (
        "not sent: it holds an identifier of the patient or the stay and a date of the record and "
        "a person's name, which must not leave. Leave numbers of patients, admissions, stays and "
        "orders out; ask without the patient's dates; say how long instead (day 3 of the stay); "
        "leave names of people out."
    )


def test_what_was_stopped_is_counted_and_logged_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watching = Egress(CaseIndex.of_rows(ROWS), key=b"of this run")
    with caplog.at_level(logging.INFO, logger="clinseek"):
        for text in ("patient 10014354", "patient 10014354", "in 2150", "sepsis"):
            watching.check(text)
    assert watching.counts() == {"identifier": 2, "date": 1}
    assert watching.stopped[0] == watching.stopped[1]
    assert "10014354" not in caplog.text + repr(watching.stopped) + repr(watching.counts())
    assert watching.stopped[0].digest in caplog.text


def test_two_guards_hash_alike_only_with_one_key() -> None:
    index = CaseIndex.of_rows(ROWS)
    for key, same in ((b"shared", True), (None, False)):
        one, other = Egress(index, key=key), Egress(index, key=key)
        for each in (one, other):
            each.check("patient 10014354")
        assert (one.stopped == other.stopped) is same


def test_a_case_file_is_read_as_its_rows_are(tmp_path: Path) -> None:
    path = tmp_path / "case.sqlite"
    with closing(sqlite3.connect(path)) as held:
        for table, rows in ROWS.items():
            columns = sorted({column for row in rows for column in row})
            kind = {"valuenum": "REAL", "itemid": "INTEGER", "row_id": "INTEGER"}
            typed = ", ".join(
                f"{column} {kind.get(column, 'TEXT' if '_id' not in column else '')}"
                for column in columns
            )
            held.execute(f"CREATE TABLE {table} ({typed})")
            marks = ", ".join("?" * len(columns))
            held.executemany(
                f"INSERT INTO {table} VALUES ({marks})",
                [[row.get(column) for column in columns] for row in rows],
            )
        held.commit()
    assert CaseIndex.of_file(path) == CaseIndex.of_rows(ROWS)


def test_an_index_shows_nothing_of_the_case() -> None:
    assert repr(CaseIndex.of_rows(ROWS)) == "CaseIndex()"


def test_a_strictness_that_is_none_is_named() -> None:
    with pytest.raises(SettingError, match="'loose'"):
        guard("loose")


@given(st.text(max_size=200))
def test_any_text_gets_an_answer_and_strict_stops_what_balanced_does(text: str) -> None:
    assert set(kinds(text)) <= set(kinds(text, "strict"))


@given(
    st.sampled_from(["10014354", "2150-03-05", "05/03/2150", "March 5, 2150", "Mr. Smith"]),
    st.sampled_from(MEDICAL),
    st.sampled_from([" ", ", ", ": ", " (", "\n", " - "]),
)
def test_matter_of_the_patient_is_found_beside_any_question(
    matter: str, question: str, between: str
) -> None:
    assert kinds(f"{question}{between}{matter}")
    assert kinds(f"{matter}{between}{question}")
    assert kinds(f"https://example.org/search?q={quote(question)}+{quote(matter)}")
