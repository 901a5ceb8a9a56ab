"""Answers kept: given again where everything that matters is equal, epoch included."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from clinseek.errors import SettingError
from clinseek.evals.runner import open_run
from clinseek.evals.runner.response_cache import cached_models
from clinseek.records import Record
from tests.evals.runner.wardrows import able, evaluated, rows
from tests.graphs.doubles import Ward, scripted

SILENT = PermissionError("not to be asked")


def _cached(ward: Ward, out: Path, model: Any, cache: Path, epochs: int = 1) -> list[Record]:
    with cached_models(model, cache) as (model_of, _):
        evaluated(ward, out, rows(2), model=model, model_of=model_of, epochs=epochs)
    return list(open_run(out).records())


def test_equal_turns_are_asked_once(ward: Ward, tmp_path: Path) -> None:
    asked = _cached(ward, tmp_path / "a", able(), tmp_path / "cache")
    told = _cached(ward, tmp_path / "b", scripted(SILENT), tmp_path / "cache")
    assert [one.messages for one in told] == [one.messages for one in asked]
    assert [one.usage for one in told] == [one.usage for one in asked]


def test_another_epoch_is_another_draw(ward: Ward, tmp_path: Path) -> None:
    model = able()
    _cached(ward, tmp_path / "a", model, tmp_path / "cache", epochs=2)
    assert len(model.heard) == 2 * 2 * 2
    _cached(ward, tmp_path / "b", model, tmp_path / "cache", epochs=3)
    assert len(model.heard) == 2 * 2 * 3


@pytest.mark.parametrize(
    "other",
    [
        {"messages": [HumanMessage("And sodium?")]},
        {"tools": ["a", "b"]},
        {"epoch": 2},
    ],
)
def test_whatever_a_host_is_sent_is_part_of_the_key(tmp_path: Path, other: dict[str, Any]) -> None:
    def schema(name: str) -> dict[str, Any]:
        return {
            "type": "function",
            "function": {"name": name, "description": "", "parameters": {"properties": {}}},
        }

    def ask(model_of: Any, **told: Any) -> None:
        tools = [schema(name) for name in told.get("tools", ["a"])]
        bound = model_of(told.get("epoch", 1)).bind_tools(tools)
        bound.invoke(told.get("messages", [HumanMessage("Potassium?")]))

    model = scripted(AIMessage("4.1"))
    with cached_models(model, tmp_path) as (model_of, answers):
        assert answers is not None
        ask(model_of)
        ask(model_of, messages=[HumanMessage("Potassium?", id="another")])
        assert (len(model.heard), answers.hits) == (1, 1)
        ask(model_of, **other)
        assert (len(model.heard), answers.hits) == (2, 1)


def test_a_fault_is_never_kept(tmp_path: Path) -> None:
    model = scripted(ConnectionError("gone"), AIMessage("4.1"))
    with cached_models(model, tmp_path) as (model_of, _):
        with pytest.raises(ConnectionError):
            model_of(1).invoke("Potassium?")
        assert model_of(1).invoke("Potassium?").content == "4.1"


def test_a_file_that_is_no_cache_is_told(tmp_path: Path) -> None:
    (tmp_path / "responses.sqlite").write_text("no database at all, but long enough to be read")
    with (
        pytest.raises(SettingError, match="no file of answers"),
        cached_models(scripted(AIMessage("")), tmp_path),
    ):
        pass


def test_turns_that_differ_only_in_an_image_do_not_answer_for_each_other(tmp_path: Path) -> None:
    def seen(pixels: str) -> list[Any]:
        image = {"type": "image", "base64": pixels, "mime_type": "image/jpeg"}
        return [HumanMessage([{"type": "text", "text": "Effusion?"}, image])]

    model = scripted(AIMessage("yes"))
    with cached_models(model, tmp_path) as (model_of, answers):
        assert answers is not None
        for pixels in ("b25l", "dHdv", "b25l"):
            model_of(1).invoke(seen(pixels))
        assert (len(model.heard), answers.hits) == (2, 1)
