"""ClinSeek-Bench multimodal from folders in the shape of its sources: rows, moments, images."""

import json
import math
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clinseek.evals.benchmarks.multimodal import Rebuilt
from clinseek.evals.benchmarks.multimodal.choosing import of_instances
from clinseek.evals.benchmarks.multimodal.medmod import read_instances, read_stays
from clinseek.evals.benchmarks.multimodal.patients import Patients
from clinseek.evals.benchmarks.multimodal.sources import sources_of
from clinseek.evals.benchmarks.suites import SUITES, validate_suite
from clinseek.evals.rows import Row, read_rows
from clinseek.toolkits.ehr.case import open_case
from clinseek.toolkits.ehr.store import Store
from tests.evals.benchmarks.multimodal.conftest import PER_TASK, Cohort
from tests.evals.benchmarks.multimodal.source_folders import raw_rows


@pytest.fixture(scope="module")
def rows(rebuilt: Rebuilt) -> list[Row]:
    return read_rows(rebuilt.prepared.file)


@pytest.fixture(scope="module")
def questions(cohort: Cohort) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads(
        (cohort.ehrxqa / "ehrxqa" / "dataset" / "test.json").read_text()
    )
    return read


def _first_second(time: str) -> str:
    read = datetime.fromisoformat(time)
    return str(read.replace(microsecond=0) + timedelta(seconds=math.ceil(read.microsecond / 1e6)))


def _bedside_films(cohort: Cohort) -> dict[int, list[tuple[str, int]]]:
    """Of each patient the moments of films from front to back, read from the raw metadata."""
    views = {
        row["study_id"]: row["ViewPosition"]
        for row in raw_rows(cohort.raw, "cxr/mimic-cxr-2.0.0-metadata")
    }
    found: dict[int, list[tuple[str, int]]] = {}
    for line in (cohort.cxr / "drawn_findings.jsonl").read_text().splitlines():
        study = json.loads(line)
        if views[str(study["study_id"])] == "AP":
            found.setdefault(study["subject_id"], []).append((study["time"], study["study_id"]))
    return found


def test_every_question_that_names_its_studies_is_a_row_and_the_others_are_counted(
    rebuilt: Rebuilt, rows: list[Row], questions: list[dict[str, Any]]
) -> None:
    left_out = dict(rebuilt.report.left_out)
    assert left_out["asks EHRXQA's tables, whose values are shuffled"] == 1
    assert left_out["names a study by a time in EHRXQA's own clock"] == 2
    assert left_out["names a study that tb_cxr.csv does not have"] == 1
    asked = [question for question in questions[:-5] if question["answer"]]
    of_ehrxqa = [row for row in rows if row.group == "ehrxqa"]
    assert [row.qid for row in of_ehrxqa] == [f"ehrxqa_test_{each['id']}" for each in asked]
    for row, question in zip(of_ehrxqa, asked, strict=True):
        assert question["question"] in row.question
        gold = question["answer"]
        polar = {1: "yes", 0: "no"}.get(gold[0]) if len(gold) == 1 else None
        assert row.label == (polar or gold)


def test_rows_of_ehrxqa_are_set_when_the_record_has_their_films_not_in_ehrxqas_clock(
    cohort: Cohort, rows: list[Row]
) -> None:
    times = {study["study_id"]: study["time"] for study in cohort.studies}
    for row in [row for row in rows if row.group == "ehrxqa"]:
        studies = [int(Path(image).parent.name[1:]) for image in row.images]
        assert row.cutoff == max(_first_second(times[study]) for study in studies)
        assert str(row.cutoff) > "2106"


def test_images_and_reports_are_those_of_mimic_cxr(
    cohort: Cohort, rebuilt: Rebuilt, rows: list[Row]
) -> None:
    for row in rows:
        assert row.images
        for image in row.images:
            original = cohort.cxr / image.removeprefix("mimic-cxr/2.0.0/")
            assert (rebuilt.folder / image).read_bytes() == original.read_bytes()
        assert len(row.reports) == (len(row.images) if row.group == "ehrxqa" else 0)
        for report in row.reports:
            assert "IMPRESSION" in (rebuilt.folder / report).read_text().upper()


def test_each_task_of_medmod_gives_so_many_rows_at_its_moment_with_the_newest_bedside_film(
    cohort: Cohort, rows: list[Row]
) -> None:
    of_medmod = [row for row in rows if row.group == "medmod"]
    assert set(Counter(row.task for row in of_medmod).values()) == {PER_TASK}
    stays = {int(stay["stay_id"]): stay for stay in raw_rows(cohort.raw, "icu/icustays")}
    films = _bedside_films(cohort)
    for row in of_medmod:
        stay = stays[row.stay_id or 0]
        begin = datetime.fromisoformat(stay["intime"])
        hours = {
            "medmod_in_hospital_mortality": 48.0,
            "medmod_decompensation": float(row.qid.rpartition("_")[2]),
        }.get(row.task)
        if hours is not None:
            assert row.cutoff == str(begin + timedelta(hours=hours))
        elif row.task == "medmod_phenotyping":
            assert row.cutoff == stay["outtime"]
        seen = [
            (time, study_id)
            for time, study_id in films[row.subject_id or 0]
            if stay["intime"] <= time <= str(row.cutoff)
        ]
        assert f"/s{max(seen)[1]}/" in row.images[0]


def test_findings_asked_for_are_those_of_chexpert(cohort: Cohort, rows: list[Row]) -> None:
    labels = {
        int(row["study_id"]): {name for name, cell in row.items() if cell == "1.0"}
        for row in raw_rows(cohort.raw, "cxr/mimic-cxr-2.0.0-chexpert")
    }
    asked = [row for row in rows if row.task == "medmod_radiology"]
    assert asked
    for row in asked:
        study = int(Path(row.images[0]).parent.name[1:])
        assert isinstance(row.label, list)
        assert set(map(str, row.label)) == labels[study]


def test_the_six_groups_of_the_published_table_are_there(rows: list[Row]) -> None:
    assert {row.task_type for row in rows} == {
        "presence", "enumeration", "comparison", "decompensation", "mortality", "phenotype",
    }  # fmt: skip


def test_the_record_at_a_cutoff_shows_the_films_and_not_what_was_read_off_them(
    rebuilt: Rebuilt, rows: list[Row]
) -> None:
    assert rebuilt.prepared.visible["available"].visible == []
    assert {"medmod_radiology"} <= {
        row.task for row in rows if row.qid in rebuilt.prepared.visible["reference"].visible
    }
    row = next(row for row in rows if row.task == "medmod_radiology")
    study = int(Path(row.images[0]).parent.name[1:])
    with closing(open_case(rebuilt.store, row.bound[0], cutoff=row.bound[1])) as case:
        found = case.select(
            "SELECT chexpert_pleural_effusion FROM cxr WHERE study_id = ?", [study]
        ).rows
    assert found == [(None,)]


def test_the_validator_finds_what_was_made(rebuilt: Rebuilt, rows: list[Row]) -> None:
    report = validate_suite(SUITES["clinseek-multimodal"], rebuilt.folder)
    found = {count.what: count.found for count in report.counts}
    assert found["rows"] == len(rows)
    assert found["images of medmod"] == len(
        {image for row in rows if row.group == "medmod" for image in row.images}
    )
    assert report.faults == []
    told = json.loads((rebuilt.folder / "rebuild.json").read_text())
    parts = {part["source"]: part for part in told["parts"]}
    assert parts["ehrxqa"]["rows"] + parts["medmod"]["rows"] == len(rows)
    assert parts["ehrxqa"]["patients"] == len(
        {row.subject_id for row in rows if row.group == "ehrxqa"}
    )


def test_a_seed_draws_the_same_instances_whatever_else_is_in_the_lists(cohort: Cohort) -> None:
    found = sources_of(
        ehrxqa=None,
        medmod=cohort.medmod,
        cxr=[cohort.cxr],
        splits={"ehrxqa": ["test"], "medmod": ["test"]},
    )
    assert found.medmod is not None
    stays, patients = read_stays(found.medmod), Patients(Store.open(cohort.store))
    instances = [
        instance
        for (task, split), file in found.medmod.lists.items()
        for instance in read_instances(file, task, split)
    ]

    def drawn(seed: int, *, of: int = len(instances)) -> list[str]:
        chosen = of_instances(instances[-of:], stays, patients, per_task=PER_TASK, seed=seed)
        return [item.qid for item in chosen.items]

    assert drawn(42) == drawn(42) != drawn(43)
    kept = set(drawn(42)) & {instance.qid for instance in instances[20:]}
    assert kept <= set(drawn(42, of=len(instances) - 20))
