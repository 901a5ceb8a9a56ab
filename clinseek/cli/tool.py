"""`clinseek tool` calls one tool on a case as the agent would; `clinseek tools` lists them."""

from __future__ import annotations

import textwrap
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clinseek.cli.options import CutoffOption, JsonOption, ProfileOption, StoreOption, SubjectOption
from clinseek.cli.output import emit, emit_json, say, warn_of, with_warning
from clinseek.cli.values import arguments_from
from clinseek.errors import SettingError
from clinseek.scratch import scratch_folder

if TYPE_CHECKING:
    from langchain_core.messages import ToolMessage
    from langchain_core.tools import BaseTool

    from clinseek.toolkits.ehr.case import Case

PREFIX = "ehr."
WIDTH = 92


def register(app: typer.Typer) -> None:
    """Add `tool` and `tools`."""
    app.command("tool", rich_help_panel="Look into a record")(tool)
    app.command("tools", rich_help_panel="Look into a record")(tools)


def tool(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="With or without `ehr.`: see `clinseek tools`.")
    ],
    store: StoreOption,
    subject: SubjectOption,
    at: CutoffOption,
    pairs: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="The tool's arguments.")
    ] = None,
    profile: ProfileOption = "available",
    as_json: JsonOption = False,
) -> None:
    """Call one tool on a patient's record as it stood at a moment.

    [dim]clinseek tool get_latest_records -s STORE -n 10000019 -t '2150-03-05 08:00:00'
    table_name=labevents[/dim]

    A value is read by the argument's type; lists and numbers are JSON, text needs no quotes.
    """
    from clinseek.toolkits.ehr.case import open_case

    dotted = _dotted(name)
    arguments = arguments_from(pairs or [], _schema_of(dotted)["parameters"])
    with scratch_folder("clinseek-case-") as folder:
        case = open_case(store, subject, cutoff=at, profile=profile, folder=folder)
        message = _call(_bound(case, dotted), arguments)
    artifact = message.artifact
    warn_of(case.key.profile)
    if artifact.refused:
        say(f"clinseek: {message.text}")
        raise typer.Exit(2)
    if not as_json:
        emit(message.text)
        return
    told = {
        "tool": dotted,
        "arguments": arguments,
        "subject_id": case.key.subject_id,
        "cutoff": case.key.cutoff,
        "profile": case.key.profile,
        "text": message.text,
        "tables": artifact.tables,
        "table": artifact.table,
        "row_ids": artifact.row_ids,
    }
    emit_json(with_warning(told, case.key.profile))


def tools(as_json: JsonOption = False) -> None:
    """List the tools: their names, arguments and what they return.

    [dim]clinseek tools[/dim]
    [dim]clinseek tools --json > tools.json[/dim]
    """
    if as_json:
        emit_json({"tools": _schemas()})
        return
    for schema in _schemas():
        function = schema["function"]
        emit(f"{function['name']}({_signature(function['parameters'])})")
        emit(textwrap.indent(textwrap.fill(function["description"], width=WIDTH), "    "))
        emit("")


def _schemas() -> list[dict[str, Any]]:
    from clinseek.toolkits.ehr.tools.schemas import ehr_tool_schemas

    return ehr_tool_schemas()


def _dotted(name: str) -> str:
    from clinseek.toolkits.ehr.candidates.semantic import semantic_absence
    from clinseek.toolkits.ehr.tools.arguments import GetCandidatesBySemanticSimilarity

    names = [schema["function"]["name"] for schema in _schemas()]
    dotted = name if name.startswith(PREFIX) else PREFIX + name
    if dotted in names:
        return dotted
    if dotted == GetCandidatesBySemanticSimilarity.tool:
        raise SettingError(f"{dotted} is absent here: {semantic_absence()}")
    close = get_close_matches(dotted, names, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    raise SettingError(f"no tool {name!r}; {meant}tools: {', '.join(names)}")


def _schema_of(dotted: str) -> dict[str, Any]:
    functions = (schema["function"] for schema in _schemas())
    return next(function for function in functions if function["name"] == dotted)


def _signature(parameters: dict[str, Any]) -> str:
    required = parameters.get("required", [])
    return ", ".join(
        name if name in required else f"[{name}]" for name in parameters.get("properties", {})
    )


def _bound(case: Case, dotted: str) -> BaseTool:
    from clinseek.toolkits.ehr.tools import EhrToolkit

    return next(tool for tool in EhrToolkit(case=case).get_tools() if tool.name == dotted)


def _call(tool: BaseTool, arguments: dict[str, Any]) -> ToolMessage:
    message: ToolMessage = tool.invoke(
        {"name": tool.name, "args": arguments, "id": "call", "type": "tool_call"}
    )
    return message
