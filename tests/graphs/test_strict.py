"""Unknown input and context keys are errors, named, with the known ones."""

import asyncio
from typing import Any

import pytest

from clinseek.errors import SettingError, SubjectError
from clinseek.graphs.seek import build_graph, graph
from clinseek.graphs.state import Context
from tests.graphs.doubles import CUTOFF, SUBJECT, Ward, finishing, scripted

INPUT: Any = {"subject_id": SUBJECT, "cutoff": CUTOFF, "question": "potassium?"}


def _ask(ward: Ward, given: Any, context: Any = None) -> Any:
    made = build_graph(means=ward.means(scripted(finishing("3.2"))))
    return asyncio.run(made.ainvoke(given, context=context or Context(store=str(ward.folder))))


def test_an_unknown_input_key_is_named_with_the_known_ones(ward: Ward) -> None:
    with pytest.raises(SettingError, match=r"unknown input key 'cutof'; did you mean 'cutoff'\?"):
        _ask(ward, {**INPUT, "cutof": CUTOFF})


def test_an_unknown_context_key_is_named_with_the_known_ones(ward: Ward) -> None:
    with pytest.raises(SettingError, match="unknown context key 'max_round'") as told:
        _ask(ward, INPUT, {"store": str(ward.folder), "max_round": 3})

    assert "max_rounds" in str(told.value)


def test_a_context_given_as_a_mapping_is_read(ward: Ward) -> None:
    result = _ask(ward, INPUT, {"store": str(ward.folder), "max_revisions": 0})

    assert result["answer"] == ["3.2"]


@pytest.mark.parametrize("missing", ["subject_id", "cutoff", "question"])
def test_a_missing_input_is_named(ward: Ward, missing: str) -> None:
    given = {key: value for key, value in INPUT.items() if key != missing}

    with pytest.raises(SettingError, match=f"{missing} is missing"):
        _ask(ward, given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"question": "   "}, "question is empty"),
        ({"subject_id": "seven"}, "subject_id 'seven' cannot be"),
        ({"candidates": "yes"}, "candidates must be a list"),
        ({"answer_form": "poem"}, "answer_form 'poem'"),
    ],
)
def test_an_input_that_cannot_be_is_one_sentence(
    ward: Ward, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(SettingError, match=told):
        _ask(ward, {**INPUT, **given})


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ({"tools": "ehr.run_sql"}, "did you mean ehr.run_sql_query"),
        ({"max_rounds": 0}, "max_rounds 0 cannot be: .* greater than or equal to 1"),
        ({"max_revisions": -1}, "max_revisions -1 cannot be"),
        ({"profile": "generous"}, "profile 'generous'"),
    ],
)
def test_a_context_that_cannot_be_is_one_sentence(
    ward: Ward, context: dict[str, Any], told: str
) -> None:
    with pytest.raises(SettingError, match=told):
        _ask(ward, INPUT, {"store": str(ward.folder), **context})


def test_a_run_that_cannot_begin_leaves_no_case_behind(ward: Ward) -> None:
    with pytest.raises(SettingError):
        _ask(ward, INPUT, {"store": str(ward.folder), "tools": "ehr.nonsense"})

    assert list((ward.folder / "home" / "cases").iterdir()) == []


def test_an_unknown_patient_is_told_by_its_own_error(ward: Ward) -> None:
    with pytest.raises(SubjectError):
        _ask(ward, {**INPUT, "subject_id": 8})


def test_the_form_asks_for_subject_cutoff_question_and_candidates() -> None:
    properties = graph.get_input_jsonschema()["properties"]

    assert list(properties) == [
        "subject_id", "cutoff", "question", "candidates", "answer_form", "images", "reports",
    ]  # fmt: skip
    assert properties["cutoff"]["description"].startswith("the moment of asking")


def test_the_form_of_the_context_says_what_each_setting_means() -> None:
    schema = graph.get_context_jsonschema()

    assert schema is not None
    properties = schema["properties"]
    assert properties["max_rounds"]["default"] == 200
    assert all(field.get("description") for field in properties.values())


def test_the_output_is_the_answer_and_what_it_stands_on() -> None:
    assert list(graph.get_output_jsonschema()["properties"]) == [
        "answer",
        "citations",
        "evidence",
        "status",
        "stop_reason",
        "usage",
        "timings",
        "errors",
    ]


def test_the_graph_goes_round_as_it_is_drawn() -> None:
    edges = {(edge.source, edge.target) for edge in graph.get_graph().edges}

    assert {("__start__", "load"), ("load", "seek"), ("seek", "act"), ("act", "seek")} <= edges
    assert {("seek", "reason"), ("reason", "seek"), ("reason", "finish")} <= edges
    assert ("finish", "__end__") in edges
