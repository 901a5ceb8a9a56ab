"""Multimodal rows over drawn chest films: answers are what the films were drawn with."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path

import pytest

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.synthetic import PreparedSynthetic, prepare_synthetic
from clinseek.evals.benchmarks.synthetic.film_questions import CHANGES, LISTED, NONE
from clinseek.evals.curated import package
from clinseek.evals.rows import Row, read_rows
from clinseek.toolkits.ehr.case import open_case

pytest.importorskip("PIL", reason="needs Pillow")

PATIENTS, PER_TASK, SEED = 12, 4, 3


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> PreparedSynthetic:
    out = tmp_path_factory.mktemp("bench") / "made"
    return prepare_synthetic(out, patients=PATIENTS, per_task=PER_TASK, seed=SEED, images=True)


@pytest.fixture(scope="module")
def rows(prepared: PreparedSynthetic) -> list[Row]:
    return read_rows(prepared.files["multimodal"])


@pytest.fixture(scope="module")
def reports(prepared: PreparedSynthetic) -> dict[str, str]:
    """The report of each image, by the image's path."""
    root = prepared.store.parent
    return {
        path.relative_to(root).as_posix(): path.parent.with_suffix(".txt").read_text()
        for path in root.glob("files/*/*/*/*.jpg")
    }


SAID = {
    "pleural effusion": ("effusion.", "effusions."),
    "pneumothorax": (" pneumothorax.",),
    "consolidation": ("consolidation in the",),
    "pulmonary edema": ("pulmonary edema.",),
    "cardiomegaly": ("heart is enlarged",),
    "endotracheal tube": ("endotracheal tube ends",),
    "central venous line": ("central venous line ends",),
    "pacemaker": ("pacemaker has leads",),
    "bibasilar opacities": ("bibasilar opacities",),
    "hyperinflation": ("hyperinflated",),
}
"""Words by which a report says that a finding is there, written here by hand."""


def _says(report: str, finding: str) -> bool:
    denied = f"no {finding}." in report
    return not denied and any(words in report for words in SAID[finding])


def test_images_lie_below_the_folder_of_the_rows(
    prepared: PreparedSynthetic, rows: list[Row]
) -> None:
    assert prepared.rows["multimodal"] == len(rows) > 30
    for row in rows:
        assert row.images
        assert all((prepared.store.parent / image).is_file() for image in row.images)
        assert row.subject_id is not None
        assert all(f"/p{row.subject_id}/" in image for image in row.images)


def test_all_four_groups_are_there(rows: list[Row]) -> None:
    assert {row.group for row in rows} == {"presence", "enumeration", "comparison", "outcome"}


def test_presence_has_yes_as_often_as_no_and_the_report_agrees(
    rows: list[Row], reports: dict[str, str]
) -> None:
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.group != "presence":
            continue
        answers[row.task][str(row.label)] += 1
        finding = row.task.removeprefix("presence_").replace("_", " ")
        assert _says(reports[row.images[0]], finding) == (row.label == "yes")
    assert len(answers) >= 6
    assert all(counts["yes"] == counts["no"] for counts in answers.values())


def test_enumeration_lists_what_the_report_says_and_nothing_else(
    rows: list[Row], reports: dict[str, str]
) -> None:
    asked = [row for row in rows if row.group == "enumeration"]
    assert asked
    for row in asked:
        assert row.candidates == list(LISTED)
        said = {finding for finding in SAID if _says(reports[row.images[0]], finding)}
        assert isinstance(row.label, list)
        assert set(map(str, row.label)) == (said or {NONE})


def test_comparison_shows_the_earlier_film_first_and_each_change_in_turn(
    rows: list[Row], reports: dict[str, str]
) -> None:
    asked = [row for row in rows if row.group == "comparison"]
    assert {str(row.label) for row in asked} == {str([change]) for change in CHANGES}
    for row in asked:
        (finding,) = (name for name in SAID if name.split()[-1] in row.question)
        before, after = (_says(reports[image], finding) for image in row.images)
        change = {(False, True): "new", (True, False): "resolved", (True, True): "present on both",
                  (False, False): "absent from both"}[before, after]  # fmt: skip
        assert row.label == [change]


def test_films_are_in_the_record_at_the_cutoff_and_their_reading_is_not(
    prepared: PreparedSynthetic, rows: list[Row]
) -> None:
    for row in [row for row in rows if row.group == "presence"][::8]:
        with closing(open_case(prepared.store, row.bound[0], cutoff=row.bound[1])) as case:
            found = case.select(
                "SELECT image_path, report_path, chexpert_pneumothorax FROM cxr "
                "ORDER BY studydatetime DESC LIMIT ?", [len(row.images)],
            ).rows  # fmt: skip
            assert {path for path, _, _ in found} == set(row.images)
            assert all(cells[1:] == (None, None) for cells in found)
            assert row.curated_evidence == package(case)


def test_outcome_questions_have_the_newest_film_before_their_cutoff(
    prepared: PreparedSynthetic, rows: list[Row]
) -> None:
    asked = [row for row in rows if row.group == "outcome"]
    assert {row.label for row in asked} == {"yes", "no"}
    for row in asked:
        with closing(open_case(prepared.store, row.bound[0], cutoff=row.bound[1])) as case:
            newest = case.select("SELECT image_path FROM cxr ORDER BY studydatetime DESC").rows
        assert newest[0][0] in row.images


def test_a_folder_that_holds_films_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    with pytest.raises(SettingError, match="holds films already"):
        prepare_synthetic(tmp_path, patients=1, images=True)
