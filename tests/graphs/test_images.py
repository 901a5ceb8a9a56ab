"""Images that tools give: to hosts that take them, as paths to others, once in the record."""

import base64
import io
from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.exceptions import ModelInvalidRequestError
from langchain_core.messages import BaseMessage
from langchain_core.tools import StructuredTool

from clinseek.models import HostFacts
from clinseek.models.images import holds_images
from tests.graphs.conftest import Ask
from tests.graphs.doubles import ScriptedModel, Turn, Ward, calling, finishing

pytest.importorskip("PIL", reason="needs Pillow")


class Seeing(ScriptedModel):
    """A scripted model whose host's facts are known."""

    facts: Any


def _png(colour: str) -> str:
    from PIL import Image

    drawn = io.BytesIO()
    Image.new("RGB", (2000, 1000), colour).save(drawn, format="PNG")
    return base64.b64encode(drawn.getvalue()).decode()


def _look(colour: str = "red") -> list[dict[str, Any]]:
    """An image of one colour."""
    image = {"type": "image", "base64": _png(colour), "mime_type": "image/png"}
    return [{"type": "text", "text": f"a {colour} picture"}, image]


def _shown(image_path: str) -> list[dict[str, Any]]:
    """The same image, whatever its path."""
    assert image_path
    return _look()


def _ehr(case: Any) -> list[Any]:
    from clinseek.toolkits.ehr.tools import EhrToolkit

    return EhrToolkit(case=case).get_tools()


def _means(ward: Ward, model: ScriptedModel) -> Any:
    shows = StructuredTool.from_function(_look, name="image.image_visualizer")
    return ward.means(model, tools_of=lambda case: [*_ehr(case), shows])


LOOKS = [
    calling(("image.image_visualizer", {"colour": "red"}), tag="a"),
    calling(("image.image_visualizer", {"colour": "red"}), tag="b"),
    finishing("red", citations=["E1"]),
]


def _run(ask: Ask, ward: Ward, turns: Sequence[Turn], *, takes: bool | None) -> Any:
    model = Seeing(script=list(turns), facts=HostFacts(takes_images=takes))
    record = ask(means=_means(ward, model), max_revisions=0)
    return record, model.heard


def _last_sent(heard: list[list[BaseMessage]]) -> list[BaseMessage]:
    return heard[-1]


def test_a_host_that_takes_images_is_sent_them_in_one_encoding(ask: Ask, ward: Ward) -> None:
    record, heard = _run(ask, ward, LOOKS, takes=True)

    assert record.answer == ["red"]
    (shown, _) = [message for message in _last_sent(heard) if message.type == "tool"]
    assert isinstance(shown.content, list)
    text, image = shown.content
    assert isinstance(text, dict)
    assert isinstance(image, dict)
    assert text["text"].startswith("[E1] a red picture")
    assert image["mime_type"] == "image/jpeg"


def test_a_host_without_images_is_sent_none(ask: Ask, ward: Ward) -> None:
    record, heard = _run(ask, ward, LOOKS, takes=False)

    assert record.answer == ["red"]
    assert not any(holds_images(sent) for sent in heard)
    assert "image not shown" in _last_sent(heard)[3].text


def test_the_same_image_under_two_paths_bears_both(ask: Ask, ward: Ward) -> None:
    shows = StructuredTool.from_function(_shown, name="image.image_visualizer")
    paths = [("image.image_visualizer", {"image_path": path}) for path in ("a.png", "b.png")]
    model = Seeing(
        script=[calling(*paths), finishing("red", citations=["E1"])],
        facts=HostFacts(takes_images=False),
    )
    ask(means=ward.means(model, tools_of=lambda case: [*_ehr(case), shows]), max_revisions=0)

    assert "a.png or b.png" in _last_sent(model.heard)[3].text


def test_a_host_that_refuses_an_image_is_asked_again_without(ask: Ask, ward: Ward) -> None:
    refusal = ModelInvalidRequestError("this model does not support image input")
    turns: list[Turn] = [LOOKS[0], refusal, *LOOKS[1:]]

    record, heard = _run(ask, ward, turns, takes=None)

    assert (record.status, record.answer) == ("answered", ["red"])
    assert [holds_images(sent) for sent in heard] == [False, True, False, False]


def test_the_record_holds_an_image_once_however_often_it_was_shown(ask: Ask, ward: Ward) -> None:
    record, _ = _run(ask, ward, LOOKS, takes=True)

    assert len(record.images) == 1
    (sha256,) = record.images
    shown = [m["content"] for m in record.messages if m["role"] == "tool"]
    named = [block.get("sha256") for content in shown[:2] for block in content]
    assert named.count(sha256) == 2
    assert "base64" not in str(record.messages)
