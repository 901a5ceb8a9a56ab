"""A rebuild of exactly the rows of a released manifest, compared with the sources."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.multimodal import Rebuilt, rebuild_multimodal
from clinseek.evals.rows import read_rows
from tests.evals.benchmarks.multimodal.conftest import Cohort

STRANGE = {
    "source_benchmark": "ehrxqa", "subject_id": 1, "ground_truth": "yes", "question": "?",
    "prediction_time": "2104-01-01", "image_paths": ["files/p10/p10000019/s50000001/a.jpg"],
}  # fmt: skip
FEW = ("ehrxqa_test_0", "ehrxqa_test_1")


def _manifest(
    rebuilt: Rebuilt, file: Path, change: Callable[[dict[str, Any]], None] = lambda _held: None
) -> Path:
    """Two rows of EHRXQA and one of each task of MedMod, written as the release writes them."""
    lines = (rebuilt.folder / "mm_bench.jsonl").read_text().splitlines()
    of_task: dict[str, dict[str, Any]] = {}
    for line in lines:
        held = json.loads(line)
        if held["source_benchmark"] == "medmod" or held["qid"] in FEW:
            of_task.setdefault(held["qid"] if held["qid"] in FEW else held["task"], held)
    for held in of_task.values():
        prefix = "EHRXQA" if held["source_benchmark"] == "ehrxqa" else "MedMod"
        for paths in ("image_paths", "report_paths"):
            held[paths] = [f"{prefix}OriginalLinked_v1/{path}" for path in held[paths]]
        if prefix == "EHRXQA":
            held["prediction_time"] = "2104-02-05 17:23:13"
        change(held)
    file.write_text("".join(json.dumps(held) + "\n" for held in of_task.values()))
    return file


def _rebuild(cohort: Cohort, manifest: Path, out: Path, *, without_medmod: bool = False) -> Rebuilt:
    medmod = None if without_medmod else cohort.medmod
    return rebuild_multimodal(
        ehrxqa=cohort.ehrxqa, medmod=medmod, cxr=[cohort.cxr], store=cohort.store, out=out,
        manifest=manifest,
    )  # fmt: skip


def test_a_manifest_gives_its_own_rows_at_the_moments_of_the_record(
    cohort: Cohort, rebuilt: Rebuilt, tmp_path: Path
) -> None:
    again = _rebuild(cohort, _manifest(rebuilt, tmp_path / "mm.jsonl"), tmp_path / "out")
    before = {row.qid: row for row in rebuilt.prepared.rows}
    rows = read_rows(again.prepared.file)
    assert len(rows) == 6
    for row in rows:
        assert row == before[row.qid].model_copy(update={"metadata": row.metadata})
    assert again.report.differences == {}


def test_what_manifest_and_sources_do_not_say_alike_is_told_row_by_row(
    cohort: Cohort, rebuilt: Rebuilt, tmp_path: Path
) -> None:
    def changed(held: dict[str, Any]) -> None:
        if held["qid"] == FEW[0]:
            held["ground_truth"] = [{"name": "nobody knows"}]
        elif held["qid"] == FEW[1]:
            held["qid"] = "ehrxqa_test_99999"
        elif held["task"] == "medmod_in_hospital_mortality":
            held["prediction_time"] = "2190-01-01 00:00:00"
        elif held["task"] == "medmod_radiology":
            held["ground_truth"] = [{"name": "Fracture"}]

    again = _rebuild(cohort, _manifest(rebuilt, tmp_path / "mm.jsonl", changed), tmp_path / "out")
    differences = again.report.differences
    assert differences["another answer than in EHRXQA"] == [FEW[0]]
    assert differences["not in EHRXQA's split"] == ["ehrxqa_test_99999"]
    assert len(differences["another moment than in MedMod"]) == 1
    assert len(differences["findings are not those of CheXpert"]) == 1


def test_what_the_store_lacks_is_counted_and_a_source_that_is_not_at_hand_not_compared(
    cohort: Cohort, rebuilt: Rebuilt, tmp_path: Path
) -> None:
    def changed(held: dict[str, Any]) -> None:
        if held["qid"] == FEW[0]:
            held["subject_id"] = 19999999
        elif held["qid"] == FEW[1]:
            held["image_paths"] = [path.replace("/s", "/s1") for path in held["image_paths"]]
        elif held["task"] == "medmod_radiology":
            held["subject_id"] = 991000001

    manifest = _manifest(rebuilt, tmp_path / "mm.jsonl", changed)
    again = _rebuild(cohort, manifest, tmp_path / "out", without_medmod=True)
    assert again.report.differences == {}
    assert dict(again.report.left_out) == {
        "patient is not in the store": 1,
        "an X-ray is not in the store": 1,
        "asks over many patients": 1,
    }
    assert len(again.prepared.rows) == 3


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"qid": "ehrxqa_test_1", ', "line 1: no JSON"),
        (json.dumps({**STRANGE, "qid": "row-7"}), "a manifest of another release"),
        ("", "holds no rows"),
    ],
)
def test_a_manifest_that_cannot_be_is_named_by_its_line(
    line: str, said: str, cohort: Cohort, tmp_path: Path
) -> None:
    (tmp_path / "mm.jsonl").write_text(line)
    with pytest.raises(SettingError, match=said):
        _rebuild(cohort, tmp_path / "mm.jsonl", tmp_path / "out")
    assert not (tmp_path / "out").exists()
