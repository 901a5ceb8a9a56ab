"""Built rows against their own cases: nothing to see under `available`, much under `reference`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from clinseek.cli.main import app
from clinseek.errors import SettingError
from clinseek.evals.benchmarks.building import BuildSettings, Built, build
from clinseek.evals.benchmarks.leaks import Checked, check_rows, told_of, visible
from clinseek.evals.benchmarks.leaks.answers import ANSWERS
from clinseek.evals.benchmarks.leaks.check import Finding
from clinseek.evals.benchmarks.tasks import TASKS, tasks_named
from clinseek.evals.benchmarks.writing import CARD, PAGE, ROWS, add_check, write_benchmark
from clinseek.toolkits.ehr.store import ingest
from clinseek.toolkits.ehr.synthetic import synthesise

NAMES = (
    "emar", "procedures_icd", "diagnoses_icd", "labevents", "microbiologyevents", "transfers",
    "poe", "radiology", "prescriptions", "diagnosis", "chartevents", "next_event",
    "ED_Hospitalization", "ED_Critical_Outcomes", "Readmission_30day", "LengthOfStay_3day",
    "ICU_Stay_7day", "agentehr_transfers", "medmod_length_of_stay", "medmod_phenotyping",
)  # fmt: skip
TOLD_OUTRIGHT = ("diagnoses_icd", "diagnosis", "LengthOfStay_3day", "medmod_length_of_stay")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("leaks")
    synthesise(place / "raw", patients=24, seed=11)
    ingest([place / "raw"], place / "store", codes=place / "raw" / "codes")
    return place / "store"


@pytest.fixture(scope="module")
def built(store: Path) -> Built:
    return build(store, tasks_named(NAMES), settings=BuildSettings(per_task=2, seed=3))


@pytest.fixture(scope="module")
def checked(store: Path, built: Built) -> Checked:
    return check_rows(built.rows, store)


def of(checked: Checked, profile: str) -> list[Finding]:
    return [each for each in checked.findings if each.profile == profile]


def test_every_task_but_those_of_drug_classes_has_look_ups_that_answer() -> None:
    assert set(TASKS) - set(ANSWERS) == {
        "prescriptions_atc", "medrecon_atc", "agentehr_prescriptions",
    }  # fmt: skip
    assert set(ANSWERS) <= set(TASKS)


def test_no_built_row_shows_its_label_or_anything_to_come(built: Built, checked: Checked) -> None:
    assert len({row.task for row in built.rows}) >= len(NAMES) - 2
    found = of(checked, "available")
    assert [each.qid for each in found] == [row.qid for row in built.rows]
    assert [(each.qid, each.shown) for each in found if each.shown or each.score] == []
    assert visible(checked) == []
    assert checked.unasked == []
    assert told_of(checked)["altered"] == {}


def test_the_published_rule_is_caught_by_the_same_look_ups(checked: Checked) -> None:
    found = of(checked, "reference")
    assert sum(bool(each.shown) for each in found) > 0.9 * len(found)
    for task in TOLD_OUTRIGHT:
        scores = [each.score for each in found if each.task == task]
        assert scores == [1.0] * len(scores) != []


def test_a_row_of_another_answer_is_told_as_one_that_the_record_does_not_ask(
    store: Path, built: Built
) -> None:
    row = next(row for row in built.rows if row.task == "LengthOfStay_3day")
    other = row.model_copy(update={"label": "no" if row.label == "yes" else "yes"})
    assert check_rows([other], store).unasked == [row.qid]
    strange = row.model_copy(update={"task": "ed_mood"})
    with pytest.raises(SettingError, match="task ed_mood, which bench build does not make"):
        check_rows([strange], store)


def test_words_that_were_put_into_a_row_are_found(store: Path, built: Built) -> None:
    row = next(row for row in built.rows if row.task == "labevents")
    changes: tuple[dict[str, Any], ...] = (
        {"curated_evidence": f"{row.curated_evidence}\nThe next results will be: {row.label}."},
        {"question": f"{row.question} It is {row.label}."},
        {"candidates": ["Some other name"]},
    )
    for changed, said in zip(changes, ("evidence", "question", "candidates"), strict=True):
        checked = check_rows([row.model_copy(update=changed)], store)
        (parts,) = told_of(checked)["altered"].values()
        assert [said in part for part in parts] == [True]
    with pytest.raises(SettingError, match="has no label"):
        check_rows([row.model_copy(update={"label": None})], store)


def test_the_command_writes_what_it_found_into_the_card(
    store: Path, built: Built, tmp_path: Path
) -> None:
    few = built._replace(rows=built.rows[:3])
    write_benchmark(few, tmp_path)
    arguments = ["bench", "validate", str(tmp_path / ROWS), "--store", str(store), "--jobs", "1"]
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == 0, ended.output
    assert "available: something of the answer or to come is visible in 0 of 3 rows" in ended.output
    card = json.loads((tmp_path / CARD).read_text())
    assert card["checked"]["profiles"]["available"]["visible"] == 0
    assert "visible in 0 of 3 rows" in (tmp_path / PAGE).read_text()


def test_a_card_of_other_rows_is_left_as_it_is(
    built: Built, checked: Checked, tmp_path: Path
) -> None:
    write_benchmark(built, tmp_path)
    before = (tmp_path / CARD).read_text()
    (tmp_path / ROWS).write_text("")
    assert add_check(tmp_path / ROWS, told_of(checked)) is None
    assert (tmp_path / CARD).read_text() == before
