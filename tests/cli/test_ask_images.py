"""`clinseek ask --image`: what is sent, what is shown, and what cannot be asked."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CUTOFF, SUBJECT, CommandLine
from tests.models.server import ChatServer, answer

pytest.importorskip("PIL", reason="needs Pillow")
pytest.importorskip("pydicom", reason="needs pydicom")

QUESTION = "Is the heart enlarged?"
PART = {"image_path": "film.png", "crop": [10, 20, 60, 80]}


@pytest.fixture
def film(tmp_path: Path) -> Path:
    from PIL import Image

    file = tmp_path / "films" / "film.png"
    file.parent.mkdir()
    Image.linear_gradient("L").resize((100, 120)).save(file)
    return file


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    """A host that looks at a part of the film and says yes; as strict as OpenAI's."""
    script = (
        answer("", [("image_image_visualizer", json.dumps(PART))]),
        answer("", [("ehr_finish", json.dumps({"response": ["yes"], "citations": ["E1#1"]}))]),
    )
    with ChatServer(*script, strict=True) as server:
        yield server


def _sent(chat: ChatServer) -> tuple[str, list[dict[str, Any]]]:
    """The text and the images of the first user message of the first request."""
    text, *images = chat.requests[0]["messages"][1]["content"]
    return text["text"], images


def test_an_image_alone_is_asked_about_without_a_store(
    clinseek: CommandLine, chat: ChatServer, film: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.txt"
    report.write_text("The heart is not enlarged.")

    ran = clinseek("ask", "-m", chat.spec, "--image", film, "--report", report, QUESTION)

    assert ran.code == 0
    assert "case: no record, 1 image" in ran.err
    assert "yes  [E1#1]" in ran.out
    assert "E1#1 shown part (10, 20, 60, 80)" in ran.out
    text, images = _sent(chat)
    assert "image 1: film.png" in text
    assert "<report_1>\nThe heart is not enlarged.\n</report_1>" in text
    assert str(tmp_path) not in text
    assert [image["type"] for image in images] == ["image_url"]
    (thread,) = json.loads(clinseek("threads", "--json").out)["threads"]
    assert (thread["subject_id"], thread["cutoff"]) == (None, None)
    assert thread["thread"] in clinseek("threads").out


def test_json_holds_the_files_and_what_was_seen_of_them(
    clinseek: CommandLine, chat: ChatServer, film: Path, store: Path
) -> None:
    ran = clinseek(
        "ask", "-m", chat.spec, "-s", store, "-n", SUBJECT, "-t", CUTOFF, "--json",
        "--image-root", film.parent, "--image", "film.png", QUESTION,
    )  # fmt: skip

    told = json.loads(ran.out)
    assert [each["path"] for each in told["attached"]] == ["film.png"]
    assert told["evidence"][0]["image"]["sha256"] == told["attached"][0]["sha256"]
    assert told["evidence"][0]["image"]["boxes"][0]["label"] == "shown part"
    assert f"patient: subject_id {SUBJECT}" in _sent(chat)[0]


def test_reports_that_are_only_named_are_not_sent(
    clinseek: CommandLine, chat: ChatServer, film: Path
) -> None:
    report = film.parent / "report.txt"
    report.write_text("The heart is not enlarged.")

    clinseek(
        "ask", "-m", chat.spec, "--image", film, "--report", report, "--reports", "named", QUESTION
    )

    text, _ = _sent(chat)
    assert "report 1: report.txt (not shown)" in text
    assert "not enlarged" not in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--image", "nowhere.png"), "there is no such file"),
        (("--image", "{film}", "--subject", "7"), "missing option --store ("),
        (("--image", "{film}", "--at", CUTOFF), "missing option --store ("),
        (("--image", "{film}", "--report", "nowhere.txt"), "nowhere.txt"),
        (("--image", "{film}", "--image-root", "nowhere"), "is no folder"),
        (("--image", "{film}", "--reports", "all"), "'all'"),
    ],
)
def test_what_cannot_be_asked_ends_with_one_sentence(
    clinseek: CommandLine, film: Path, arguments: tuple[str, ...], told: str
) -> None:
    ran = clinseek("ask", *(each.format(film=film) for each in arguments), QUESTION)

    assert ran.code == 2
    assert told in " ".join(ran.err.split())
    assert "Traceback" not in ran.err
