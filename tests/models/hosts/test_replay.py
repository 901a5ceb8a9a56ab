"""A record's turns, said again to whoever asks the same."""

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from clinseek import api
from clinseek.errors import ModelError
from clinseek.models import read_spec
from clinseek.models.hosts.replay import ReplayModel, replay_model
from clinseek.prompts import conclusion_prompt, task_prompt
from clinseek.record_file import append_record
from clinseek.recording import record_of
from clinseek.records import ModelUsed, TurnUsed
from tests.graphs.doubles import CUTOFF, LATEST_LABS, SUBJECT, Ward, calling, finishing, scripted

LOOKED = calling(LATEST_LABS, text="I look.", tag="look")
FINISHED = finishing("3.2", tag="end")
SEEN = ToolMessage("3.2", tool_call_id="look-0", name=LATEST_LABS[0])


def opening(question: str = "Low?", *, patient: int = 7, cutoff: str = CUTOFF) -> list[BaseMessage]:
    task = task_prompt(question, subject_id=patient, cutoff=cutoff, tables={}, tools=[], absent={})
    return [SystemMessage("You seek."), HumanMessage(task)]


def used(ended: str, tokens: int) -> TurnUsed:
    return TurnUsed(
        round=1,
        input_tokens=tokens,
        cached_tokens=1,
        output_tokens=5,
        reasoning_tokens=2,
        estimated=False,
        characters=0,
        seconds=0.0,
        waited=0.0,
        attempts=1,
        ended=ended,
    )


def kept(folder: Path, qid: str, messages: list[Any], *turns: TurnUsed) -> Path:
    path = folder / "records.jsonl"
    record = record_of(
        {"messages": messages, "turns": list(turns), "status": "answered", "stop_reason": "finish"},
        thread=qid,
        model=ModelUsed(spec="offline", parameters={}, address=None, context_length=None),
        rules="",
        qid=qid,
        row={"qid": qid},
    )
    append_record(path, record)
    return path


def replayed(path: Path | str) -> ReplayModel:
    return replay_model(read_spec(f"replay:{path}"))


def said(model: Any, messages: list[BaseMessage]) -> AIMessage:
    answer = asyncio.run(model.ainvoke(messages))
    assert isinstance(answer, AIMessage)
    return answer


def test_turns_come_back_in_order_with_calls_reasoning_and_what_they_took(tmp_path: Path) -> None:
    first = LOOKED.model_copy(update={"additional_kwargs": {"reasoning_content": "Labs first."}})
    turns = [used("tool_calls", 10), used("rate", 0), used("tool_calls", 20)]
    model = replayed(kept(tmp_path, "q1", [*opening(), first, SEEN, FINISHED], *turns))

    answer = said(model.bind_tools([]), opening())
    assert (answer.text, answer.tool_calls) == ("I look.", LOOKED.tool_calls)
    assert answer.additional_kwargs["reasoning_content"] == "Labs first."
    assert answer.response_metadata["finish_reason"] == "tool_calls"
    assert answer.usage_metadata is not None
    assert (answer.usage_metadata["input_tokens"], answer.usage_metadata["output_tokens"]) == (
        10,
        5,
    )

    last = said(model, [*opening(), answer, SEEN])
    assert last.tool_calls == FINISHED.tool_calls
    assert last.usage_metadata is not None
    assert last.usage_metadata["input_tokens"] == 20


def test_which_turn_is_next_follows_from_the_conversation_alone(tmp_path: Path) -> None:
    path = kept(tmp_path, "q1", [*opening(), LOOKED, SEEN, FINISHED])
    before, resumed = [*opening(), LOOKED, SEEN], replayed(path)
    assert said(resumed, before).tool_calls == said(replayed(path), before).tool_calls


def test_tokens_that_no_one_counted_turn_by_turn_are_left_to_be_estimated(tmp_path: Path) -> None:
    path = kept(tmp_path, "q1", [*opening(), LOOKED, SEEN, FINISHED], used("stop", 10))
    assert said(replayed(path), opening()).usage_metadata is None


def test_the_record_that_asks_the_same_of_the_same_patient_at_the_same_cutoff_speaks(
    tmp_path: Path,
) -> None:
    later = "2151-01-01 00:00:00"
    kept(tmp_path, "q1", [*opening("Low?"), finishing("a")])
    kept(tmp_path, "q2", [*opening("High?"), finishing("b")])
    kept(tmp_path, "q3", [*opening("Low?", patient=8), finishing("c")])
    model = replayed(kept(tmp_path, "q4", [*opening("Low?", cutoff=later), finishing("d")]))
    asked = (opening("High?"), opening("Low?", patient=8), opening("Low?", cutoff=later))
    answers = [said(model, messages).tool_calls[0]["args"]["response"] for messages in asked]
    assert answers == [["b"], ["c"], ["d"]]
    with pytest.raises(ModelError, match=r"none of its 4 records asks this.*replay:FILE#QID"):
        said(model, opening("Low?", patient=9))


def with_film(pixels: bytes, *, path: str = "film.png", **over: Any) -> list[BaseMessage]:
    """The opening of a run about an image, with a patient unless told otherwise."""
    told: dict[str, Any] = {"subject_id": 7, "cutoff": CUTOFF, **over}
    task = task_prompt("Low?", tables={}, tools=[], absent={}, images=[path], shown=1, **told)
    film = base64.b64encode(pixels).decode()
    blocks: list[Any] = [{"type": "text", "text": task},
                         {"type": "image", "base64": film, "mime_type": "image/jpeg"}]  # fmt: skip
    return [SystemMessage("You seek."), HumanMessage(blocks)]


@pytest.mark.parametrize("about", [{}, {"subject_id": None, "cutoff": None}])
def test_runs_that_differ_only_in_their_images_do_not_speak_for_each_other(
    tmp_path: Path, about: dict[str, Any]
) -> None:
    kept(tmp_path, "q1", [*with_film(b"one", **about), finishing("a")])
    kept(tmp_path, "q2", [*with_film(b"two", **about), finishing("b")])
    model = replayed(
        kept(tmp_path, "q3", [*with_film(b"two", path="x.png", **about), finishing("c")])
    )
    asked = (
        with_film(b"one", **about), with_film(b"two", **about),
        with_film(b"two", path="x.png", **about),
    )  # fmt: skip
    answers = [said(model, messages).tool_calls[0]["args"]["response"] for messages in asked]
    assert answers == [["a"], ["b"], ["c"]]
    with pytest.raises(ModelError, match=r"none of its 3 records.*or of these images"):
        said(model, with_film(b"three", **about))


def test_runs_that_differ_only_in_a_report_do_not_either(tmp_path: Path) -> None:
    def opened(text: str) -> list[BaseMessage]:
        task = task_prompt("Low?", subject_id=7, cutoff=CUTOFF, tables={}, tools=[], absent={},
                           reports=[(None, text)])  # fmt: skip
        return [SystemMessage("You seek."), HumanMessage(task)]

    model = replayed(kept(tmp_path, "q1", [*opened("Clear."), finishing("a")]))
    assert said(model, opened("Clear.")).tool_calls
    with pytest.raises(ModelError, match="none of its 1 records"):
        said(model, opened("Opacity."))


def test_a_record_named_by_its_qid_speaks_whatever_is_asked(tmp_path: Path) -> None:
    kept(tmp_path, "q1", [*opening("Low?"), finishing("a")])
    path = kept(tmp_path, "q2", [*opening("High?"), finishing("b")])
    answer = said(replayed(f"{path}#q2"), [HumanMessage("Anything.")])
    assert answer.tool_calls[0]["args"] == {"response": ["b"]}


def test_past_the_records_end_the_number_of_its_turns_is_told(tmp_path: Path) -> None:
    path = kept(tmp_path, "q1", [*opening(), LOOKED, SEEN, FINISHED])
    with pytest.raises(ModelError, match="the record q1 has 2 turns, and one more is asked for"):
        said(replayed(path), [*opening(), LOOKED, SEEN, FINISHED])


def test_a_conversation_that_went_another_way_is_told_where(tmp_path: Path) -> None:
    path = kept(tmp_path, "q1", [*opening(), LOOKED, SEEN, FINISHED])
    edited = calling(("ehr.think", {"thought": "?"}))
    with pytest.raises(ModelError, match="not that of the record q1: turn 1 makes other calls"):
        said(replayed(path), [*opening(), edited, SEEN])


def test_a_record_that_had_to_conclude_concludes_again(tmp_path: Path) -> None:
    asked_last = HumanMessage(conclusion_prompt("E1: 3.2"), id="conclude")
    messages = [*opening(), LOOKED, SEEN, asked_last, AIMessage('{"response": ["3.2"]}')]
    model = replayed(kept(tmp_path, "q1", messages))
    again = HumanMessage(conclusion_prompt("E1: other findings"), id="conclude")
    assert said(model, [*opening(), again]).text == '{"response": ["3.2"]}'
    assert said(model, opening()).tool_calls == LOOKED.tool_calls


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("none.jsonl", "no file of records"),
        ("records.jsonl#q9", "holds no record of 'q9'; it has q1"),
        ("empty.jsonl", "holds no records"),
        ("broken.jsonl", "line 1: no record of a run"),
    ],
)
def test_what_cannot_be_replayed_is_one_sentence(tmp_path: Path, named: str, told: str) -> None:
    kept(tmp_path, "q1", [*opening(), FINISHED])
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "broken.jsonl").write_text("{}\n")
    with pytest.raises(ModelError, match=told):
        replayed(tmp_path / named)


def test_a_run_is_run_again_to_the_same_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "home"))
    asked: dict[str, Any] = {"subject_id": SUBJECT, "cutoff": CUTOFF, "store": tmp_path}
    ward = Ward(tmp_path)
    first = api.ask("Low?", **asked, means=ward.means(scripted(LOOKED, FINISHED)))
    append_record(tmp_path / "records.jsonl", first)
    again = api.ask(
        "Low?", **asked, model=f"replay:{tmp_path / 'records.jsonl'}", means=ward.means()
    )
    assert (again.status, again.answer, again.stop_reason) == ("answered", ["3.2"], "finish")
    assert [entry["sha256"] for entry in again.evidence] == [
        entry["sha256"] for entry in first.evidence
    ]
