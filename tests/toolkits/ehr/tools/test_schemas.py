"""Names and arguments are the published ones; ours are optional."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.utils.function_calling import convert_to_openai_tool

from clinseek.toolkits.arguments import parameters_of
from clinseek.toolkits.ehr.case import Case
from clinseek.toolkits.ehr.tools import (
    EHR_TOOL_NAMES,
    PAPER_EHR_TOOL_NAMES,
    EhrToolkit,
    Finish,
    ehr_tool_schemas,
)
from clinseek.toolkits.ehr.tools.arguments import ARGUMENTS

PUBLISHED = {
    "ehr.load_ehr": ["subject_id", "timestamp"],
    "ehr.get_table_names": ["subject_id"],
    "ehr.get_column_names": ["subject_id", "table_name"],
    "ehr.get_table_description": ["table_name"],
    "ehr.get_unique_values": ["subject_id", "table_name", "column_name"],
    "ehr.get_records_by_time": ["subject_id", "table_name", "start_time", "end_time"],
    "ehr.get_event_counts_by_time": ["subject_id", "start_time", "end_time"],
    "ehr.get_latest_records": ["subject_id", "table_name"],
    "ehr.get_records_by_keyword": ["subject_id", "table_name", "keyword"],
    "ehr.get_records_by_value": ["subject_id", "table_name", "column_name", "value"],
    "ehr.run_sql_query": ["subject_id", "sql_query"],
    "ehr.get_candidates_by_keyword": ["table_name", "keyword"],
    "ehr.get_candidates_by_fuzzy_matching": ["table_name", "keywords"],
    "ehr.get_candidates_by_semantic_similarity": ["table_name", "query"],
    "ehr.think": ["response"],
    "ehr.finish": ["response"],
}
OURS = {"limit", "offset", "column", "citations", "mode", "threshold"}


def _by_name() -> dict[str, dict[str, Any]]:
    return {
        arguments.tool: {
            "description": arguments.says,
            "parameters": parameters_of(arguments),
        }
        for arguments in ARGUMENTS
    }


def test_the_sixteen_tools_are_the_published_ones() -> None:
    assert set(PUBLISHED) == set(EHR_TOOL_NAMES)
    assert len(EHR_TOOL_NAMES) == 16
    assert set(PAPER_EHR_TOOL_NAMES) < set(EHR_TOOL_NAMES)
    assert len(PAPER_EHR_TOOL_NAMES) == 11


def test_search_by_meaning_is_offered_only_where_its_model_is(
    case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLINSEEK_EMBEDDER", str(tmp_path))
    names = [tool.name for tool in EhrToolkit(case=case).get_tools()]
    assert set(EHR_TOOL_NAMES) - set(names) == {"ehr.get_candidates_by_semantic_similarity"}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_tool_takes_the_published_arguments_first_and_ours_as_options(name: str) -> None:
    parameters = _by_name()[name]["parameters"]
    names = list(parameters["properties"])
    published = PUBLISHED[name]
    assert names[: len(published)] == published
    assert set(names[len(published) :]) <= OURS
    assert not set(parameters["required"]) & (OURS | {"subject_id"})
    assert parameters["additionalProperties"] is False


def test_every_tool_and_every_argument_is_explained() -> None:
    for name, function in _by_name().items():
        assert len(function["description"]) > 20, name
        for argument, field in function["parameters"]["properties"].items():
            assert field["description"], (name, argument)
            assert "title" not in field


def test_a_bound_tool_sends_the_same_schema_as_is_shown_without_a_case(case: Case) -> None:
    bound = [convert_to_openai_tool(tool) for tool in EhrToolkit(case=case).get_tools()]
    assert bound == ehr_tool_schemas()


def test_an_answer_may_be_a_list_or_one_text_or_a_list_written_as_json() -> None:
    assert Finish(response=["a", "b"]).response == ["a", "b"]
    assert Finish.model_validate({"response": "a, b"}).response == ["a, b"]
    assert Finish.model_validate({"response": '["a", "b"]'}).response == ["a", "b"]
    assert Finish.model_validate({"response": "[not json"}).response == ["[not json"]
    assert Finish.model_validate({"response": [1.4]}).response == ["1.4"]


def test_citations_are_one_entry_an_item_each_a_text_or_a_list() -> None:
    read = Finish.model_validate({"response": ["a", "b"], "citations": [["E1#2", "E3"], "E4"]})
    assert read.citations == [["E1#2", "E3"], "E4"]
    assert Finish.model_validate({"response": "a", "citations": "E1"}).citations == ["E1"]
