"""What a model can do wrong, and what the run does then."""

import pytest
from langchain_core.exceptions import (
    ContextOverflowError,
    ModelConnectionError,
    ModelRateLimitError,
)
from langchain_core.messages import AIMessage
from pydantic import TypeAdapter, ValidationError

from clinseek import api
from clinseek.errors import ModelError
from clinseek.nodes.turn import Patience
from tests.graphs.conftest import Ask
from tests.graphs.doubles import CUTOFF, LATEST_LABS, SUBJECT, Ward, calling, finishing, scripted


def test_a_passing_fault_is_tried_again_and_the_wait_is_told_apart(ask: Ask, ward: Ward) -> None:
    model = scripted(
        ModelRateLimitError("slow down"),
        ModelConnectionError("no route"),
        finishing("3.2", citations=["E1"]),
    )

    record = ask(means=ward.means(model, patience=Patience(pace=0.05)), max_revisions=0)

    assert (record.status, record.usage["model_calls"]) == ("answered", 1)
    assert 0 < record.timings["waiting"] < 1
    assert record.turns[0]["attempts"] == 3


def test_a_model_that_stays_away_fails_the_run_and_keeps_what_was_found(ask: Ask) -> None:
    record = ask(
        calling(LATEST_LABS),
        ModelConnectionError("no route"),
        ModelConnectionError("no route"),
        ModelConnectionError("no route"),
        finishing("never said"),
    )

    assert (record.status, record.stop_reason) == ("failed", "model_error")
    assert [entry["id"] for entry in record.evidence] == ["E1"]
    assert record.messages[3]["content"].startswith("[E1] labevents")
    assert "no route" in record.errors[0]["message"]


def test_a_lasting_fault_is_not_tried_again(ask: Ask) -> None:
    record = ask(RuntimeError("bad weights"), finishing("never said"))

    assert (record.status, record.stop_reason) == ("failed", "model_error")
    assert record.errors[0]["message"] == "bad weights"
    assert record.turns[0]["ended"] == "lasting"


def test_a_conversation_that_is_refused_for_its_length_is_asked_again_shorter(ask: Ask) -> None:
    record = ask(
        calling(LATEST_LABS),
        ContextOverflowError("too long"),
        finishing("3.2", citations=["E1#3"]),
    )

    assert (record.answer, record.stop_reason) == (["3.2"], "finish")
    assert record.errors == []


def test_one_that_stays_too_long_concludes_from_the_ledger_in_bounded_room(ask: Ask) -> None:
    refusals = [ContextOverflowError("too long") for _ in range(20)]
    concluded = AIMessage('{"response": ["3.2"], "citations": [["E1#3"]]}')

    record = ask(calling(LATEST_LABS), *refusals, concluded)

    assert (record.answer, record.stop_reason) == (["3.2"], "context_limit")
    assert record.errors[0]["kind"] == "context_overflow"


def test_a_turn_that_cannot_be_read_is_asked_for_again(ask: Ask) -> None:
    with pytest.raises(ValidationError) as unreadable:
        TypeAdapter(dict[str, str]).validate_python([1, 2])

    record = ask(unreadable.value, finishing("3.2", citations=["E1"]), max_revisions=0)

    assert record.answer == ["3.2"]
    assert "must be one JSON object" in record.messages[2]["content"]


def test_a_model_that_stops_calling_tools_is_taken_at_its_last_words(ask: Ask) -> None:
    record = ask(calling(LATEST_LABS), AIMessage("Potassium was 3.2 mmol/L [E1#3]."))

    assert record.stop_reason == "stopped_calling"
    assert record.answer == ["Potassium was 3.2 mmol/L"]
    assert record.citations == [["E1#3"]]


def test_an_answer_embedded_in_a_text_is_found(ask: Ask) -> None:
    said = 'I conclude: {"response": ["3.2"], "citations": ["E1#3"]} as seen.'

    record = ask(calling(LATEST_LABS), AIMessage(said))

    assert (record.answer, record.citations) == (["3.2"], [["E1#3"]])


def test_words_that_stand_in_the_reasoning_alone_are_read(ask: Ask) -> None:
    silent = AIMessage("", additional_kwargs={"reasoning_content": '{"response": ["3.2"]}'})

    record = ask(silent, max_revisions=0)

    assert record.answer == ["3.2"]
    assert record.messages[2]["reasoning_content"] == '{"response": ["3.2"]}'


def test_silence_is_asked_about_once_and_then_counts_as_abstaining(ask: Ask) -> None:
    record = ask(AIMessage(""), AIMessage(""))

    assert (record.status, record.stop_reason) == ("abstained", "empty_turn")
    assert record.usage["model_calls"] == 3


def test_a_model_that_cannot_be_named_is_told_before_anything_runs(ward: Ward) -> None:
    with pytest.raises(ModelError, match="cannot be named so"):
        api.ask("?", subject_id=SUBJECT, cutoff=CUTOFF, store=ward.folder, model="gpt-9")

    assert api.threads() == []
