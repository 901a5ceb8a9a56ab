"""Phrases to boxes: what MAIRA-2 writes, read without trusting it."""

import base64
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import Refusal, SettingError
from clinseek.toolkits.imaging.actions.answer import Bench
from clinseek.toolkits.imaging.arguments import GroundPhrase
from clinseek.toolkits.imaging.engine import Engine
from clinseek.toolkits.imaging.models.grounding import (
    Box,
    Grounder,
    in_whole_image,
    read_grounded,
)
from clinseek.toolkits.imaging.reading.roots import ImageRoot
from clinseek.toolkits.imaging.tools import call
from clinseek.toolkits.imaging.weights import WeightsFolder
from tests.toolkits.imaging.drawing import write_png

TWO = (
    "<obj>left effusion<box><x10><y20><x30><y40></box><box><x50><y60><x70><y80></box></obj>"
    "<obj>no pneumothorax</obj>"
)


def test_phrases_with_two_boxes_one_and_none_are_read() -> None:
    both, none = read_grounded(TWO)
    assert both.phrase == "left effusion"
    assert both.boxes == (Box(0.105, 0.205, 0.305, 0.405), Box(0.505, 0.605, 0.705, 0.805))
    assert (none.phrase, none.boxes) == ("no pneumothorax", ())


@pytest.mark.parametrize(
    "text",
    [
        "The heart is large.",
        "",
        "<obj>nodule<box><x10><y20><x30>",
        "<obj>nodule<box><x10><y20></box></obj>",
        "<obj>nodule<box><x90><y20><x30><y40></box></obj>",
        "<obj>nodule<box><x1000><y20><x30><y40></box></obj>",
    ],
)
def test_plain_cut_off_and_impossible_text_gives_no_box(text: str) -> None:
    assert not any(grounded.boxes for grounded in read_grounded(text))


@given(text=st.text(alphabet="<>objxy/0123456789 a", max_size=120))
def test_every_box_read_lies_in_the_square_whatever_was_written(text: str) -> None:
    for grounded in read_grounded(f"<obj>{text}</obj>{text}"):
        for box in grounded.boxes:
            assert 0.0 <= box.left <= box.right <= 1.0
            assert 0.0 <= box.top <= box.bottom <= 1.0


@given(
    rows=st.integers(1, 4_000),
    columns=st.integers(1, 4_000),
    steps=st.tuples(*[st.integers(0, 99)] * 4),
)
def test_a_box_of_the_square_lies_in_the_middle_of_the_image(
    rows: int, columns: int, steps: tuple[int, int, int, int]
) -> None:
    left, right = sorted(steps[:2])
    top, bottom = sorted(steps[2:])
    box = Box(*((step + 0.5) / 100 for step in (left, top, right, bottom)))
    whole = in_whole_image(box, rows=rows, columns=columns)
    side = min(rows, columns)
    assert (whole.right - whole.left) * columns == pytest.approx(
        (box.right - box.left) * side, abs=0.02
    )
    assert abs((whole.left - 0.5) * columns - (box.left - 0.5) * side) < 0.02
    assert abs((whole.top - 0.5) * rows - (box.top - 0.5) * side) < 0.02


class _Maira(ThreadingHTTPServer):
    """A scripted grounding server."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.url = f"http://127.0.0.1:{self.server_port}/ground"
        self.status = 200
        self.body: bytes = json.dumps({"text": TWO}).encode()
        self.asked: list[dict[str, Any]] = []


class _Answers(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, _Maira)
        length = int(self.headers["content-length"])
        self.server.asked.append(json.loads(self.rfile.read(length)))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def maira() -> Iterator[_Maira]:
    server = _Maira()
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def bench(tmp_path: Path, maira: _Maira) -> Bench:
    (tmp_path / "images").mkdir()
    write_png(tmp_path / "images" / "x.png", np.tile(np.arange(200, dtype=np.uint8), (100, 1)))
    write_png(tmp_path / "images" / "flat.png", np.full((40, 40), 7, np.uint8))
    engine = Engine(
        WeightsFolder(tmp_path / "none"), environment={"CLINSEEK_GROUNDING_URL": maira.url}
    )
    return Bench(
        root=ImageRoot(tmp_path / "images", made=tmp_path / "made"),
        engine=engine,
        benchmark="MIMIC-CXR questions",
    )


def test_a_phrase_is_grounded_in_both_coordinates_with_an_overlay(
    bench: Bench, maira: _Maira
) -> None:
    told, answer = call(bench, GroundPhrase, {"image_path": "x.png", "phrase": " left effusion "})
    first, second = told["output"]["predictions"]
    boxes = first["bounding_boxes"]
    assert boxes["model_coordinates"][0] == [0.105, 0.205, 0.305, 0.405]
    assert boxes["image_coordinates"][0] == [0.3025, 0.205, 0.4025, 0.405]
    assert boxes["image_pixels"][0] == [60.5, 20.5, 80.5, 40.5]
    assert second["bounding_boxes"]["image_pixels"] == []
    assert told["output"]["raw_decoded"] == TWO
    assert bench.root.holds(told["output"]["visualization_path"])
    assert answer.made is not None
    assert "MIMIC-CXR" in told["metadata"]["contamination_warning"]
    asked = maira.asked[0]
    assert (asked["phrase"], asked["max_new_tokens"]) == ("left effusion", 300)
    assert base64.b64decode(asked["image"]).startswith(b"\x89PNG")
    again, _ = call(bench, GroundPhrase, {"image_path": "x.png", "phrase": " left effusion "})
    assert again == told
    assert len(maira.asked) == 1


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, b"{}", "HTTP 500"),
        (200, b"no json", "something else than its text"),
        (200, b"[]", "something else than its text"),
        (200, b'{"text": 3}', "something else than its text"),
        (200, b"x" * 1_000_001, "failed"),
    ],
)
def test_a_server_that_fails_is_one_sentence(
    bench: Bench, maira: _Maira, status: int, body: bytes, reason: str
) -> None:
    maira.status, maira.body = status, body
    with pytest.raises(Refusal, match=reason):
        call(bench, GroundPhrase, {"image_path": "x.png", "phrase": "nodule"})


def test_an_image_of_one_value_and_an_empty_phrase_are_refused_before_anyone_is_asked(
    bench: Bench, maira: _Maira
) -> None:
    with pytest.raises(Refusal, match="same value"):
        call(bench, GroundPhrase, {"image_path": "flat.png", "phrase": "nodule"})
    with pytest.raises(Refusal, match="phrase is empty"):
        call(bench, GroundPhrase, {"image_path": "x.png", "phrase": " "})
    assert maira.asked == []


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(Refusal, match="cannot be reached"):
        Grounder("http://127.0.0.1:9/").ask(b"", "nodule", most_tokens=1, timeout=5)
    with pytest.raises(SettingError, match="write the server's address"):
        Grounder("maira")


def test_no_text_takes_long_to_read() -> None:
    assert read_grounded("<obj>" * 200_000) == ()
    assert len(read_grounded("<obj>" * 3_000 + "</obj>")) == 1
    assert read_grounded("<" * 300_000 + "</obj>") == ()
