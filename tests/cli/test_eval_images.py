"""`clinseek eval` over rows about images: what is sent, what is shown afterwards."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinseek.evals.rows import Row, write_rows
from clinseek.evals.runner import open_run
from tests.cli.conftest import CUTOFF, SUBJECT, CommandLine
from tests.models.server import Body, ChatServer, Reply, answer

pytest.importorskip("PIL", reason="needs Pillow")
pytest.importorskip("pydicom", reason="needs pydicom")

PART = {"image_path": "p1/film.png", "crop": [10, 20, 60, 80]}


@pytest.fixture
def films(tmp_path: Path) -> Path:
    from PIL import Image

    folder = tmp_path / "films"
    (folder / "p1").mkdir(parents=True)
    Image.linear_gradient("L").resize((100, 120)).save(folder / "p1" / "film.png")
    (folder / "p1" / "report.txt").write_text("The heart is not enlarged.")
    return folder


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    alone = Row(qid="f1", task="heart", question="Is the heart enlarged?", label="yes",
                images=["p1/film.png"], reports=["p1/report.txt"])  # fmt: skip
    both = Row(**{**dict(alone), "qid": "f2", "subject_id": SUBJECT, "cutoff": CUTOFF})
    write_rows(tmp_path / "rows.jsonl", [alone, both])
    return tmp_path / "rows.jsonl"


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    """A host that looks at a part of the film and says yes; as strict as OpenAI's."""

    def turn(asked: Body) -> Reply:
        if len(asked["messages"]) == 2:
            return Reply(body=answer("", [("image_image_visualizer", json.dumps(PART))]))
        given = {"response": ["yes"], "citations": ["E1#1"]}
        return Reply(body=answer("", [("ehr_finish", json.dumps(given))]))

    with ChatServer(turn, strict=True) as server:
        yield server


def test_images_are_named_from_their_folder_and_one_row_needs_no_store(
    clinseek: CommandLine, chat: ChatServer, rows: Path, films: Path, tmp_path: Path
) -> None:
    ran = clinseek(
        "eval", rows, "-m", chat.spec, "-o", tmp_path / "run", "--image-root", films,
        "--reports", "named", "--limit", 1, "--json",
    )  # fmt: skip

    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["runs"][0]["score"]["mean"] == 1.0
    text, image = chat.requests[0]["messages"][1]["content"]
    assert image["type"] == "image_url"
    assert "report 1: p1/report.txt (not shown)" in text["text"]
    assert str(tmp_path) not in text["text"]
    folder = open_run(tmp_path / "run")
    assert folder.plan.store == ""
    assert folder.settings.reports_inlined is False
    (record,) = folder.records()
    assert record.citations == [["E1#1"]]

    scored = clinseek("score", tmp_path / "run")
    assert scored.code == 0, scored.err
    page = tmp_path / "report.html"
    assert clinseek("report", tmp_path / "run", "--out", page).code == 0
    assert clinseek("export", "csv", tmp_path / "run", "--out", tmp_path / "runs.csv").code == 0


def test_rows_with_an_image_and_a_record_ask_for_the_store(
    clinseek: CommandLine, chat: ChatServer, rows: Path, films: Path, store: Path, tmp_path: Path
) -> None:
    command = ("eval", rows, "-m", chat.spec, "-o", tmp_path / "run", "--image-root", films)
    ran = clinseek(*command)
    assert ran.code == 2
    assert "missing option --store: 1 of 2 rows" in " ".join(ran.err.split())

    assert clinseek(*command, "-s", store).code == 0
    records = list(open_run(tmp_path / "run").records())
    assert [len(record.attached) for record in records] == [1, 1]
    assert any("labevents" in str(record.messages[1]) for record in records)


def test_missing_images_are_one_sentence(
    clinseek: CommandLine, chat: ChatServer, rows: Path, store: Path, tmp_path: Path
) -> None:
    ran = clinseek("eval", rows, "-s", store, "-m", chat.spec, "-o", tmp_path / "run")
    assert ran.code == 2
    assert "2 of 2 images and reports cannot be read below" in ran.err
    assert "p1/film.png, p1/report.txt" in ran.err
    assert "Traceback" not in ran.err
    assert chat.requests == []
