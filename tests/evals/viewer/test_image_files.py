"""Images that a record only names, shown from the run's folder: as they were, or not at all."""

import base64
import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from clinseek.evals.runner import open_run
from clinseek.evals.viewer.answers import Answer, answer
from clinseek.evals.viewer.image_files import GONE
from clinseek.evals.viewer.index import RunIndex, index_of
from tests.evals.scorers.made import a_row, a_run_folder

pytest.importorskip("PIL", reason="needs Pillow")
pytest.importorskip("pydicom", reason="needs pydicom")

from tests.evals.report.films import drawn, filmed_record, named

NOT_SHOWN = '"/run/0/file/1"'


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder with the film that the run was only told of, and another file beside it."""
    folder = tmp_path / "films"
    (folder / "s1").mkdir(parents=True)
    (folder / "s1" / "b.dcm").write_bytes(drawn(3))
    (folder / "s1" / "secret.png").write_bytes(drawn(2))
    return folder


def viewed(tmp_path: Path, root: Path | None, **over: Any) -> RunIndex:
    attached = [
        {"path": "s1/a.png", "sha256": "f" * 64, "shown": named(drawn(0))},
        {"path": "s1/b.dcm", "sha256": hashlib.sha256(drawn(3)).hexdigest(), "shown": None},
    ]
    record = filmed_record(qid="q1", attached=attached, **over)
    row = a_row(subject_id=None, cutoff=None, images=["s1/a.png", "s1/b.dcm"])
    folder = a_run_folder(
        tmp_path / "run", [row], [record], image_root=None if root is None else str(root)
    )
    return index_of([open_run(folder)], ["run"])


def got(index: RunIndex, path: str) -> Answer:
    return answer(index, f"/{path}", root="/")


def page(index: RunIndex) -> str:
    return got(index, "run/0").body.decode()


def test_a_file_that_is_as_it_was_is_shown(tmp_path: Path, films: Path) -> None:
    index = viewed(tmp_path, films)
    told = page(index)
    assert NOT_SHOWN in told
    assert "Image 2: s1/b.dcm (200 x 160 pixels)" in told
    assert "<dt>patient</dt>" not in told
    film = got(index, "run/0/file/1")
    assert (film.status, film.kind, film.body[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")


def test_a_file_that_changed_or_is_gone_is_not(tmp_path: Path, films: Path) -> None:
    index = viewed(tmp_path, films)
    (films / "s1" / "b.dcm").write_bytes(drawn(2))
    told = got(index, "run/0/file/1")
    assert (told.status, told.body.decode().strip()) == (404, GONE)
    assert f"Image 2: s1/b.dcm: {GONE}" in page(index)
    assert NOT_SHOWN not in page(index)
    shutil.rmtree(films)
    assert f"s1/b.dcm: {GONE}" in page(index)


def test_a_link_is_not_followed_out_of_the_folder(tmp_path: Path, films: Path) -> None:
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(drawn(3))
    (films / "s1" / "b.dcm").unlink()
    (films / "s1" / "b.dcm").symlink_to(outside)
    assert got(viewed(tmp_path, films), "run/0/file/1").status == 404


@pytest.mark.parametrize(
    "path", ["run/0/file/2", "run/0/file/x", "run/0/file/..", "run/0/file/s1/secret.png"]
)
def test_only_files_that_the_record_names_can_be_asked_for(
    tmp_path: Path, films: Path, path: str
) -> None:
    assert got(viewed(tmp_path, films), path).status == 404


def test_a_run_without_a_folder_of_images_says_so(tmp_path: Path) -> None:
    assert "the run names no folder of images" in page(viewed(tmp_path, None))


def test_what_the_record_holds_needs_no_file(tmp_path: Path) -> None:
    index = viewed(tmp_path, None)
    picture = got(index, f"run/0/image/{named(drawn(0))}")
    assert picture.body == drawn(0)
    assert base64.b64encode(picture.body).decode() in index.read(index.runs[0])["images"].values()
