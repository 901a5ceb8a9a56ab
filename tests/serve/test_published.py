"""What is published is what the graph has: names, schemas, answers, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.utils.function_calling import convert_to_openai_tool
from mcp import ClientSession
from mcp.shared.exceptions import McpError
from mcp.types import ListToolsResult
from pydantic import AnyUrl

from clinseek.serve import app
from clinseek.serve.app import EXPIRED_META
from clinseek.serve.ehr import EhrService
from clinseek.serve.service import Binding
from clinseek.serve.session import Limits
from clinseek.toolkits.ehr.case import open_case
from clinseek.toolkits.ehr.tools import EhrToolkit
from clinseek.toolkits.ehr.tools.schemas import ehr_tool_schemas
from clinseek.toolkits.outside import content
from tests.serve.serving import END, in_memory, text_of


def test_names_and_schemas_are_those_of_the_graph_field_by_field(
    service: EhrService, subjects: list[int]
) -> None:
    async def use(session: ClientSession) -> ListToolsResult:
        return await session.list_tools()

    listed: ListToolsResult = in_memory(service, Binding(subjects[0], END), use)
    published = [
        {"name": tool.name, "description": tool.description, "parameters": tool.inputSchema}
        for tool in listed.tools
    ]
    assert published == [schema["function"] for schema in ehr_tool_schemas()]
    for tool in listed.tools:
        assert tool.annotations is not None
        assert tool.annotations.readOnlyHint is True
        assert tool.annotations.idempotentHint is True
        assert tool.annotations.destructiveHint is False
        assert tool.annotations.openWorldHint is False


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("ehr.load_ehr", {}),
    ("ehr.get_latest_records", {"table_name": "labevents", "limit": 5}),
    ("ehr.get_records_by_time", {"table_name": "labevents", "limit": None}),
    ("ehr.run_sql_query", {"sql_query": "SELECT row_id, charttime FROM labevents LIMIT 3"}),
    ("ehr.run_sql_query", {"sql_query": "DELETE FROM labevents"}),
    ("ehr.get_latest_records", {"table": "labevents"}),
    ("ehr.get_latest_records", {"table_name": 3}),
    ("ehr.get_column_names", {"table_name": "../etc/passwd"}),
    ("ehr.load_ehr", {"subject_id": "1", "timestamp": "2100-01-01"}),
    ("ehr.think", {"response": "why?"}),
    ("ehr.finish", {"response": ["yes"], "citations": [["E1#1"]]}),
]


def test_answers_are_those_of_the_graph_to_the_letter(
    service: EhrService, subjects: list[int], cohort: Path, tmp_path: Path
) -> None:
    case = open_case(cohort, subjects[0], cutoff=END, folder=tmp_path / "own")
    ours = {tool.name: tool for tool in EhrToolkit(case=case).get_tools()}

    async def use(session: ClientSession) -> None:
        for name, arguments in CALLS:
            call = {"name": name, "args": arguments, "id": "1", "type": "tool_call"}
            expected = ours[name].invoke(call)
            result = await session.call_tool(name, arguments)
            assert text_of(result) == expected.content
            assert result.structuredContent == {
                "text": expected.content,
                "refused": expected.artifact.refused,
                "table": expected.artifact.table,
                "row_ids": list(expected.artifact.row_ids),
                "tables": list(expected.artifact.tables),
            }
            assert result.isError == expected.artifact.refused

    in_memory(service, Binding(subjects[0], END), use)


def test_a_toolkit_is_published_as_any_model_is_sent_it(
    service: EhrService, subjects: list[int]
) -> None:
    opened = service.open(Binding(subjects[0], END))
    sent = [convert_to_openai_tool(tool)["function"] for tool in opened.tools]
    opened.close()
    assert sent == [schema["function"] for schema in ehr_tool_schemas()]


def test_hosts_that_take_no_dot_get_underscores(service: EhrService, subjects: list[int]) -> None:
    async def use(session: ClientSession) -> None:
        names = [tool.name for tool in (await session.list_tools()).tools]
        assert "ehr_load_ehr" in names
        assert not any("." in name for name in names)
        assert not (await session.call_tool("ehr_load_ehr", {})).isError
        assert not (await session.call_tool("ehr.load_ehr", {})).isError

    in_memory(service, Binding(subjects[0], END), use, underscores=True)


def test_a_tool_that_is_not_there_is_answered_with_those_that_are(
    service: EhrService, subjects: list[int]
) -> None:
    async def use(session: ClientSession) -> None:
        result = await session.call_tool("ehr.list_patients", {})
        assert result.isError
        assert "there is no tool 'ehr.list_patients' here; tools: ehr.load_ehr" in text_of(result)

    in_memory(service, Binding(subjects[0], END), use)


def test_tables_are_described_and_calls_can_be_read_again(
    service: EhrService, subjects: list[int]
) -> None:
    async def use(session: ClientSession) -> None:
        result = await session.call_tool("ehr.get_latest_records", {"table_name": "labevents"})
        await session.call_tool("ehr.think", {"response": "so"})
        assert result.meta == {"clinseek/evidence": "clinseek://evidence/E1"}
        listed = [str(resource.uri) for resource in (await session.list_resources()).resources]
        assert "clinseek://ehr/tables/labevents" in listed
        assert listed[-2:] == ["clinseek://evidence/E1", "clinseek://evidence/E2"]
        held = json.loads(await _read(session, "clinseek://evidence/E1"))
        assert held["tool"] == "ehr.get_latest_records"
        assert held["arguments"] == {"table_name": "labevents"}
        assert held["text"] == text_of(result)
        described = await session.call_tool(
            "ehr.get_table_description", {"table_name": "labevents"}
        )
        assert await _read(session, "clinseek://ehr/tables/labevents") == text_of(described)
        templates = (await session.list_resource_templates()).resourceTemplates
        assert [each.uriTemplate for each in templates] == ["clinseek://evidence/{id}"]

    in_memory(service, Binding(subjects[0], END), use)


async def _read(session: ClientSession, uri: str) -> str:
    (read,) = (await session.read_resource(AnyUrl(uri))).contents
    return str(getattr(read, "text", ""))


@pytest.mark.parametrize(
    "uri",
    [
        "file:///etc/passwd",
        "clinseek://ehr/tables/../../etc/passwd",
        "clinseek://evidence/E99",
        "clinseek://ehr/tables/",
    ],
)
def test_nothing_else_can_be_read(service: EhrService, subjects: list[int], uri: str) -> None:
    async def use(session: ClientSession) -> None:
        with pytest.raises(McpError, match="nothing lies at"):
            await session.read_resource(AnyUrl(uri))

    in_memory(service, Binding(subjects[0], END), use)


def test_a_long_call_says_that_it_goes_on(
    service: EhrService, subjects: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "PROGRESS_SECONDS", 0.02)
    told: list[str] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append(message or "")

    async def use(session: ClientSession) -> None:
        query = {
            "sql_query": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
            "LIMIT 500000) SELECT count(*) FROM n"
        }
        await session.call_tool("ehr.run_sql_query", query, progress_callback=hear)

    in_memory(service, Binding(subjects[0], END), use)
    assert told
    assert told[0].startswith("ehr.run_sql_query: ")


def test_calls_of_a_session_are_bounded_in_a_minute(
    service: EhrService, subjects: list[int]
) -> None:
    async def use(session: ClientSession) -> None:
        for _ in range(3):
            assert not (await session.call_tool("ehr.think", {"response": "a"})).isError
        result = await session.call_tool("ehr.think", {"response": "a"})
        assert result.isError
        assert text_of(result).startswith("too many calls: a session may make 3 a minute")

    in_memory(service, Binding(subjects[0], END), use, limits=Limits(calls_a_minute=3))


def test_both_ends_speak_of_expiry_in_the_same_word() -> None:
    assert EXPIRED_META == content.EXPIRED
