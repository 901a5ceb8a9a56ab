"""How a model's turns may end, what it is told, and how the run ends then."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage

from clinseek.prompts import NudgeKind, nudge
from clinseek.records import StopReason
from tests.graphs.conftest import Ask
from tests.graphs.doubles import LATEST_LABS, calling, finishing

CONCLUDED = AIMessage('{"response": ["3.2"], "citations": [["E1#3"]]}')


def ended(reason: str, text: str = "") -> AIMessage:
    return AIMessage(text, response_metadata={"finish_reason": reason})


@pytest.mark.parametrize(
    ("turn", "kind", "times", "stop"),
    [
        (ended("length", "I was about to"), "length", 2, "length"),
        (ended("content_filter"), "content_filter", 1, "content_filter"),
        (ended("refusal", "I cannot help with that."), "refusal", 1, "refusal"),
        (ended("stop"), "empty", 1, "empty_turn"),
    ],
)
def test_a_turn_that_brings_nothing_is_told_and_then_the_run_concludes(
    ask: Ask, turn: AIMessage, kind: NudgeKind, times: int, stop: StopReason
) -> None:
    record = ask(calling(LATEST_LABS), *[turn] * (times + 1), CONCLUDED)

    told = [each["content"] for each in record.messages if each["role"] == "user"]
    assert told.count(nudge(kind)) == times
    assert (record.answer, record.stop_reason) == (["3.2"], stop)


def test_a_model_that_recovers_after_a_word_goes_on(ask: Ask) -> None:
    record = ask(calling(LATEST_LABS), ended("length", "so"), finishing("3.2", citations=["E1#3"]))

    assert (record.answer, record.stop_reason) == (["3.2"], "finish")


def test_the_same_call_three_times_is_told_and_three_times_more_ends_the_seeking(
    ask: Ask,
) -> None:
    looping = [calling(LATEST_LABS, tag=str(at)) for at in range(6)]

    record = ask(*looping, CONCLUDED)

    told = [each["content"] for each in record.messages if each["role"] == "user"]
    assert told.count(nudge("repeated")) == 1
    assert len(record.evidence) == 6
    assert (record.answer, record.stop_reason) == (["3.2"], "repeated_calls")


@pytest.mark.parametrize(
    "said",
    [
        (
            '<tool_call>{"name": "ehr_get_latest_records", '
            '"arguments": {"subject_id": "7", "table_name": "labevents"}}</tool_call>'
        ),
        (
            "<tool_call><function=ehr.get_latest_records><parameter=subject_id>7</parameter>"
            "<parameter=table_name>labevents</parameter></function></tool_call>"
        ),
        '[Tool Call: ehr.get_latest_records({"subject_id": "7", "table_name": "labevents"})]',
    ],
)
def test_a_call_in_text_runs_like_any_other_and_is_counted(ask: Ask, said: str) -> None:
    record = ask(AIMessage(f"I look.\n{said}"), finishing("3.2", citations=["E1#3"]))

    assert record.evidence[0]["tool"] == "ehr.get_latest_records"
    assert not record.evidence[0]["refused"]
    assert record.answer == ["3.2"]
    assert sum(number for kind, number in record.repairs.items() if "dialect" in kind) == 1
    called = record.messages[2]
    assert called["content"] == "I look."
    assert called["tool_calls"][0]["function"]["name"] == "ehr.get_latest_records"


def test_a_call_in_the_reasoning_alone_runs_too(ask: Ask) -> None:
    thought = (
        '<tool_call>{"name": "get_latest_records", '
        '"arguments": {"subject_id": "7", "table_name": "labevents"}}</tool_call>'
    )

    record = ask(
        AIMessage("", additional_kwargs={"reasoning_content": thought}),
        finishing("3.2", citations=["E1#3"]),
    )

    assert record.evidence[0]["tool"] == "ehr.get_latest_records"
    assert record.messages[2]["reasoning_content"] == thought


def test_reasoning_in_the_text_is_kept_apart_from_what_was_said(ask: Ask) -> None:
    record = ask(
        AIMessage("<think>Potassium is wanted.</think>\n"
                  '{"response": ["3.2"], "citations": [["E1"]]}'),
        max_revisions=0,
    )  # fmt: skip

    assert record.messages[2]["reasoning_content"].strip() == "Potassium is wanted."
    assert "think" not in record.messages[2]["content"]
    assert record.answer == ["3.2"]


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("ehr__get_latest_records", "wire"),
        ("get_latest_records", "bare"),
        ("functions.ehr_get_latest_records", "prefix"),
        ("browser.get_latest_records", "namespace"),
    ],
)
def test_a_name_is_repaired_by_the_table_and_counted(ask: Ask, name: str, how: str) -> None:
    record = ask(calling((name, LATEST_LABS[1])), finishing("3.2", citations=["E1#3"]))

    assert record.evidence[0]["tool"] == "ehr.get_latest_records"
    assert record.repairs == {f"name:{how}": 1}


def test_a_name_as_it_went_over_the_wire_is_no_mistake(ask: Ask) -> None:
    record = ask(
        calling(("ehr_get_latest_records", LATEST_LABS[1])), finishing("3.2", citations=["E1#3"])
    )

    assert record.evidence[0]["tool"] == "ehr.get_latest_records"
    assert record.repairs == {}


def test_a_name_that_only_looks_alike_is_no_tool(ask: Ask) -> None:
    record = ask(calling(("ehr.get_latest_record", LATEST_LABS[1])), finishing("3.2"))

    assert record.evidence[0]["refused"]
    assert record.repairs == {}


@pytest.mark.parametrize(
    ("said", "how"),
    [
        ('{"response": ["3.2"], "citations": [["E1#3"]]}', "json"),
        ("I am sure. <answer>3.2 [E1#3]</answer>", "answer_tag"),
        ("Potassium:\n3.2 [E1#3]", "lines"),
    ],
)
def test_an_answer_without_finish_is_salvaged_and_marked(ask: Ask, said: str, how: str) -> None:
    record = ask(calling(LATEST_LABS), AIMessage(said), max_revisions=0)

    assert "3.2" in record.answer
    assert (record.salvaged, record.stop_reason) == (how, "stopped_calling")


def test_an_answer_by_finish_is_not_salvaged(ask: Ask) -> None:
    record = ask(calling(LATEST_LABS), finishing("3.2", citations=["E1#3"]))

    assert record.salvaged is None


def test_candidates_named_in_the_last_lines_are_the_answer_once_the_model_was_told(
    ask: Ask,
) -> None:
    words = AIMessage("The potassium is low, so my answer is hypokalaemia.")

    record = ask(
        calling(LATEST_LABS),
        words,
        words,
        candidates=["hyperkalaemia", "hypokalaemia"],
        max_revisions=0,
    )

    assert (record.answer, record.salvaged) == (["hypokalaemia"], "candidates")
    told = [each["content"] for each in record.messages if each["role"] == "user"]
    assert told.count(nudge("words")) == 1


@pytest.mark.parametrize(
    "said",
    [
        "I will now look at the labs to see.",
        "Could you tell me which patient you mean?",
        "I will look at the Sepsis rows next.",
    ],
)
def test_a_plan_or_a_question_is_no_answer(ask: Ask, said: str) -> None:
    record = ask(
        AIMessage(said),
        calling(LATEST_LABS),
        finishing("Sepsis", citations=["E1"]),
        candidates=["Sepsis", "Pneumonia"],
        max_revisions=0,
    )

    assert (record.answer, record.stop_reason) == (["Sepsis"], "finish")


def test_words_that_are_no_candidate_are_never_the_answer(ask: Ask) -> None:
    words = AIMessage("It cannot be said for sure.")

    record = ask(calling(LATEST_LABS), words, words, words, candidates=["yes", "no"])

    assert (record.status, record.answer) == ("abstained", [])
    assert record.stop_reason == "stopped_calling"


def test_the_published_role_is_said_and_stands_in_the_record(ask: Ask) -> None:
    options: dict[str, Any] = {"role": "published"}

    record = ask(finishing("3.2"), max_revisions=0, **options)

    assert "sources=web,ehr" in record.messages[0]["content"]
    assert record.versions["role"] == "published"
    assert record.versions["prompts"] != ask(finishing("3.2")).versions["prompts"]
