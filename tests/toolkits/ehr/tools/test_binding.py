"""A run is bound to one patient and one moment, and a model's mistakes are answered in words."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from clinseek.toolkits.ehr.case import Case
from clinseek.toolkits.ehr.tools import EhrToolkit
from tests.toolkits.ehr.tools.small_case import CUTOFF, SUBJECT, Call, called

TAKES_A_PATIENT = [
    ("load_ehr", {}),
    ("get_table_names", {}),
    ("get_column_names", {"table_name": "labevents"}),
    ("get_unique_values", {"table_name": "labevents", "column_name": "flag"}),
    ("get_records_by_time", {"table_name": "labevents"}),
    ("get_event_counts_by_time", {}),
    ("get_latest_records", {"table_name": "labevents"}),
    ("get_records_by_keyword", {"table_name": "labevents", "keyword": "a"}),
    ("get_records_by_value", {"table_name": "labevents", "column_name": "flag", "value": "x"}),
    ("run_sql_query", {"sql_query": "SELECT 1"}),
]


@pytest.mark.parametrize(("name", "arguments"), TAKES_A_PATIENT)
def test_no_tool_reads_another_patient(call: Call, name: str, arguments: dict[str, Any]) -> None:
    text, seen = call(name, subject_id="10002", **arguments)
    assert seen.refused
    assert f"bound to patient {SUBJECT} as of {CUTOFF}" in text


@pytest.mark.parametrize(("name", "arguments"), TAKES_A_PATIENT)
@pytest.mark.parametrize("subject_id", [SUBJECT, str(SUBJECT), f" {SUBJECT}.0 ", None])
def test_the_own_patient_may_be_named_in_any_spelling_or_not_at_all(
    call: Call, name: str, arguments: dict[str, Any], subject_id: object
) -> None:
    assert not call(name, subject_id=subject_id, **arguments)[1].refused
    assert call(name, subject_id=subject_id, **arguments) == call(name, **arguments)


@pytest.mark.parametrize("spelt", [CUTOFF, "2150-03-05T08:00:00", "2150-03-05 08:00", None])
def test_the_moment_may_be_named_in_any_spelling(call: Call, spelt: str | None) -> None:
    text, seen = call("load_ehr", timestamp=spelt)
    assert not seen.refused
    assert text.startswith(f"record open: subject_id {SUBJECT} as of {CUTOFF}")


@pytest.mark.parametrize(
    "other", ["2150-03-05 08:00:01", "2150-03-05", "2300-01-01", "2150-03-05T08:00:00Z", "soon", 0]
)
def test_no_other_moment_can_be_opened(call: Call, other: object) -> None:
    text, seen = call("load_ehr", timestamp=other)
    assert seen.refused
    assert CUTOFF in text
    assert "load_ehr cannot open" in text


def test_an_unknown_argument_is_refused_with_what_the_tool_takes(call: Call) -> None:
    text, seen = call("get_latest_records", table_name="labevents", table="x", self=1, config=2)
    assert seen.refused
    assert "no argument 'table'" in text
    assert "takes table_name and optionally subject_id, limit, offset, column" in text


@pytest.mark.parametrize(
    ("name", "arguments", "named"),
    [
        ("get_latest_records", {}, "'table_name' is missing"),
        ("get_latest_records", {"table_name": ["labevents"]}, "'table_name' cannot be"),
        ("get_latest_records", {"table_name": "labevents", "limit": 0}, "'limit' cannot be 0"),
        ("get_latest_records", {"table_name": "labevents", "limit": "many"}, "'limit' cannot be"),
        ("get_records_by_time", {"table_name": "labevents", "offset": -1}, "'offset' cannot be"),
        ("load_ehr", {"subject_id": "someone"}, "'subject_id' cannot be 'someone'"),
        ("load_ehr", {"subject_id": True}, "'subject_id' cannot be True"),
        ("finish", {"response": {"a": 1}}, "'response' cannot be"),
        ("finish", {"response": "a", "citations": [3]}, "'citations' cannot be"),
        ("think", {}, "'response' is missing"),
        ("run_sql_query", {"sql_query": None}, "'sql_query' is missing"),
    ],
)
def test_an_argument_of_the_wrong_kind_is_refused_by_name(
    call: Call, name: str, arguments: dict[str, Any], named: str
) -> None:
    text, seen = call(name, **arguments)
    assert seen.refused
    assert named in text


def test_an_asynchronous_call_gives_the_same_answer(case: Case) -> None:
    (tool,) = (t for t in EhrToolkit(case=case).get_tools() if t.name == "ehr.get_latest_records")

    def sent(arguments: dict[str, Any]) -> Any:
        call = {"type": "tool_call", "id": "call-1", "name": tool.name, "args": arguments}
        return asyncio.run(tool.ainvoke(call))

    message = sent({"table_name": "labevents"})
    assert (message.content, message.artifact) == called(
        case, "get_latest_records", {"table_name": "labevents"}
    )
    assert sent({"table_name": "labevents", "func": 1, "self": 2}).artifact.refused


def test_numbers_may_come_as_text(call: Call) -> None:
    asked = {"table_name": "labevents", "start_time": "2150-01-01"}
    assert call("get_records_by_time", limit="1", **asked) == call(
        "get_records_by_time", limit=1, **asked
    )


def test_think_and_finish_acknowledge_and_read_nothing(call: Call) -> None:
    for name in ("think", "finish"):
        text, seen = call(name, response="Creatinine rose.")
        assert text
        assert not seen.refused
        assert not seen.tables


def test_an_answer_with_citations_is_acknowledged_alike(call: Call) -> None:
    assert call("finish", response=["a"], citations=[["E1#2"]]) == call("finish", response="b")


def test_equal_calls_from_many_threads_give_equal_answers(case: Case) -> None:
    def read(_: int) -> str:
        return called(case, "get_records_by_time", {"table_name": "labevents"})[0]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(read, range(40)))) == 1
