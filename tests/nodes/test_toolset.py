"""Which tools a run has."""

import pytest
from langchain_core.tools import BaseTool, StructuredTool

from clinseek.errors import SettingError
from clinseek.nodes.toolset import ALL_TOOLS, PAPER20, choose, names_in, names_of
from clinseek.toolkits.browser import browser_tool_schemas
from clinseek.toolkits.ehr.candidates.semantic.model_choice import semantic_absence


def _tools(*names: str) -> dict[str, BaseTool]:
    return {
        name: StructuredTool.from_function(lambda: "", name=name, description="-") for name in names
    }


def test_the_paper_had_twenty_tools() -> None:
    assert len(PAPER20) == 20
    assert set(PAPER20) <= set(ALL_TOOLS)


def test_tools_that_cannot_work_are_absent_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLINSEEK_EMBEDDER", "/nowhere/model")

    chosen = choose(_tools("ehr.think", "ehr.finish"), "paper20")

    assert names_in(chosen.schemas) == ["ehr.think", "ehr.finish"]
    assert chosen.absent["image.*"] == "no images attached"
    assert chosen.absent["ehr.get_candidates_by_semantic_similarity"] == semantic_absence()


@pytest.mark.parametrize("setting", ["all", "paper20"])
def test_the_browser_is_there_by_its_schemas_or_absent_with_the_reason(setting: str) -> None:
    schemas = {schema["function"]["name"]: schema for schema in browser_tool_schemas()}

    there = choose({**_tools("ehr.finish"), **schemas}, setting)
    absent = choose(_tools("ehr.finish"), setting, no_web="turned off for this run")

    assert [name for name in names_in(there.schemas) if name.startswith("browser.")] == [*schemas]
    assert "browser.*" not in there.absent
    assert absent.absent["browser.*"] == "turned off for this run"


def test_a_list_of_names_always_has_finish() -> None:
    assert names_of("ehr.think, ehr.run_sql_query") == (
        "ehr.think",
        "ehr.run_sql_query",
        "ehr.finish",
    )


def test_tools_of_another_toolkit_belong_to_all() -> None:
    chosen = choose(_tools("lab.own", "ehr.finish"), "all")

    assert "lab.own" in names_in(chosen.schemas)


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(SettingError, match=r"did you mean ehr\.run_sql_query"):
        names_of("ehr.run_sql")
