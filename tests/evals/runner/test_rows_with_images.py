"""Rows about images, with and without a record: what a run is given, what it may not be."""

import asyncio
import csv
import io
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from clinseek.errors import SettingError
from clinseek.evals.rows import Row, read_rows, write_rows
from clinseek.evals.rows.row import UNKNOWN_MOMENT
from clinseek.evals.runner import open_run
from clinseek.evals.runner.attachments import benchmark_of
from clinseek.evals.runner.evaluation import Evaluated, run_rows
from clinseek.evals.runner.running import Limits
from clinseek.evals.runner.settings import RunSettings
from clinseek.evals.scorers import score_record
from clinseek.models import HostFacts
from clinseek.nodes.pictures import Engines
from clinseek.toolkits.imaging import Engine
from clinseek.toolkits.imaging.weights import WeightsFolder
from tests.evals.runner.wardrows import row
from tests.graphs.doubles import ScriptedModel, Ward, calling, finishing, scripted

PIL = pytest.importorskip("PIL.Image", reason="needs Pillow")
pytest.importorskip("pydicom", reason="needs pydicom")

CXR = Path(os.environ.get("CLINSEEK_OPEN_DATA", "none")) / "cxr"
CLASSIFIER = "image.chest_xray_classifier"


class Seeing(ScriptedModel):
    """A scripted model on a host that takes images."""

    facts: HostFacts = HostFacts(takes_images=True)


def looking(path: str = "s1/film.png") -> Seeing:
    """Looks at a part of the film, and says yes."""
    part = {"image_path": path, "crop": [10, 20, 60, 80]}
    look = calling(("image.image_visualizer", part), tag="look")
    return Seeing(script=[look, finishing("yes", citations=[["E1#1"]], tag="end")])


def drawn(seed: int = 0) -> bytes:
    written = io.BytesIO()
    PIL.linear_gradient("L").rotate(90 * seed).resize((100, 120)).save(written, "PNG")
    return written.getvalue()


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    (folder / "s1").mkdir(parents=True)
    (folder / "s1" / "film.png").write_bytes(drawn())
    (folder / "s1" / "report.txt").write_text("The heart is enlarged.")
    return folder


def film_row(number: int = 1, **over: Any) -> Row:
    told: dict[str, Any] = {
        "qid": f"f{number}",
        "task": "finding",
        "question": "Is the heart enlarged?",
        "answer_form": "yes_no",
        "label": "yes",
        "images": ["s1/film.png"],
        **over,
    }
    return Row(**told)


def evaluated(
    ward: Ward,
    out: Path,
    rows: Sequence[Row],
    *,
    model: ScriptedModel | None = None,
    rows_file: str = "",
    limits: Limits | None = None,
    **settings: Any,
) -> Evaluated:
    return asyncio.run(
        run_rows(
            rows,
            model=model or looking(),
            settings=RunSettings(model="scripted", **settings),
            out=out,
            store=ward.folder,
            means=ward.means(engines=Engines()),
            rows_file=rows_file,
            limits=limits or Limits(concurrency=2),
        )
    )


def test_a_row_about_an_image_is_shown_it_and_its_answer_cites_a_part_of_it(
    ward: Ward, films: Path, tmp_path: Path
) -> None:
    model, asked = looking(), film_row(reports=["s1/report.txt"])

    done = evaluated(ward, tmp_path / "run", [asked], model=model, image_root=str(films))

    (record,) = done.folder.records()
    assert (record.status, record.citations, ward.opened) == ("answered", [["E1#1"]], 0)
    assert (record.row["images"], record.row["subject_id"]) == (["s1/film.png"], None)
    assert [block["type"] for block in model.heard[0][1].content] == ["text", "image"]  # type: ignore[index]
    assert "The heart is enlarged." in model.heard[0][1].text
    assert record.evidence[0]["image"]["sha256"] == record.attached[0]["sha256"]
    assert done.folder.plan.attached["s1/film.png"] == record.attached[0]["sha256"]
    assert score_record(asked, record).value == 1.0


def test_rows_with_a_record_an_image_or_both_run_beside_each_other(
    ward: Ward, films: Path, tmp_path: Path
) -> None:
    rows = [row(1), film_row(2), row(3, images=["s1/film.png"])]
    model = Seeing(script=[finishing("3.2", tag="a")])

    evaluated(
        ward, tmp_path / "run", rows, model=model, image_root=str(films), max_revisions=0
    )  # fmt: skip

    told = {heard[1].text.count("images attached: 1"): heard[1].text for heard in model.heard}
    bound = {frozenset(name.partition(".")[0] for name in names) for names in model.bound}
    assert len(told) == 2
    assert bound == {
        frozenset({"ehr", "browser"}), frozenset({"ehr", "browser", "image"})
    }  # fmt: skip
    assert ward.opened == 2
    assert [len(record.attached) for record in open_run(tmp_path / "run").records()] == [0, 1, 1]


def test_the_folder_of_the_rows_file_is_where_images_lie_unless_another_is_named(
    ward: Ward, films: Path, tmp_path: Path
) -> None:
    write_rows(films / "rows.jsonl", [film_row()])

    done = evaluated(
        ward, tmp_path / "run", read_rows(films / "rows.jsonl"), rows_file=str(films / "rows.jsonl")
    )

    assert done.complete
    assert done.folder.settings.image_root == str(films)
    with pytest.raises(SettingError, match="name the folder that holds them"):
        evaluated(ward, tmp_path / "other", [film_row()])


@pytest.mark.parametrize("reports", [True, False])
def test_reports_are_shown_where_the_setting_allows(
    ward: Ward, films: Path, tmp_path: Path, reports: bool
) -> None:
    model = looking()
    evaluated(
        ward, tmp_path / "run", [film_row(reports=["s1/report.txt"])], model=model,
        image_root=str(films), reports_inlined=reports,
    )  # fmt: skip
    assert ("The heart is enlarged." in model.heard[0][1].text) is reports


def test_a_curated_run_sees_the_image_and_the_package_and_has_no_tool(
    ward: Ward, films: Path, tmp_path: Path
) -> None:
    model = Seeing(script=[finishing("yes", tag="end")])
    packaged = film_row(curated_evidence="BNP 900")

    evaluated(
        ward, tmp_path / "run", [packaged], model=model, image_root=str(films), setting="curated"
    )

    assert "BNP 900" in model.heard[0][1].text
    assert model.heard[0][1].content[1]["type"] == "image"  # type: ignore[index]
    assert model.bound[0] == ["ehr.finish"]


def test_a_curated_run_of_the_paper_is_one_message_with_the_images(
    ward: Ward, films: Path, tmp_path: Path
) -> None:
    from langchain_core.messages import AIMessage

    model = Seeing(script=[AIMessage('<answer>{"response": ["yes"]}</answer>')])
    packaged = film_row(curated_evidence="BNP 900", reports=["s1/report.txt"])

    done = evaluated(
        ward, tmp_path / "run", [packaged], model=model, image_root=str(films),
        setting="curated", protocol="paper",
    )  # fmt: skip

    ((message,),) = model.heard
    assert [block["type"] for block in message.content] == ["text", "image"]  # type: ignore[index]
    assert "<image_inputs>\n- s1/film.png\n</image_inputs>" in message.text
    assert "The heart is enlarged." in message.text
    (record,) = done.folder.records()
    assert (record.answer, record.attached[0]["path"]) == (["yes"], "s1/film.png")
    assert record.attached[0]["shown"] in record.images


def test_missing_images_are_told_before_anything_runs(
    ward: Ward, films: Path, tmp_path: Path
) -> None:
    rows = [film_row(at, images=[f"s1/{at}.png", "s1/film.png"]) for at in range(1, 6)]
    with pytest.raises(SettingError) as raised:
        evaluated(ward, tmp_path / "run", rows, image_root=str(films))
    told = str(raised.value)
    assert f"5 of 6 images and reports cannot be read below {films}" in told
    assert "s1/1.png, s1/2.png, s1/3.png, ..." in told
    assert "--image-root" in told
    assert not (tmp_path / "run").exists()


def test_few_missing_images_fail_their_own_runs_and_may_come_later(
    ward: Ward, films: Path, tmp_path: Path
) -> None:
    rows, limits = [film_row(1), film_row(2, images=["s1/late.png"])], Limits(fail_on_error=1)
    done = evaluated(ward, tmp_path / "run", rows, image_root=str(films), limits=limits)
    assert (done.tally.failed, done.tally.retried) == (1, 0)
    assert "s1/late.png" in done.tally.remarks[0]
    (films / "s1" / "late.png").write_bytes(drawn(1))
    model = looking("s1/late.png")
    done = evaluated(
        ward, tmp_path / "run", rows, model=model, image_root=str(films), limits=limits
    )
    assert done.complete
    assert set(done.folder.plan.attached) == {"s1/film.png", "s1/late.png"}


def test_runs_that_are_left_go_on_where_the_images_lie_now(
    ward: Ward, films: Path, tmp_path: Path
) -> None:
    rows, limits = [film_row(1), film_row(2, images=["s1/late.png"])], Limits(fail_on_error=1)
    evaluated(ward, tmp_path / "run", rows, image_root=str(films), limits=limits)
    moved = tmp_path / "moved"
    shutil.move(films, moved)
    (moved / "s1" / "late.png").write_bytes(drawn(1))
    done = evaluated(
        ward, tmp_path / "run", rows,
        model=looking("s1/late.png"), image_root=str(moved), limits=limits,
    )  # fmt: skip
    assert done.complete
    assert done.folder.plan.settings.image_root == str(moved)


def test_another_image_under_an_old_run_is_refused_and_the_same_elsewhere_is_not(
    ward: Ward, films: Path, tmp_path: Path
) -> None:
    evaluated(ward, tmp_path / "run", [film_row()], image_root=str(films))
    moved = tmp_path / "moved"
    shutil.copytree(films, moved)
    assert evaluated(ward, tmp_path / "run", [film_row()], image_root=str(moved)).complete
    (films / "s1" / "film.png").write_bytes(drawn(1))
    with pytest.raises(SettingError, match=r"1 image or report is changed \(s1/film.png\)"):
        evaluated(ward, tmp_path / "run", [film_row()], image_root=str(films))
    with pytest.raises(SettingError, match="reports_inlined was True, and is False now"):
        evaluated(
            ward, tmp_path / "run", [film_row()], image_root=str(moved), reports_inlined=False
        )


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ({"scope": "cohort", "images": []}, "ask over many patients"),
        ({"scope": "cohort", "subject_id": 7, "cutoff": "2150-01-01"}, "ask over many patients"),
        ({"subject_id": 7, "cutoff": UNKNOWN_MOMENT}, "no cutoff that is known"),
        ({"images": ["../film.png"]}, "may not hold"),
        ({"images": ["/etc/passwd"]}, "lies outside"),
    ],
)
def test_a_row_that_cannot_be_run_is_one_sentence(
    ward: Ward, films: Path, tmp_path: Path, over: dict[str, Any], told: str
) -> None:
    with pytest.raises(SettingError, match=told):
        evaluated(ward, tmp_path / "run", [film_row(**over)], image_root=str(films))


def test_a_row_over_a_cohort_of_images_is_run_over_the_images(
    ward: Ward, films: Path, tmp_path: Path
) -> None:
    asked = film_row(scope="cohort")
    assert evaluated(ward, tmp_path / "run", [asked], image_root=str(films)).complete


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ({"subject_id": 7}, "cutoff is missing"),
        ({"cutoff": "2150-01-01"}, "subject_id is missing"),
        ({"images": []}, "subject_id is missing"),
    ],
)
def test_half_a_patient_is_no_row(tmp_path: Path, over: dict[str, Any], told: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(f"{Row.model_construct(**{**dict(film_row()), **over}).model_dump_json()}\n")
    with pytest.raises(SettingError, match=rf"rows.jsonl, line 1: {told}.*\(qid f1\)"):
        read_rows(file)


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ({"task": "medmod_radiology"}, "MIMIC-CXR (medmod_radiology)"),
        ({"group": "ehrxqa"}, "MIMIC-CXR (ehrxqa)"),
        ({"metadata": {"benchmark": "MIMIC-CXR-VQA"}}, "MIMIC-CXR (MIMIC-CXR-VQA)"),
        ({"images": ["mimic-cxr/2.0.0/files/p10/a.jpg"]}, "MIMIC-CXR"),
        ({"metadata": {"benchmark": "VinDr"}}, "VinDr"),
        ({}, None),
        ({"subject_id": 7, "cutoff": "2150-01-01", "images": [], "task": "mimic"}, None),
    ],
)
def test_a_row_tells_whether_its_images_are_those_of_mimic_cxr(
    over: dict[str, Any], told: str | None
) -> None:
    assert benchmark_of(film_row(**over)) == told


def test_rows_without_a_patient_count_as_one_where_they_share_their_image() -> None:
    one, same, other = film_row(1), film_row(2), film_row(3, images=["s2/x.png"])
    assert one.cluster == same.cluster != other.cluster
    assert row(1).cluster == row(1).subject_id


@pytest.mark.skipif(not CXR.is_dir(), reason="needs the open radiographs of CLINSEEK_OPEN_DATA")
def test_real_films_are_evaluated_and_scored_against_their_published_labels(
    ward: Ward, tmp_path: Path
) -> None:
    labels = {each["Image Index"]: each for each in _csv(CXR / "nih_labels.csv")}
    files = sorted(file.name for file in CXR.glob("nih_*.png"))[:4]
    rows = [
        film_row(
            at, images=[name], question="Is there a finding?",
            label="no" if _no_finding(labels, name) else "yes",
        )
        for at, name in enumerate(files)
    ]  # fmt: skip

    def look(messages: Any) -> Any:
        name = next(each for each in files if f"image 1: {each}" in messages[1].text)
        calls: list[tuple[str, dict[str, Any]]] = [
            ("image.image_visualizer", {"image_path": name, "grid": True}),
            ("image.image_visualizer", {"image_path": name, "crop": [100, 100, 400, 500]}),
        ]
        return calling(*calls, tag="look")

    model = Seeing(script=[look, finishing("yes", citations=[["E2#1"]], tag="end")])
    done = evaluated(ward, tmp_path / "run", rows, model=model, image_root=str(CXR))

    records = list(done.folder.records())
    assert done.complete
    assert all(record.citations == [["E2#1"]] for record in records)
    assert {record.evidence[1]["image"]["path"] for record in records} == set(files)
    scores = [score_record(*pair).value for pair in zip(rows, records, strict=True)]
    assert scores == [float(asked.label == "yes") for asked in rows]


def _csv(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


def _no_finding(labels: dict[str, dict[str, str]], name: str) -> bool:
    return "No Finding" in str(labels.get(name.removeprefix("nih_")) or labels.get(name))


def test_a_text_run_names_no_folder_of_images(ward: Ward, tmp_path: Path) -> None:
    model = scripted(finishing("3.2", tag="a"))
    done = evaluated(
        ward, tmp_path / "run", [row(1)], model=model, rows_file="rows.jsonl", max_revisions=0
    )
    assert (done.folder.settings.image_root, done.folder.plan.attached) == (None, {})


class Scoring(Engine):
    """An engine whose classifier needs no weights: every finding at its operating point."""

    def why_absent(self, tool: str) -> str | None:
        return None if tool == CLASSIFIER else super().why_absent(tool)

    def weights_hash(self, tool: str) -> str:
        return tool

    def scores(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.full(18, 0.5, np.float32)


class ScoringEngines(Engines):
    """Engines of that kind, one for all runs."""

    def __init__(self, weights: Path) -> None:
        super().__init__()
        self._only = Scoring(WeightsFolder(weights), environment={})

    def engine(self) -> Engine:
        return self._only


def test_a_model_that_was_trained_on_the_benchmarks_images_says_so_in_its_runs_alone(
    ward: Ward, films: Path, tmp_path: Path
) -> None:
    pytest.importorskip("torch", reason="the classifier needs torch")
    rows = [film_row(1, group="medmod"), film_row(2)]
    look = calling((CLASSIFIER, {"image_path": "s1/film.png"}), tag="look")
    model = Seeing(script=[look, finishing("yes", citations=[["E1"]], tag="end")])

    asyncio.run(
        run_rows(
            rows, model=model, out=tmp_path / "run", store=ward.folder,
            settings=RunSettings(model="scripted", image_root=str(films)),
            means=ward.means(engines=ScoringEngines(tmp_path / "weights")),
        )
    )  # fmt: skip

    told = [str(record.messages) for record in open_run(tmp_path / "run").records()]
    assert ["contamination_warning" in each for each in told] == [True, False]
    assert all("trained_on" in each for each in told)
