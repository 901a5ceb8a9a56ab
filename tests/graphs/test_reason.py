"""reason: a wanting answer is sent back and gets better; wrong citations are refused."""

from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage

from tests.graphs.conftest import Ask
from tests.graphs.doubles import (
    CREATININE,
    LATEST_LABS,
    POTASSIUM,
    Ward,
    calling,
    finishing,
    labs,
    scripted,
)


def test_a_gap_sends_the_run_back_and_the_answer_gets_better(ask: Ask) -> None:
    record = ask(
        calling(labs()),
        finishing("4.1", citations=["E1#3"], tag="first"),
        calling(LATEST_LABS, tag="again"),
        finishing("3.2", citations=["E3#3"], tag="second"),
    )

    assert (record.answer, record.citations) == (["3.2"], [["E3#3"]])
    told = [message["content"] for message in record.messages if message["role"] == "user"][-1]
    assert "'4.1' is not in what it cites (E1#3)" in told
    assert "3.2" in told
    assert (record.status, record.stop_reason, record.errors) == ("answered", "finish", [])


def test_a_gap_is_named_to_the_model_that_uses_it(ask: Ask) -> None:
    def second_thought(messages: Any) -> AIMessage:
        row = "3" if "that row says" in messages[-1].text else "1"
        return finishing("3.2", citations=[f"E1#{row}"], tag=f"t{len(messages)}")

    record = ask(calling(labs()), second_thought)

    assert record.citations == [["E1#3"]]
    assert record.usage["model_calls"] == 3


def test_swapped_citations_are_refused(ask: Ask) -> None:
    record = ask(
        calling(labs()),
        finishing("Creatinine", "Potassium", citations=[["E1#3"], ["E1#1"]], tag="a"),
        finishing("Creatinine", "Potassium", citations=[["E1#1"], ["E1#3"]], tag="b"),
        question="Which labs were drawn?",
    )

    told = [message["content"] for message in record.messages if message["role"] == "user"][-1]
    assert "'Creatinine' is not in what it cites (E1#3)" in told
    assert "'Potassium' is not in what it cites (E1#1)" in told
    assert "swapped" in told
    assert record.citations == [["E1#1"], ["E1#3"]]


def test_citations_that_stay_swapped_do_not_stand_in_the_answer(ask: Ask) -> None:
    swapped = finishing("Creatinine", "Potassium", citations=[["E1#3"], ["E1#1"]])

    record = ask(calling(labs()), swapped, swapped)

    assert (record.answer, record.citations) == (["Creatinine", "Potassium"], [[], []])
    assert [error["kind"] for error in record.errors] == ["not_held", "not_held"]


def test_evidence_that_is_not_there_is_refused(ask: Ask) -> None:
    record = ask(
        calling(LATEST_LABS),
        finishing("3.2", citations=["E1#2"], tag="a"),
        finishing("3.2", citations=["E7"], tag="b"),
        max_revisions=2,
    )

    told = [message["content"] for message in record.messages if message["role"] == "user"]
    assert "E1 has no row 2" in told[1]
    assert "there is no such evidence" in told[2]
    assert (record.answer, record.citations) == (["3.2"], [[]])


def test_a_thought_is_no_evidence(ask: Ask) -> None:
    record = ask(
        calling(("ehr.think", {"response": "it is 3.2"})),
        finishing("3.2", citations=["E1"]),
        max_revisions=0,
    )

    assert record.citations == [[]]
    assert "holds nothing of the record" in record.errors[0]["message"]


def test_without_revisions_the_first_submission_counts_and_what_is_missing_is_noted(
    ask: Ask,
) -> None:
    model = scripted(finishing("3.2"), finishing("never said"))

    record = ask(model=model, max_revisions=0)

    assert (record.answer, record.status) == (["3.2"], "answered")
    assert [error["kind"] for error in record.errors] == ["uncited"]
    assert record.usage["model_calls"] == 1


def test_an_answer_is_sent_back_at_most_max_revisions_times(ask: Ask) -> None:
    model = scripted(finishing("3.2"))

    record = ask(model=model, max_revisions=3)

    assert record.usage["model_calls"] == 4


def test_an_answer_is_spelled_as_its_candidate(ask: Ask) -> None:
    record = ask(
        calling(labs()),
        finishing(" POTASSIUM ", citations=["E1#3"]),
        candidates=["Potassium", "Sodium"],
    )

    assert (record.answer, record.errors) == (["Potassium"], [])


def test_an_answer_outside_the_candidates_is_sent_back_with_the_nearest(ask: Ask) -> None:
    record = ask(
        calling(labs()),
        finishing("Potasium", citations=["E1#3"], tag="a"),
        finishing("Potassium", citations=["E1#3"], tag="b"),
        candidates=["Potassium", "Sodium"],
    )

    told = [message["content"] for message in record.messages if message["role"] == "user"][-1]
    assert "none of the candidates; the nearest are: Potassium" in told
    assert record.answer == ["Potassium"]


def test_a_candidate_whose_row_names_another_candidate_is_refused(ask: Ask) -> None:
    record = ask(
        calling(labs()),
        finishing("Creatinine", citations=["E1#3"], tag="a"),
        finishing("Potassium", citations=["E1#3"], tag="b"),
        candidates=["Potassium", "Creatinine"],
    )

    assert record.answer == ["Potassium"]


def test_an_empty_answer_is_an_abstention_and_not_sent_back(ask: Ask) -> None:
    record = ask(finishing())

    assert (record.status, record.answer, record.stop_reason) == ("abstained", [], "finish")
    assert record.usage["model_calls"] == 1


def test_yes_and_a_mean_over_rows_are_not_held_to_one_row(ask: Ask) -> None:
    yes = ask(calling(labs()), finishing("yes", citations=["E1#3"]), answer_form="yes_no")
    mean = ask(
        calling(labs()), finishing("3.65", citations=[["E1#2", "E1#3"]]), answer_form="number"
    )

    assert (yes.answer, yes.errors) == (["yes"], [])
    assert (mean.answer, mean.citations, mean.errors) == (["3.65"], [["E1#2", "E1#3"]], [])


def test_a_number_that_is_none_is_sent_back(ask: Ask) -> None:
    record = ask(
        calling(labs()),
        finishing("low", citations=["E1"], tag="a"),
        finishing("3.2 mmol/L", citations=["E1#3"], tag="b"),
        answer_form="number",
    )

    assert record.answer == ["3.2 mmol/L"]


def test_the_answer_follows_the_record(tmp_path: Path, home: Path) -> None:
    """The model reads; nothing but the record can tell it the value."""

    def answer_from_last_row(messages: Any) -> AIMessage:
        *_, last = messages[-1].text.splitlines()
        row, *_, value = last.split()
        return finishing(value, citations=[f"E1#{row}"])

    def asked(ward: Ward) -> list[str]:
        from clinseek import api
        from tests.graphs.doubles import CUTOFF, SUBJECT

        model = scripted(calling(LATEST_LABS), answer_from_last_row)
        record = api.ask(
            "?", subject_id=SUBJECT, cutoff=CUTOFF, store=tmp_path, means=ward.means(model)
        )
        assert record.errors == []
        return record.answer

    assert asked(Ward(tmp_path)) == ["3.2"]
    assert asked(Ward(tmp_path, labs=[("2150-03-05 06:00:00", POTASSIUM, 6.6)])) == ["6.6"]
    assert asked(Ward(tmp_path, labs=[("2150-03-01 06:00:00", CREATININE, 0.9)])) == ["0.9"]


def test_a_value_that_the_record_never_held_is_refused_even_if_the_model_insists(
    ask: Ask,
) -> None:
    made_up = finishing("2.8", citations=["E1#3"])

    record = ask(calling(labs()), made_up, made_up)

    assert (record.answer, record.citations) == (["2.8"], [[]])
    assert record.errors[0]["kind"] == "not_held"
