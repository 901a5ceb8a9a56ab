"""What is missing, broken or of another release is told in one sentence, and nothing is made."""

import gzip
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.multimodal import rebuild_multimodal
from clinseek.evals.benchmarks.multimodal.ehrxqa import asked_films, read_questions
from clinseek.evals.benchmarks.multimodal.films_store import store_with_films
from clinseek.evals.benchmarks.multimodal.sources import sources_of
from clinseek.toolkits.ehr.store import Store, ingest
from tests.evals.benchmarks.multimodal.conftest import ASKED, Cohort


def _rebuild(cohort: Cohort, out: Path, **others: Any) -> None:
    named = {
        "ehrxqa": cohort.ehrxqa, "medmod": cohort.medmod, "cxr": [cohort.cxr],
        "store": cohort.store, "per_task": 1,
    }  # fmt: skip
    rebuild_multimodal(**{**named, **others}, out=out)


def _questions(cohort: Cohort) -> Path:
    return cohort.ehrxqa / "ehrxqa" / "dataset" / "test.json"


def _list(cohort: Cohort, task: str) -> Path:
    return cohort.medmod / "data_full" / task / "test_listfile.csv"


def test_everything_that_is_missing_is_named_at_once(copied: Cohort, tmp_path: Path) -> None:
    _questions(copied).unlink()
    _list(copied, "phenotyping").unlink()
    (copied.medmod / "data_full" / "root" / "all_stays.csv").unlink()
    with pytest.raises(SettingError) as refused:
        _rebuild(copied, tmp_path / "out", cxr=[tmp_path])
    for name in ("dataset/test.json of EHRXQA 1.0.0", "phenotyping/test_listfile.csv of MedMod",
                 "root/all_stays.csv of MedMod", "files/p10/... of MIMIC-CXR-JPG"):  # fmt: skip
        assert name in str(refused.value)


@pytest.mark.parametrize("option", ["ehrxqa", "medmod", "cxr"])
def test_a_folder_that_is_not_there_is_named_with_its_option(
    option: str, cohort: Cohort, tmp_path: Path
) -> None:
    nowhere = tmp_path / "nowhere"
    told: Any = [nowhere] if option == "cxr" else nowhere
    with pytest.raises(SettingError, match=f"--{option} {nowhere}: there is no such folder"):
        _rebuild(cohort, tmp_path / "out", **{option: told})


def test_a_rebuild_needs_a_source(cohort: Cohort, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="name --ehrxqa, --medmod or both"):
        _rebuild(cohort, tmp_path / "out", ehrxqa=None, medmod=None)


def _of_two_studies(copied: Cohort) -> Cohort:
    """Of all questions those about two studies of one patient."""
    file = _questions(copied)
    kept = {study["study_id"] for study in copied.studies[:2]}
    asked = [each for each in json.loads(file.read_text()) if {*each["value"].values()} <= kept]
    file.write_text(json.dumps(asked))
    return copied


def _break_json(copied: Cohort) -> str:
    file = _questions(copied)
    lines = file.read_text().splitlines()
    lines[6] = "{"
    file.write_text("\n".join(lines))
    return f"{file}, line 7: no JSON"


def _unanswered(copied: Cohort) -> str:
    file = _questions(copied)
    held = json.loads(file.read_text())
    del held[0]["answer"]
    file.write_text(json.dumps(held))
    return "line 1: has no answer; the answered release of PhysioNet is needed"


def _endless_id(copied: Cohort) -> str:
    file = _questions(copied)
    file.write_text(file.read_text().replace('"id": 1,', '"id": 1e999,'))
    return "id inf is no whole number"


def _same_id(copied: Cohort) -> str:
    file = _questions(copied)
    held = json.loads(file.read_text())
    held[1]["id"] = held[0]["id"]
    file.write_text(json.dumps(held, indent=1))
    return "a question with the id 0 stands above already"


def _other_lists(copied: Cohort) -> str:
    """As mimic3-benchmarks has them: without the id of the stay."""
    file = _list(copied, "decompensation")
    file.write_text("stay,period_length,y_true\n10764812_episode1_timeseries.csv,5.0,0\n")
    return f"{file}, line 1: lacks the column 'stay_id'; a file of MedMod has stay"


def _short_line(copied: Cohort) -> str:
    file = _list(copied, "phenotyping")
    file.write_text(file.read_text() + "10764812_episode1_timeseries.csv,5.0\n")
    number = len(file.read_text().splitlines())
    return f"{file}, line {number}: 2 cells where the header has 28"


def _no_number(copied: Cohort) -> str:
    file = _list(copied, "in-hospital-mortality")
    file.write_text(file.read_text().replace(",0,", ",soon,", 1))
    return f"{file}, line 2: period_length 'soon' is no number"


def _no_truth(copied: Cohort) -> str:
    file = _list(copied, "in-hospital-mortality")
    lines = file.read_text().splitlines()
    file.write_text("\n".join([lines[0], lines[1][:-1] + "7"]))
    return "y_true is '7', and neither 0 nor 1"


def _no_moment(copied: Cohort) -> str:
    file = copied.medmod / "data_full" / "root" / "all_stays.csv"
    header, first, *_ = file.read_text().splitlines()
    cells = first.split(",")
    cells[header.split(",").index("intime")] = "yesterday"
    file.write_text(f"{header}\n{','.join(cells)}\n")
    return f"{file}, line 2: intime 'yesterday' is no moment of the record"


def _far_off(copied: Cohort) -> str:
    file = copied.medmod / "data_full" / "root" / "all_stays.csv"
    file.write_text(file.read_text().replace(",21", ",99"))
    return "is no moment of the record"


def _not_text(copied: Cohort) -> str:
    file = copied.ehrxqa / "ehrxqa" / "database" / "gold" / "tb_cxr.csv"
    file.write_bytes(b"study_id,subject_id,image_id\n5,1,\xff\n")
    return f"{file}: no text"


@pytest.mark.parametrize(
    "broken",
    [_break_json, _unanswered, _endless_id, _same_id, _other_lists, _short_line, _no_number,
     _no_truth, _no_moment, _far_off, _not_text],
)  # fmt: skip
def test_a_broken_line_is_named_by_file_and_line_and_nothing_is_written(
    broken: Callable[[Cohort], str], copied: Cohort, tmp_path: Path
) -> None:
    said = broken(copied)
    with pytest.raises(SettingError) as refused:
        _rebuild(copied, tmp_path / "out")
    assert said in str(refused.value)
    assert not list(tmp_path.glob("*out*"))


def test_a_folder_that_holds_something_is_not_written_into(cohort: Cohort, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(SettingError, match="is there already; name a new folder"):
        _rebuild(cohort, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "kept"


def test_a_folder_that_cannot_be_made_is_named(cohort: Cohort, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match="cannot be written"):
        _rebuild(cohort, tmp_path / "file" / "out")


def test_patients_out_of_the_store_are_counted_and_a_store_of_others_gives_no_row(
    cohort: Cohort, tmp_path: Path
) -> None:
    (tmp_path / "one.csv").write_text(f"subject_id\n{min(_others(cohort))}\n")
    ingest([cohort.raw], tmp_path / "store", subjects=tmp_path / "one.csv")
    with pytest.raises(SettingError, match=r"no row came of it: .*patient is not in the store"):
        _rebuild(cohort, tmp_path / "out", store=tmp_path / "store")


def test_stays_of_another_release_are_counted(copied: Cohort, tmp_path: Path) -> None:
    file = copied.medmod / "data_full" / "root" / "all_stays.csv"
    file.write_text(re.sub(r",2(\d\d\d)-", r",1\1-", file.read_text()))
    with pytest.raises(SettingError, match="ICU stay is not in the store, or at another time"):
        _rebuild(copied, tmp_path / "out", ehrxqa=None)


def test_missing_images_are_named_and_their_rows_left_out(copied: Cohort, tmp_path: Path) -> None:
    cohort = _of_two_studies(copied)
    shutil.copytree(cohort.cxr, tmp_path / "cxr")
    gone = cohort.studies[0]["images"][0]["path"]
    (tmp_path / "cxr" / gone).unlink()
    (tmp_path / "cxr" / cohort.studies[1]["report"]).unlink()
    heard: list[str] = []
    _rebuild(cohort, tmp_path / "out", medmod=None, cxr=[tmp_path / "cxr"], notice=heard.append)
    report = json.loads((tmp_path / "out" / "rebuild.json").read_text())
    assert report["missing"]["images"] == [f"mimic-cxr/2.0.0/{gone}"]
    assert report["left_out"]["an image is missing below --cxr"] > 1
    assert heard[0].startswith("1 images are missing: mimic-cxr/2.0.0/files/p10/")
    assert heard[1].startswith("1 reports are missing: mimic-cxr/2.0.0/mimic-cxr-reports/")
    assert gone not in (tmp_path / "out" / "mm_bench.jsonl").read_text()


def test_a_store_without_x_rays_is_told_how_to_get_them(cohort: Cohort, tmp_path: Path) -> None:
    for store, what in ((tmp_path / "none", "is no store"), (tmp_path / "bare", "holds no X-rays")):
        if what == "holds no X-rays":
            ingest([cohort.raw / "hosp", cohort.raw / "icu"], store)
        with pytest.raises(SettingError, match=f"{what}; name the MIMIC-IV folders with --mimic"):
            _rebuild(cohort, tmp_path / "out", store=store)


def test_a_new_store_holds_the_patients_that_are_asked_about(
    copied: Cohort, tmp_path: Path
) -> None:
    cohort = _of_two_studies(copied)
    raw = [cohort.raw / "hosp", cohort.raw / "icu"]
    _rebuild(cohort, tmp_path / "out", medmod=None, store=tmp_path / "store", mimic=raw)
    assert Store.open(tmp_path / "store").subjects() == [ASKED[0]]
    assert (tmp_path / "out" / "rows.jsonl").is_file()


def test_x_rays_are_added_to_a_store_that_has_none_for_its_own_patients(
    cohort: Cohort, tmp_path: Path
) -> None:
    raw = [cohort.raw / "hosp", cohort.raw / "icu"]
    (tmp_path / "one.csv").write_text(f"{ASKED[0]}\n")
    ingest(raw, tmp_path / "store", subjects=tmp_path / "one.csv")
    before = Store.open(tmp_path / "store")
    assert "cxr" not in before.tables
    after = store_with_films(
        tmp_path / "store", mimic=raw, cxr=[cohort.cxr], subjects=lambda: ASKED,
        progress=lambda _at: None,
    )  # fmt: skip
    assert "cxr" in after.tables
    assert after.subjects() == [ASKED[0]]
    assert after.read_subject(ASKED[0])["cxr"].num_rows > 0


def test_lists_and_questions_are_found_gzipped_and_two_folders_deep(
    copied: Cohort, tmp_path: Path
) -> None:
    file = _list(copied, "phenotyping")
    file.with_name("test_listfile.csv.gz").write_bytes(gzip.compress(file.read_bytes()))
    file.unlink()
    found = sources_of(
        ehrxqa=copied.ehrxqa.parent,
        medmod=copied.medmod,
        cxr=[copied.raw],
        splits={"ehrxqa": ["test"], "medmod": ["test"]},
    )
    assert found.medmod is not None
    assert found.ehrxqa is not None
    assert found.medmod.lists["phenotyping", "test"].suffix == ".gz"
    films = asked_films(found.ehrxqa.films)
    assert read_questions(found.ehrxqa.questions["test"], "test", films).questions
    assert found.images == [copied.cxr]


def _others(cohort: Cohort) -> set[int]:
    """Patients about whom neither source asks."""
    stays = (cohort.medmod / "data_full" / "root" / "all_stays.csv").read_text().splitlines()[1:]
    asked = {int(stay.split(",")[0]) for stay in stays} | set(ASKED)
    return set(Store.open(cohort.store).subjects()) - asked
