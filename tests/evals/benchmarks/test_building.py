"""Building a benchmark over a store of the synthetic cohort, and what must hold of its rows."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from clinseek.evals.benchmarks.building import BuildProgress, BuildSettings, Built, TaskRows, build
from clinseek.evals.benchmarks.data_card import DEMO_ATTRIBUTION, card_of, card_page
from clinseek.evals.benchmarks.examining import Drawn, telling_cell
from clinseek.evals.benchmarks.splits import split_of
from clinseek.evals.benchmarks.tasks import TASKS, Question, tasks_named
from clinseek.evals.benchmarks.tasks.happenings import EVENT_TIMES
from clinseek.evals.benchmarks.writing import CARD, PAGE, ROWS, write_benchmark
from clinseek.evals.curated import package
from clinseek.evals.rows import Row, read_rows
from clinseek.toolkits.ehr.case import open_case, reader
from clinseek.toolkits.ehr.case.label import label_clock
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.synthetic import synthesise

PATIENTS, PER_TASK = 24, 4
SETTINGS = BuildSettings(per_task=PER_TASK, seed=3)
_ATC = "prescriptions_atc"
_CLASSES = ("Diuretics", "Opioids", "Electrolytes")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cohort with CCS categories and, made up, a class for every drug."""
    place = tmp_path_factory.mktemp("bench")
    raw = place / "raw"
    synthesise(raw, patients=PATIENTS, seed=11)
    ingest([raw], place / "first")
    drugs = {
        code
        for table in ("prescriptions", "medrecon")
        for file in (place / "first" / "tables" / table).glob("*.parquet")
        for code in pq.read_table(file)["ndc"].to_pylist()
        if code
    }
    lists = raw / "codes" / "vocabularies"
    lists.mkdir()
    lines = [f"{code.zfill(11)},{_CLASSES[n % 3]}" for n, code in enumerate(sorted(drugs))]
    (lists / f"{_ATC}.csv").write_text("\n".join(["code,title", *lines]) + "\n")
    ingest([raw], place / "store", codes=raw / "codes")
    return place / "store"


@pytest.fixture(scope="module")
def built(store: Path) -> Built:
    return build(store, tasks_named(["all"]), settings=SETTINGS)


@pytest.fixture(scope="module")
def rows(built: Built) -> list[Row]:
    return built.rows


def made(built: Built, name: str) -> TaskRows:
    return next(each for each in built.tasks if each.task.name == name)


def patient_of(row: Row) -> int:
    assert row.subject_id is not None
    return row.subject_id


def cutoff_of(row: Row) -> str:
    assert row.cutoff is not None
    return row.cutoff


def label_of(row: Row) -> list[Any]:
    assert isinstance(row.label, list)
    return row.label


def moment_of(row: Row) -> str:
    """When the event comes that is asked for: the cutoff and the task's gap."""
    gap = timedelta(minutes=1) if row.task.startswith("agentehr_") else timedelta(seconds=1)
    return str(datetime.fromisoformat(cutoff_of(row)) + gap)


def raw(store: Path, row: Row, table: str) -> Iterator[dict[str, Any]]:
    yield from Store.open(store).read_subject(patient_of(row))[table].to_pylist()


def test_every_task_is_given_or_says_in_a_sentence_why_not(built: Built) -> None:
    assert [each.task.name for each in built.tasks] == list(TASKS)
    for each in built.tasks:
        assert each.not_given is None
        assert each.rows or each.remarks
    assert len({row.task for row in built.rows}) >= 40


def test_rows_are_of_their_task_and_stand_by_patient_and_time(rows: list[Row]) -> None:
    places = [(list(TASKS).index(row.task), row.subject_id, row.cutoff) for row in rows]
    assert places == sorted(places)
    assert len({row.qid for row in rows}) == len(rows)
    for row in rows:
        assert row.question == TASKS[row.task].question
        assert row.answer_form == TASKS[row.task].form
        assert row.metadata["split"] == split_of(patient_of(row))


def test_yes_and_no_are_balanced_unless_their_prevalence_is_wanted(
    store: Path, built: Built
) -> None:
    for each in built.tasks:
        if each.task.is_yes_or_no:
            counted = Counter(str(row.label) for row in each.rows)
            assert counted["yes"] == counted["no"] <= PER_TASK // 2
    name = "LengthOfStay_3day"
    settings = SETTINGS._replace(per_task=500, prevalence="natural")
    (natural,) = build(store, tasks_named([name]), settings=settings).tasks
    assert len(natural.rows) == natural.found.asked - sum(natural.dropped.values())
    assert natural.examined == natural.found.asked


def test_questions_are_spread_over_patients(built: Built) -> None:
    for name in ("labevents", "emar", "poe", "LengthOfStay_7day"):
        held = made(built, name).rows
        assert len(held) == PER_TASK
        assert max(Counter(row.subject_id for row in held).values()) <= 2


def test_the_evidence_is_packaged_from_the_case_at_the_same_cutoff(
    store: Path, rows: list[Row]
) -> None:
    for row in rows[:: len(rows) // 8]:
        with closing(open_case(store, patient_of(row), cutoff=cutoff_of(row))) as case:
            assert row.curated_evidence == package(case)


def test_no_row_tells_its_answer_at_its_cutoff(store: Path, rows: list[Row]) -> None:
    tables = frozenset(Store.open(store).tables)
    for row in rows[:: len(rows) // 60]:
        question = Question(cutoff_of(row), (), row.hadm_id, row.stay_id, moment_of(row))
        with (
            closing(open_case(store, patient_of(row), cutoff=cutoff_of(row))) as case,
            reader(case) as connection,
        ):
            assert telling_cell(connection, Drawn(0, row.task, question), tables=tables) is None


def test_the_event_that_is_asked_for_is_known_only_after_the_cutoff(
    store: Path, rows: list[Row]
) -> None:
    asked = [row for row in rows if row.task.removeprefix("agentehr_") in EVENT_TIMES]
    assert len({row.task for row in asked}) >= 10
    for row in asked:
        table = row.task.removeprefix("agentehr_")
        if table == "microbiologyevents":
            continue
        with label_clock(store, patient_of(row)) as clock:
            found = clock.known_at(table=table, where={EVENT_TIMES[table]: moment_of(row)})
        assert found
        assert not any(label.visible_at(cutoff_of(row)) for label in found)


def test_labels_agree_with_a_second_reading_of_the_raw_record(store: Path, built: Built) -> None:
    labels = {
        item["itemid"]: item["label"].strip()
        for item in pq.read_table(store / "dictionaries" / "d_labitems.parquet").to_pylist()
    }
    for row in made(built, "labevents").rows:
        drawn = {
            labels[lab["itemid"]]
            for lab in raw(store, row, "labevents")
            if lab["hadm_id"] == row.hadm_id and str(lab["charttime"]) == moment_of(row)
        }
        assert sorted(drawn) == row.label
    for row in made(built, "LengthOfStay_7day").rows:
        (stay,) = (a for a in raw(store, row, "admissions") if a["hadm_id"] == row.hadm_id)
        assert row.cutoff == str(stay["admittime"] + timedelta(days=1))
        longer = stay["dischtime"] - stay["admittime"] > timedelta(days=7)
        assert row.label == ("yes" if longer else "no")


def test_short_pools_are_the_candidates_of_every_row_and_hold_every_answer(
    built: Built,
) -> None:
    for each in built.tasks:
        offered = {tuple(row.candidates or ()) for row in each.rows}
        assert len(offered) <= 1
        for row in each.rows:
            label = [row.label] if isinstance(row.label, str) else label_of(row)
            assert not row.candidates or set(label) <= set(row.candidates)


def test_long_pools_are_cut_around_the_answer_only_where_that_is_asked_for(store: Path) -> None:
    settings = SETTINGS._replace(candidates="published")
    (cut,) = build(store, tasks_named(["chartevents"]), settings=settings).tasks
    assert cut.pool > 100
    for row in cut.rows:
        assert len(row.candidates or ()) == 100
        assert set(label_of(row)) <= set(row.candidates or ())
    (frozen,) = build(store, tasks_named(["chartevents"]), settings=SETTINGS).tasks
    assert {row.candidates is None for row in frozen.rows} == {True}
    assert {row.vocabulary for row in frozen.rows} == {"items"}


def test_what_is_ordered_ahead_is_dropped_and_counted(built: Built) -> None:
    dropped = made(built, "agentehr_prescriptions").dropped
    assert dropped["prescriptions at the moment that is asked for"] > 0


def test_a_task_that_has_less_than_was_asked_for_gives_all_and_says_so(built: Built) -> None:
    few = [
        each for each in built.tasks
        if 0 < len(each.rows) < PER_TASK and not each.task.is_yes_or_no
    ]  # fmt: skip
    some = [each for each in built.tasks if len(each.rows) < PER_TASK]
    assert some
    for each in (*few, *some):
        assert each.remarks


def test_the_same_seed_gives_the_same_bytes_in_any_number_of_processes(
    store: Path, tmp_path: Path
) -> None:
    tasks = tasks_named(["labevents", "Readmission_30day", "medmod_length_of_stay"])
    files = []
    for jobs in (1, 2):
        folder = tmp_path / str(jobs)
        folder.mkdir()
        write_benchmark(build(store, tasks, settings=SETTINGS, jobs=jobs), folder)
        files.append({name: (folder / name).read_bytes() for name in (ROWS, CARD, PAGE)})
    assert files[0] == files[1]
    other = build(store, tasks, settings=SETTINGS._replace(seed=4))
    assert [row.qid for row in other.rows] != [row.qid for row in read_rows(tmp_path / "1" / ROWS)]


def test_one_split_holds_only_its_own_patients(store: Path) -> None:
    tasks = tasks_named(["labevents"])
    held = {
        split: {
            row.subject_id
            for row in build(store, tasks, settings=SETTINGS._replace(split=split)).rows
        }
        for split in ("train", "test")
    }
    assert held["train"]
    assert not held["train"] & held["test"]
    assert {split_of(subject or 0) for subject in held["train"]} == {"train"}


def test_the_card_counts_what_is_in_the_file(built: Built, tmp_path: Path) -> None:
    card = write_benchmark(built, tmp_path)
    written = (tmp_path / ROWS).read_bytes()
    assert card == json.loads((tmp_path / CARD).read_text())
    assert card["hashes"]["rows"] == hashlib.sha256(written).hexdigest()
    assert card["hashes"]["store"] == built.store.fingerprint
    assert (
        card["counts"]["rows"]
        == len(read_rows(tmp_path / ROWS))
        == sum(task["rows"] for task in card["tasks"].values())
    )
    assert sum(card["counts"]["splits"].values()) == card["counts"]["rows"]
    assert card["attribution"] != DEMO_ATTRIBUTION
    page = (tmp_path / PAGE).read_text()
    assert page == card_page(card)
    assert all(f"| {name} |" in page for name in TASKS)
    assert card == card_of(built, written)


def test_progress_counts_patients_and_then_questions(store: Path) -> None:
    told: list[BuildProgress] = []
    build(store, tasks_named(["services"]), settings=SETTINGS, progress=told.append)
    patients = [each for each in told if each.stage == "patients"]
    questions = [each for each in told if each.stage == "questions"]
    assert (patients[0].done, patients[-1].done) == (0, PATIENTS)
    assert questions[-1].done == questions[-1].total >= PER_TASK


def test_a_store_without_notes_ed_or_code_lists_gives_the_other_tasks(tmp_path: Path) -> None:
    synthesise(tmp_path / "raw", patients=3, seed=5)
    for module in ("ed", "note", "icu"):
        for file in (tmp_path / "raw" / module).iterdir():
            file.unlink()
    ingest([tmp_path / "raw" / "hosp"], tmp_path / "store")
    given = build(tmp_path / "store", tasks_named(["all"]), settings=SETTINGS)
    sentences = [each.not_given for each in given.tasks if each.not_given]
    assert any("no radiology, which is of the notes" in told for told in sentences)
    assert any("no pyxis, which is of the emergency department" in told for told in sentences)
    assert any("no icustays, which is of the intensive care" in told for told in sentences)
    assert any("ingest with --codes" in told for told in sentences)
    assert any("prescriptions_atc=FILE.csv" in told for told in sentences)
    assert {"labevents", "poe", "services"} <= {row.task for row in given.rows}
    poe = made(given, "poe").rows[0]
    assert poe.candidates is None  # three patients are too few for a list out of their rows
