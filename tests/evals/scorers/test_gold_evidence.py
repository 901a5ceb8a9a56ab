"""With the patient's record at hand: gold rows are found, and cited rows are read from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clinseek.evals.rows import Row
from clinseek.evals.scorers import Resources, of_store, score_record, shipped_vocabulary
from clinseek.toolkits.ehr.case import Case, open_case
from clinseek.toolkits.ehr.store import ingest
from clinseek.toolkits.ehr.store.store import Store
from clinseek.toolkits.ehr.synthetic import synthesise
from tests.evals.scorers.made import a_record, a_row, an_entry

LATE = "2300-01-01 00:00:00"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scored")
    synthesise(folder / "raw", patients=2, seed=3)
    ingest([folder / "raw"], folder / "store")
    return folder / "store"


@pytest.fixture(scope="module")
def at_hand(store: Path) -> Resources:
    return of_store(store, cases=True)


@pytest.fixture(scope="module")
def case(store: Path) -> Iterator[Case]:
    subject = Store.open(store).subjects()[0]
    opened = open_case(store, subject, cutoff=LATE)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def labs(case: Case) -> list[dict[str, Any]]:
    found = case.select(
        "SELECT * FROM labevents WHERE valuenum IS NOT NULL ORDER BY row_id DESC LIMIT 3"
    )
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def asked(case: Case, lab: dict[str, Any]) -> Row:
    key = {"itemid": lab["itemid"], "specimen_id": lab["specimen_id"]}
    return a_row(
        lab["valuenum"],
        subject_id=case.key.subject_id,
        cutoff=LATE,
        answer_form="number",
        gold_rows=[{"table": "labevents", "key": key}],
    )


def a_run(labs: list[dict[str, Any]], *cited: int) -> Any:
    rows = [lab["row_id"] for lab in labs]
    entry = an_entry(1, "labs", row_ids=rows)
    return a_record(
        [str(labs[0]["valuenum"])],
        citations=[[f"E1#{rows[at]}" for at in cited]],
        evidence=[entry],
    )


def test_the_gold_row_that_is_cited_alone_is_perfect_evidence(
    case: Case, labs: list[dict[str, Any]], at_hand: Resources
) -> None:
    score = score_record(asked(case, labs[0]), a_run(labs, 0), "evidence", at_hand=at_hand)
    assert score.value == 1.0
    assert score.parts == {"precision": 1.0, "recall": 1.0, "recall_seen": 1.0}


def test_a_gold_row_that_was_read_but_not_cited_is_seen(
    case: Case, labs: list[dict[str, Any]], at_hand: Resources
) -> None:
    score = score_record(asked(case, labs[0]), a_run(labs, 1, 2), "evidence", at_hand=at_hand)
    assert score.value == 0.0
    assert score.parts["recall_seen"] == 1.0
    assert "0 of 1 gold rows cited, 1 read; 2 other rows cited" in score.explanation


def test_gold_rows_need_the_record(case: Case, labs: list[dict[str, Any]]) -> None:
    score = score_record(asked(case, labs[0]), a_run(labs, 0), "evidence")
    assert score.state == "unscored"
    assert score_record(a_row("yes"), a_run(labs, 0), "evidence").state == "inapplicable"


def test_a_gold_row_after_the_cutoff_is_told(
    case: Case, labs: list[dict[str, Any]], at_hand: Resources
) -> None:
    early = case.select("SELECT MIN(admittime) FROM admissions").rows[0][0]
    row = asked(case, labs[-1]).model_copy(update={"cutoff": early})
    score = score_record(row, a_run(labs, 0), "evidence", at_hand=at_hand)
    assert (score.value, score.state) == (None, "unscored")


def test_a_cited_row_is_read_from_the_record_and_not_from_the_transcript(
    case: Case, labs: list[dict[str, Any]], at_hand: Resources
) -> None:
    """The text of the observation shows no rows; the record holds the value all the same."""
    row, record = asked(case, labs[0]), a_run(labs, 0)
    assert score_record(row, record, "groundedness").value == 0.0
    assert score_record(row, record, "groundedness", at_hand=at_hand).value == 1.0


def test_a_store_ships_its_vocabularies(store: Path) -> None:
    shipped = shipped_vocabulary(store / "vocabulary.sqlite", "labevents")
    assert shipped is not None
    assert shipped.name == "labevents_candidates"
    assert shipped.title_of("CREATININE") == "Creatinine"
    assert shipped.title_of("50912") == "Creatinine"
    assert shipped.title_of("no such test at all") is None
    assert shipped_vocabulary(store / "vocabulary.sqlite", "nothing") is None
    assert shipped_vocabulary(store / "none.sqlite", "labevents") is None


@pytest.mark.parametrize(("table", "key"), [("emar", "emar_id"), ("poe", "poe_id")])
def test_gold_rows_are_found_where_a_case_numbers_orders_anew(
    store: Path, at_hand: Resources, table: str, key: str
) -> None:
    subject, held = next(
        (subject, rows)
        for subject in Store.open(store).subjects()
        if (rows := Store.open(store).read_subject(subject)[table].to_pylist())
    )
    row = a_row(
        "x", subject_id=subject, cutoff=LATE,
        gold_rows=[{"table": table, "key": {key: held[-1][key]}}],
    )  # fmt: skip
    unseen = score_record(row, a_record(["x"]), "evidence", at_hand=at_hand)
    assert (unseen.state, unseen.value) == ("scored", 0.0)
