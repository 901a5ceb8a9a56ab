"""What servers answer, as a model reads it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from mcp import types

from clinseek.toolkits.observation import Observation
from clinseek.toolkits.outside.content import Said, cut, said
from tests.toolkits.outside.servers import PIXEL


def _said(
    *blocks: types.ContentBlock,
    structured: dict[str, Any] | None = None,
    error: bool = False,
    same_case: bool = False,
) -> Said:
    result = types.CallToolResult(content=list(blocks), structuredContent=structured, isError=error)
    return said(result, max_chars=1_000, same_case=same_case)


def _text(text: str) -> types.TextContent:
    return types.TextContent(type="text", text=text)


def test_text_is_plain_text() -> None:
    assert _said(_text("one"), _text("two")) == Said("one\ntwo", Observation())


def test_the_same_answer_is_the_same_content() -> None:
    image = types.ImageContent(type="image", data=PIXEL, mimeType="image/png")
    assert _said(_text("a"), image) == _said(_text("a"), image)
    assert _said(_text("a"), image).content == [
        {"type": "text", "text": "a"},
        {"type": "image", "base64": PIXEL, "mime_type": "image/png"},
    ]


def test_structured_content_beside_text_is_not_repeated() -> None:
    assert _said(_text("a is 1"), structured={"a": 1}).content == "a is 1"


def test_structured_content_alone_is_shown() -> None:
    assert _said(structured={"b": 2, "a": "é"}).content == '{"a": "é", "b": 2}'


def test_an_image_that_is_none_is_said() -> None:
    broken = types.ImageContent(type="image", data="no base64!", mimeType="image/png")
    wrong = types.ImageContent(type="image", data=PIXEL, mimeType="text/html")
    assert _said(broken, wrong).content == "\n".join(["[an image that cannot be read]"] * 2)


def test_more_images_than_a_turn_holds_are_counted_not_sent() -> None:
    image = types.ImageContent(type="image", data=PIXEL, mimeType="image/png")
    content = _said(*[image] * 10).content
    assert isinstance(content, list)
    assert len(content) == 9
    assert content[0] == {"type": "text", "text": "\n".join(["[another image/png: not shown]"] * 2)}


def test_what_cannot_be_shown_is_named() -> None:
    link = types.ResourceLink.model_validate(
        {"type": "resource_link", "name": "film", "uri": "file:///film.png"}
    )
    note = types.EmbeddedResource.model_validate(
        {"type": "resource", "resource": {"uri": "note://1", "text": "a note"}}
    )
    sound = types.AudioContent(type="audio", data=PIXEL, mimeType="audio/wav")
    assert _said(link, note, sound).content == (
        "[see film at file:///film.png]\n[note://1]\na note\n[audio, audio/wav: cannot be shown]"
    )


def test_an_error_is_refused() -> None:
    assert _said(_text("no"), error=True).origin == Observation(refused=True)


def test_the_published_image_tools_failures_are_refused() -> None:
    failed = '{"output": {"error": "x"}, "metadata": {"analysis_status": "failed"}}'
    fine = '{"output": {}, "metadata": {"analysis_status": "completed"}}'
    assert _said(_text(failed)).origin.refused
    assert not _said(_text(fine)).origin.refused
    assert not _said(_text('{"analysis_status": ')).origin.refused


ROWS = {"text": "t", "refused": False, "table": "labs", "row_ids": [3, 1], "tables": ["labs"]}


def test_rows_are_believed_of_a_server_of_the_same_case() -> None:
    told = _said(_text("t"), structured=ROWS, same_case=True).origin
    assert told == Observation(tables=("labs",), table="labs", row_ids=(3, 1))


def test_rows_of_any_other_record_are_not_looked_up_in_ours() -> None:
    assert _said(_text("t"), structured=ROWS).origin == Observation()


@given(st.text(max_size=50), st.integers(1, 60))
def test_a_cut_text_keeps_its_beginning(text: str, most: int) -> None:
    shown = cut(text, most)
    assert shown.startswith(text[:most])
    assert (shown == text) == (len(text) <= most)
